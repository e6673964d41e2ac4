"""From the working rules and a month's bills to the page of a split."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from allocation.bills import NotYetWidenedError, WideningError
from allocation.drafts.operations import PutEntry, applied
from allocation.drafts.problems import DraftError, Problem
from allocation.engine.cells import TooManyProfilesError
from allocation.engine.rules import RuleSet, to_document
from allocation.engine.splits import CELL_COLUMNS
from allocation.matches import month
from allocation.previews import SplitPreview, split_preview
from allocation.working import working_rules
from itfm.core.money import total
from itfm.web.allocation.build import draft_bar, share_percent
from itfm.web.allocation.splits.fields import SplitFields, from_document
from itfm.web.allocation.splits.fields import to_document as split_document
from itfm.web.allocation.splits.page import CurrencyShares, PreviewPart, ShareRow, SplitPage
from itfm.web.shell.page import PeriodChoice, Shell

NEW = "new"


class UnknownSplitError(LookupError):
    """The rules have no such split."""


def plain_split(rules: RuleSet, key: str) -> dict[str, Any]:
    """Return a split as the document has it; nothing for a new one.

    :raises UnknownSplitError: there is none.
    """
    if key == NEW:
        return {}
    for split in to_document(rules).get("splits", ()):
        if split["key"] == key:
            return dict(split)
    raise UnknownSplitError(key)


def split_page(
    key: str,
    *,
    shell: Shell,
    organization_id: UUID,
    period: PeriodChoice,
    fields: SplitFields | None = None,
    with_preview: bool = True,
) -> SplitPage:
    """Return the form of a split: as it stands in the rules, or as the fields say.

    :raises UnknownSplitError: there is none.
    """
    working = working_rules()
    bills = month(organization_id, period=period.shown)
    rules, plain = working.rules, plain_split(working.rules, key)
    shown = fields or (from_document(plain) if plain else SplitFields())
    preview: PreviewPart | None = None
    problems: tuple[Problem, ...] = ()
    if with_preview:
        preview, problems = _preview(rules, key, shown, organization_id=organization_id, period=period.shown)
    keys = tuple(one.key for one in rules.dimensions)
    return SplitPage(
        shell=shell,
        bar=draft_bar(working, may_write=True),
        period=period,
        is_new=key == NEW,
        address=reverse("allocation_split", args=[key]),
        is_unsaved=fields is not None,
        fields=shown,
        problems=problems,
        preview=preview,
        columns=bills.columns(),
        tag_keys=tuple(bills.tag_keys(rules.spellings(), more=rules.account_tags().keys)),
        dimensions=tuple((one.key, one.name) for one in rules.dimensions),
        drivers=tuple((one.key, one.name) for one in rules.drivers),
        partitions=(*keys, *CELL_COLUMNS),
    )


def operation(key: str, fields: SplitFields) -> PutEntry:
    """Return the change that saves a split."""
    return PutEntry(kind="splits", key=None if key == NEW else key, entry=split_document(fields))


def _preview(
    rules: RuleSet, key: str, fields: SplitFields, *, organization_id: UUID, period: date
) -> tuple[PreviewPart | None, tuple[Problem, ...]]:
    try:
        changed = applied(operation(key, fields), to=rules)
    except DraftError as error:
        return None, error.problems
    try:
        found = split_preview(changed, key=fields.key, organization_id=organization_id, period=period)
    except NotYetWidenedError as error:
        return PreviewPart(currencies=(), held=(), findings=(), pending=str(error)), ()
    except (WideningError, TooManyProfilesError) as error:
        return None, (Problem(path="document", place="", message=str(error)),)
    if found is None:
        return PreviewPart(currencies=(), held=(), findings=(), has_bills=False), ()
    return _part(found), ()


def _part(found: SplitPreview) -> PreviewPart:
    pools, kept = dict(found.pools), dict(found.kept)
    return PreviewPart(
        currencies=tuple(
            CurrencyShares(
                currency=currency,
                pool=pool,
                shares=tuple(
                    ShareRow(
                        receiver=one.receiver,
                        currency=currency,
                        weight=one.weight,
                        total=one.total,
                        percent=share_percent(one.amount, pool),
                        amount=one.amount,
                        fallback=one.fallback,
                    )
                    for one in found.shares
                    if one.currency == currency
                ),
                handed_out=total(one.amount for one in found.shares if one.currency == currency),
                kept=kept.get(currency, Decimal(0)),
            )
            for currency, pool in pools.items()
        ),
        held=found.held,
        findings=found.findings,
    )
