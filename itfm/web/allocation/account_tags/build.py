"""From the working rules and a month's bills to the tags of accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from allocation.drafts.account_tags import PutAccountTags
from allocation.drafts.operations import OperationError, applied
from allocation.drafts.problems import DraftError, Problem
from allocation.engine.rules import RuleSet
from allocation.inheritance import inherited_found
from allocation.matches import Catch, Month, month
from allocation.working import working_rules
from itfm.web.allocation.account_tags.page import AccountFields, AccountPage, AccountRow, GivenTag, parted
from itfm.web.allocation.build import catch_figures, draft_bar
from itfm.web.shell.page import PeriodChoice, Shell


class UnknownAccountError(LookupError):
    """The rules give this account no tags."""


def account_rows(rules: RuleSet, bills: Month) -> tuple[AccountRow, ...]:
    """Return the accounts with tags, in the order of the rules, with what inherits them in a month."""
    found = inherited_found(bills, rules)
    return tuple(_row(account, tags, found) for account, tags in rules.virtual_tags.items())


def _row(account: str, tags: Mapping[str, str], found: Mapping[tuple[str, str], Catch]) -> AccountRow:
    return AccountRow(
        account=account,
        tags=tuple(
            GivenTag(key=key, text=text, catch=catch_figures(found.get((account, key), Catch())))
            for key, text in tags.items()
        ),
        address=f"{reverse('allocation_account_tags')}?{urlencode({'account': account})}",
    )


def fields_of(account: str) -> AccountFields:
    """Return the form of an account as the rules have it.

    :raises UnknownAccountError: they give it no tags.
    """
    given = working_rules().rules.virtual_tags
    if account not in given:
        raise UnknownAccountError(account)
    return AccountFields(
        was=account, account=account, lines=tuple(f"{key} = {text}" for key, text in given[account].items())
    )


def operation(fields: AccountFields) -> PutAccountTags:
    """Return the change that saves a form."""
    return PutAccountTags(was=fields.was, account=fields.account, tags=fields.tags)


def account_page(
    fields: AccountFields, *, shell: Shell, organization_id: UUID, period: PeriodChoice, is_unsaved: bool = False
) -> AccountPage:
    """Return the form of an account's tags with what would inherit them, or what is wrong with them."""
    working = working_rules()
    bills = month(organization_id, period=period.shown)
    preview: AccountRow | None = None
    problems = _unreadable(fields)
    if fields.account and fields.lines and not problems:
        try:
            rules = applied(operation(fields), to=working.rules)
        except DraftError as error:
            problems = error.problems
        except OperationError as error:
            problems = (Problem(path="", place="", message=str(error)),)
        else:
            preview = next(row for row in account_rows(rules, bills) if row.account == fields.account)
    return AccountPage(
        shell=shell,
        bar=draft_bar(working, may_write=True),
        period=period,
        fields=fields,
        problems=problems,
        preview=preview,
        is_unsaved=is_unsaved,
        has_bills=bool(bills.revisions),
    )


def _unreadable(fields: AccountFields) -> tuple[Problem, ...]:
    """Return what is wrong with lines before they are tags: no value, or a key that stands twice."""
    tags = [parted(line) for line in fields.lines]
    found = [
        (line, "write the key, = and the value, as in team = retail")
        for line, tag in zip(fields.lines, tags, strict=True)
        if not all(tag)
    ]
    counts = Counter(key for key, text in tags if key and text)
    found += [(key, f"stands {count} times; keep one") for key, count in counts.items() if count > 1]
    return tuple(Problem(path="", place=f"Tag “{text}”", message=message) for text, message in found)


def missing(fields: AccountFields) -> tuple[Problem, ...]:
    """Return what a form must still say before it can be saved."""
    wanted = (
        (fields.account, "Account", "write its id as the bill has it"),
        (fields.lines, "Tags", "write at least one, as in team = retail"),
    )
    return tuple(Problem(path="", place=place, message=message) for text, place, message in wanted if not text)
