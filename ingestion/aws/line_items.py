"""What the line items of a Cost and Usage Report are in FOCUS. Pure.

Sources: the line item, savings plan and reservation columns of
https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html; FOCUS 1.4, EffectiveCost and BilledCost. AWS
publishes no rule from its report to FOCUS; where these two do not decide, the function says what was chosen.

Expressions are SQL over raw columns, of which `Columns` gives null for those that a report does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingestion.focus.expressions import literal, quoted
from ingestion.normalize.fields import Fields

TYPE: Final = "line_item_line_item_type"
COVERED: Final = "SavingsPlanCoveredUsage"
NEGATION: Final = "SavingsPlanNegation"
DISCOUNTED: Final = "DiscountedUsage"
PLAN_FEES: Final = ("SavingsPlanUpfrontFee", "SavingsPlanRecurringFee")
FEES_WITH_UNUSED: Final = ("RIFee", "SavingsPlanRecurringFee")
DISCOUNTS: Final = ("BundledDiscount", "EdpDiscount", "PrivateRateDiscount", "Discount", "SppDiscount")


@dataclass(frozen=True)
class Columns(Fields):
    """The raw columns of a report."""

    def product(self, *names: str) -> str:
        """Return the first of these facts on the product: a column in most reports, in CUR 2.0 a key of its map."""
        flat = [quoted(f"product_{name}") for name in names if f"product_{name}" in self.names]
        if "product" in self.names:
            in_map = "CASE WHEN json_valid(product) THEN json_extract_string(product, '$.{}') END"
            flat += [f"nullif({in_map.format(name)}, '')" for name in names]
        return f"coalesce({', '.join(flat)})" if flat else "NULL::VARCHAR"

    def first_number(self, *names: str) -> str:
        """Return the first of these columns that has a number."""
        there = [self.number(name) for name in names if name in self.names]
        return f"coalesce({', '.join(there)})" if there else "NULL::DECIMAL(38,18)"


def amount(columns: Columns) -> str:
    """Return what a line item bills: after private discounts where the report tells that."""
    return columns.first_number("line_item_net_unblended_cost", "line_item_unblended_cost")


def is_settled(columns: Columns) -> str:
    """Return whether a savings plan's covered usage and the negation of it cancel within a bill, exactly.

    The report shows covered usage at its on-demand cost, and takes that back on negation lines. Where both of a plan
    sum to zero, the usage is billed 0 and the negation dropped. Where they do not (a file without its negation, a
    difference in the last digit), both stay as they are, so that the bill's total is always the file's.
    """
    pair = f"{TYPE} IN ({literal(COVERED)}, {literal(NEGATION)})"
    window = (
        f"(PARTITION BY {columns.text('savings_plan_savings_plan_arn')}, line_item_currency_code,"
        " bill_billing_period_start_date)"
    )
    sums_to_zero = f"sum(x_amount) FILTER (WHERE {pair}) OVER {window} = 0"
    has_negation = f"count(*) FILTER (WHERE {TYPE} = {literal(NEGATION)}) OVER {window} > 0"
    return f"{pair} AND {sums_to_zero} AND {has_negation}"


def charge_category(columns: Columns) -> str:
    """Return ChargeCategory. A refund is of what its line names: a commitment's purchase, else usage."""
    plan, reservation = commitment_arns(columns)
    usage = ", ".join(literal(word) for word in ("Usage", COVERED, DISCOUNTED, *DISCOUNTS))
    purchase = ", ".join(literal(word) for word in ("Fee", "RIFee", *PLAN_FEES))
    return (
        f"CASE WHEN {TYPE} IN ({usage}) THEN 'Usage' WHEN {TYPE} IN ({purchase}) THEN 'Purchase'"
        f" WHEN {TYPE} = 'Tax' THEN 'Tax' WHEN {TYPE} = 'Credit' THEN 'Credit'"
        f" WHEN {TYPE} = 'Refund' AND coalesce({plan}, {reservation}) IS NOT NULL THEN 'Purchase'"
        f" WHEN {TYPE} = 'Refund' THEN 'Usage'"
        " ELSE 'Adjustment' END"
    )


def charge_frequency() -> str:
    """Return ChargeFrequency."""
    return (
        f"CASE WHEN {TYPE} IN ('RIFee', 'SavingsPlanRecurringFee') THEN 'Recurring'"
        f" WHEN {TYPE} IN ('Fee', 'SavingsPlanUpfrontFee', 'Tax', 'Credit', 'Refund') THEN 'One-Time'"
        " ELSE 'Usage-Based' END"
    )


def pricing_category(columns: Columns) -> str:
    """Return PricingCategory; spot usage is known by its term, or by its operation, as `RunInstances:SV001`."""
    spot = f"{columns.text('pricing_term')} = 'Spot' OR {columns.text('line_item_operation')} LIKE '%:SV%'"
    return (
        f"CASE WHEN {TYPE} IN ({literal(COVERED)}, {literal(DISCOUNTED)}) THEN 'Committed'"
        f" WHEN {TYPE} = 'Tax' THEN NULL WHEN {TYPE} = 'Credit' THEN 'Other'"
        f" WHEN {spot} THEN 'Dynamic' ELSE 'Standard' END"
    )


def commitment_arns(columns: Columns) -> tuple[str, str]:
    """Return the ARN of the savings plan and of the reservation."""
    return columns.text("savings_plan_savings_plan_arn"), columns.text("reservation_reservation_arn")


def commitment_entries(columns: Columns) -> dict[str, str]:
    """Return the columns that say which commitment discount a line is of."""
    plan, reservation = commitment_arns(columns)
    # Small reports leave the ARN out, but the type tells which it is.
    is_plan = f"({plan} IS NOT NULL OR {TYPE} IN ({_words(COVERED, NEGATION, *PLAN_FEES)}))"
    is_reservation = f"({reservation} IS NOT NULL OR {TYPE} IN ({_words(DISCOUNTED, 'RIFee')}))"
    which = "CASE WHEN " + is_plan + " THEN {} WHEN " + is_reservation + " THEN {} END"
    return {
        "commitment_discount_id": f"coalesce({plan}, {reservation})",
        "commitment_discount_category": which.format("'Spend'", "'Usage'"),
        "commitment_discount_type": which.format("'Savings Plan'", "'Reserved Instance'"),
        "commitment_discount_status": f"CASE WHEN {TYPE} IN ({_words(COVERED, DISCOUNTED)}) THEN 'Used' END",
    }


def effective_cost(columns: Columns) -> str:
    """Return EffectiveCost: 0 for what buys a commitment, its used part for what it covers, else what is billed."""
    plan = columns.first_number(
        "savings_plan_net_savings_plan_effective_cost", "savings_plan_savings_plan_effective_cost"
    )
    reservation = columns.first_number("reservation_net_effective_cost", "reservation_effective_cost")
    _, arn = commitment_arns(columns)
    return (
        f"CASE WHEN {TYPE} = {literal(COVERED)} THEN coalesce({plan}, {amount(columns)})"
        f" WHEN {TYPE} = {literal(DISCOUNTED)} THEN coalesce({reservation}, {amount(columns)})"
        f" WHEN {TYPE} IN ({_words(NEGATION, 'RIFee', *PLAN_FEES)}) THEN 0"
        f" WHEN {TYPE} = 'Fee' AND {arn} IS NOT NULL THEN 0 ELSE {amount(columns)} END"
    )


def unused_cost(columns: Columns) -> str:
    """Return the part of a recurring fee that nothing used, null for other lines.

    Of a savings plan's fee it is the commitment to date less what of it was used: AWS's own formula for the cost of
    unused commitment. Of a reservation's fee AWS tells it.
    """
    upfront = columns.first_number(
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
    )
    recurring = columns.first_number("reservation_net_unused_recurring_fee", "reservation_unused_recurring_fee")
    commitment = columns.number("savings_plan_total_commitment_to_date")
    used = columns.number("savings_plan_used_commitment")
    return (
        f"CASE {TYPE} WHEN 'RIFee' THEN coalesce({upfront}, 0) + coalesce({recurring}, 0)"
        f" WHEN 'SavingsPlanRecurringFee' THEN {commitment} - coalesce({used}, 0) END"
    )


def list_cost(columns: Columns) -> str:
    """Return ListCost: the public on-demand cost of usage in the billed currency, else what is billed."""
    public = columns.number("pricing_public_on_demand_cost")
    same = f"coalesce({columns.text('pricing_currency')}, line_item_currency_code) = line_item_currency_code"
    is_usage = f"{TYPE} IN ({_words('Usage', COVERED, DISCOUNTED)})"
    return f"CASE WHEN {is_usage} AND {same} THEN coalesce({public}, {amount(columns)}) ELSE {amount(columns)} END"


def contracted_cost(columns: Columns) -> str:
    """Return ContractedCost: the on-demand cost after private prices, which reserved usage does not show."""
    return f"CASE WHEN {TYPE} = {literal(DISCOUNTED)} THEN {list_cost(columns)} ELSE {amount(columns)} END"


def _words(*words: str) -> str:
    return ", ".join(literal(word) for word in words)
