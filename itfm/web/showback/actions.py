"""What a cost center could do to cost less, in words, for its page and its letter. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ingestion.resource_costs import Asked
from itfm.web.recommendations.words import action_text, change_text, lines_address, short_name
from showback.statement import Action, Statement
from showback.statements import DIMENSION


@dataclass(frozen=True, kw_only=True)
class ActionRow:
    """A recommendation in words; `url` leads to the bill lines of its resource, empty where no cost is known."""

    action: Action
    what: str
    """`Rightsize`."""
    change: str
    """`m5.2xlarge → m5.xlarge`."""
    resource: str
    where: str
    """`Ec2Instance, Payments`."""
    url: str


def action_rows(found: Statement) -> tuple[ActionRow, ...]:
    """Return the recommendations as they are shown beside the cost of the month."""
    return tuple(_row(one, period=found.period, names_center=len(found.codes) > 1) for one in found.actions)


def _row(one: Action, *, period: date, names_center: bool) -> ActionRow:
    known = (one.resource_type, one.account_name or one.account, f"cost center {one.code}" if names_center else "")
    return ActionRow(
        action=one,
        what=action_text(one.action),
        change=change_text(one.current_summary, one.recommended_summary),
        resource=short_name(one.resource),
        where=", ".join(filter(None, known)),
        url="" if one.cost is None else _lines(one, period=period),
    )


def _lines(one: Action, *, period: date) -> str:
    """Return the path of the bill lines that the cost is the sum of."""
    return lines_address(
        Asked(one.source_id, one.account, one.resource),
        one.billed_resource,
        period=period,
        currency=one.currency,
        of=[f"{DIMENSION}:{one.code}"],
    )
