"""From the working rules and a month's bills to the pages of tag keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from allocation.drafts.operations import OperationError, applied
from allocation.drafts.problems import DraftError, Problem
from allocation.drafts.tag_aliases import PutTagAliases, uses
from allocation.engine.rules import RuleSet
from allocation.engine.tag_aliases import Spellings, form
from allocation.matches import Month, month
from allocation.tag_spellings import (
    GroupFound,
    KeyFound,
    KeysFound,
    Likeness,
    Proposal,
    alike,
    groups_found,
    keys_found,
    proposals,
)
from allocation.working import working_rules
from itfm.web.allocation.account_tags.build import account_rows
from itfm.web.allocation.build import catch_figures, draft_bar
from itfm.web.allocation.tags.page import (
    GroupPart,
    KeyRow,
    OtherRow,
    ProposalRow,
    SpellingRow,
    TagFields,
    TagKeyPage,
    TagsPage,
)
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.suggestions import LIMIT, Suggestion

PROPOSED: Final = 10
SHOWN: Final = 200
"""Keys in the list; a search finds the others."""
OTHERS: Final = 8


class UnknownTagKeyError(LookupError):
    """The rules list no spellings of this key."""


def tags_page(
    *, shell: Shell, organization_id: UUID, period: PeriodChoice, may_write: bool, query: str = ""
) -> TagsPage:
    """Return the keys of a month's bills with what they hold, and which count as one."""
    working = working_rules()
    rules, spellings = working.rules, working.rules.spellings()
    bills = month(organization_id, period=period.shown)
    found = keys_found(bills)
    groups = groups_found(bills, spellings, rules.tag_aliases)
    shown = [one for one in found.keys if query.casefold() in one.key.casefold()]
    rows = _key_rows(shown[:SHOWN], spellings, all_keys=[one.key for one in found.keys])
    return TagsPage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write),
        period=period,
        groups=tuple(_group(key, group, rules) for key, group in groups.items()),
        accounts=account_rows(rules, bills),
        is_similar=rules.similar_tag_keys,
        similar_count=_similar_count(found),
        proposals=tuple(_proposal(one, rules) for one in islice(proposals(found, spellings), PROPOSED)),
        keys=tuple(rows),
        key_count=len(shown),
        query=query,
        has_bills=bool(bills.revisions),
    )


def _group(key: str, group: GroupFound, rules: RuleSet) -> GroupPart:
    listed = rules.spellings().listed(key)
    return GroupPart(
        key=key,
        spellings=tuple(
            SpellingRow(
                spelling=one.spelling,
                has=catch_figures(one.has),
                counts=catch_figures(one.counts),
                is_similar=one.spelling not in listed,
            )
            for one in group.spellings
        ),
        together=catch_figures(group.together),
        contradicting=catch_figures(group.contradicting),
        used_by=tuple(uses(rules, key)),
        address=_address(key=key),
    )


def _similar_count(found: KeysFound) -> int:
    return sum(count for count in Counter(form(one.key) for one in found.keys).values() if count > 1)


def _proposal(proposal: Proposal, rules: RuleSet) -> ProposalRow:
    keys = (proposal.key, *(other.key for other in proposal.others))
    spellings = rules.spellings()
    listed = next((spellings.key(key) for key in keys if spellings.key(key) in rules.tag_aliases), "")
    free = [key for key in keys if spellings.key(key) not in rules.tag_aliases]
    address = _address(key=listed, spelling=free) if listed else _address(name=keys[0], spelling=keys[1:])
    return ProposalRow(
        key=proposal.key,
        others=tuple(OtherRow(key=other.key, why=_why(other)) for other in proposal.others),
        address=address,
    )


def _why(likeness: Likeness) -> str:
    return "similar" if likeness.is_similar else f"{likeness.shared} of {likeness.of} values are the same"


def _key_rows(found: Iterable[KeyFound], spellings: Spellings, *, all_keys: Sequence[str]) -> Iterable[KeyRow]:
    key_of = spellings.by_key(all_keys)
    for one in found:
        key = key_of[one.key]
        has_list = len(spellings.listed(key)) > 1
        yield KeyRow(
            key=one.key,
            counts_as="" if key == one.key else key,
            value_count=one.value_count,
            examples=one.examples,
            catch=catch_figures(one.catch),
            address=_address(key=key) if has_list else _address(name=one.key),
        )


def _address(**query: object) -> str:
    return f"{reverse('allocation_tag_key')}?{urlencode(query, doseq=True)}"


def fields_of(key: str, *, more: Iterable[str] = ()) -> TagFields:
    """Return the form of a key as the rules list it, and with more spellings behind.

    :raises UnknownTagKeyError: they do not.
    """
    aliases = working_rules().rules.tag_aliases
    if key not in aliases:
        raise UnknownTagKeyError(key)
    return TagFields(was=key, key=key, spellings=tuple(dict.fromkeys((*aliases[key], *more))))


def operation(fields: TagFields) -> PutTagAliases:
    """Return the change that saves a form."""
    return PutTagAliases(was=fields.was, key=fields.key, spellings=fields.spellings)


def known_keys(organization_id: UUID, *, period: PeriodChoice) -> frozenset[str]:
    """Return the keys that a month's bills write."""
    return frozenset(one.key for one in keys_found(month(organization_id, period=period.shown)).keys)


def tag_key_page(
    fields: TagFields, *, shell: Shell, organization_id: UUID, period: PeriodChoice, is_unsaved: bool = False
) -> TagKeyPage:
    """Return the form of a key's spellings with what they would hold, or what is wrong with them."""
    working = working_rules()
    bills = month(organization_id, period=period.shown)
    preview: GroupPart | None = None
    problems: tuple[Problem, ...] = ()
    if fields.key and fields.spellings:
        try:
            rules = applied(operation(fields), to=working.rules)
        except DraftError as error:
            problems = error.problems
        except OperationError as error:
            problems = (Problem(path="", place="", message=str(error)),)
        else:
            preview = _group(fields.key, groups_found(bills, rules.spellings(), [fields.key])[fields.key], rules)
    return TagKeyPage(
        shell=shell,
        bar=draft_bar(working, may_write=True),
        period=period,
        fields=fields,
        problems=problems,
        preview=preview,
        others=_others(fields, bills, working.rules),
        is_unsaved=is_unsaved,
        has_bills=bool(bills.revisions),
    )


def _others(fields: TagFields, bills: Month, rules: RuleSet) -> tuple[OtherRow, ...]:
    """Return keys that may be further spellings, of those that no other key lists."""
    found = keys_found(bills)
    spellings = Spellings({fields.key: fields.spellings}, similar=rules.similar_tag_keys)
    taken = {one for key, others in rules.tag_aliases.items() if key != fields.was for one in (key, *others)}
    likeness: dict[str, Likeness] = {}
    for named in (fields.key, *fields.spellings):
        for one in alike(found, spellings, key=named):
            likeness.setdefault(one.key, one)
    fitting = (one for one in found.keys if one.key in likeness and one.key not in taken)
    return tuple(
        OtherRow(key=one.key, why=_why(likeness[one.key]), examples=one.examples, catch=catch_figures(one.catch))
        for one in islice(fitting, OTHERS)
    )


def key_suggestions(organization_id: UUID, *, period: PeriodChoice, containing: str) -> list[Suggestion]:
    """Return the keys of a month's bills that contain a piece of text in any case, dearest first."""
    found = keys_found(month(organization_id, period=period.shown)).keys
    fitting = (one for one in found if containing.strip().casefold() in one.key.casefold())
    return [Suggestion(value=one.key, hint=_hint(one)) for one in islice(fitting, LIMIT + 1)]


def _hint(found: KeyFound) -> str:
    values = f"{found.value_count:,} value{'' if found.value_count == 1 else 's'}"
    return f"{values}: {', '.join(found.examples)}"[:80]


def missing(fields: TagFields) -> tuple[Problem, ...]:
    """Return what a form must still say before it can be saved."""
    wanted = (
        (fields.key, "Tag key", "write the key that rules name"),
        (fields.spellings, "Other spellings", "write at least one, or choose one of those below"),
    )
    return tuple(Problem(path="", place=place, message=message) for text, place, message in wanted if not text)
