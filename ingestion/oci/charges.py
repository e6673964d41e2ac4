"""What a line of Oracle's cost report costs, and which month it is of: the facts that several parts rest on. Pure."""

from __future__ import annotations

from typing import Final

from ingestion.focus.expressions import lenient_moment, literal

ISSUER: Final = "Oracle Corporation"
HOST: Final = "Oracle"


def billed_cost(cost: str) -> str:
    """Return what a line bills: `cost/myCost` alone, without `cost/myCostOverage`.

    Source: Oracle's Cost Report Schema says that myCost, which is quantity by unit price, is inclusive of the overage,
    and maps BilledCost and EffectiveCost of its FOCUS reports to it. The overage columns are empty in the published
    reports. Not known: whether myCost holds broken nodes of dedicated GPU pools, which the quantity does.
    """
    return cost


def is_correction(flag: str) -> str:
    """Return whether a line corrects another.

    Source: the schema, `lineItem/isCorrection`. `lineItem/backreferenceNo` alone does not say so: published reports
    have it filled in lines whose flag is false.
    """
    return f"coalesce(lower({flag}) = 'true', FALSE)"


def month(start: str) -> str:
    """Return the month of a line, such as `2026-10`: that in which its interval starts, in UTC.

    Source: Oracle's FOCUS schema, BillingPeriodStart, "based on the current monthly boundary of usage"; invoices of
    commitments may have other periods.

    | lineItem/intervalUsageStart | month   |
    |-----------------------------|---------|
    | 2026-10-31T23:00Z           | 2026-10 |
    | 2026-11-01T00:30+01:00      | 2026-10 |
    """
    is_plain = f"regexp_matches({start}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9:.]+Z$')"
    return f"CASE WHEN {is_plain} THEN left({start}, 7) ELSE strftime({lenient_moment(start)}, '%Y-%m') END"


def is_left_out(month_column: str, *, first_month: str | None) -> str:
    """Return whether a line is of a month before the first that counts."""
    return f"coalesce({month_column} < {literal(first_month)}, FALSE)" if first_month else "FALSE"
