"""What the rows of Azure's actual and amortized cost are in FOCUS. Pure.

Source, where a function names no other: Microsoft's own account of converting cost data to FOCUS,
https://learn.microsoft.com/cloud-computing/finops/focus/convert. Where FOCUS 1.4 says otherwise, FOCUS is followed and
the function says so.

Expressions are SQL over raw columns, of which `Columns` gives null for those that no file has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingestion.ai.models import is_of_model, names_model
from ingestion.azure.amounts import product, product_of_texts, reciprocal
from ingestion.azure.columns import Columns
from ingestion.focus.expressions import lenient_moment, literal

EXPORT: Final = "x_export"
"""The derived column that says which export a row is from: `actual` or `amortized`."""
MICROSOFT: Final = "Microsoft"
_COMMITMENT_IDS: Final = {
    "Reservation": ("Usage", "/microsoft.capacity/", "reservation"),
    "Savings Plan": ("Spend", "/microsoft.billingbenefits/", "savingsplan"),
}
"""CommitmentDiscountType to its category, the provider in the ids of such, and their PricingModel."""


PROVIDER_AND_TYPES: Final = (1, 2, 4, 6, 8)
"""Where the provider and the types stand in the path behind it, between the names; Azure nests no deeper."""


def iso_date(text: str) -> str:
    """Return a date written MM/DD/YYYY as YYYY-MM-DD, anything else as it is.

    >>> import duckdb
    >>> duckdb.connect().execute("SELECT " + iso_date("'09/21/2023'") + ", " + iso_date("'21/09/2023'")).fetchall()
    [('2023-09-21', '21/09/2023')]
    """
    read = f"try_strptime({text}, '%m/%d/%Y')"
    return f"CASE WHEN {text} LIKE '%/%/%' THEN coalesce(strftime({read}, '%Y-%m-%d'), {text}) ELSE {text} END"


def month(columns: Columns) -> str:
    """Return the first day of the billing period."""
    return f"CAST(date_trunc('month', {lenient_moment(iso_date(columns.text('billing_period_start')))}) AS DATE)"


def resource_type(resource_id: str) -> str:
    """Return the type of the resource an id is of, in lower case: its provider and every second part after it.

    | id                                                        | type                         |
    |-----------------------------------------------------------|------------------------------|
    | /subscriptions/1/providers/Microsoft.Sql/servers/a/dbs/b  | microsoft.sql/servers/dbs    |
    | /providers/Microsoft.Capacity/reservationOrders/9         | microsoft.capacity/reservationorders |
    """
    # Of every row this is asked, and the engine trims slowly: only what has something to trim.
    trimmed = f"CASE WHEN suffix({resource_id}, '/') THEN rtrim({resource_id}, '/') ELSE {resource_id} END"
    # Neither CASE nor nullif, which would work the path out again, nor a pattern.
    behind_last_provider = f"string_split(lower({trimmed}), '/providers/')[2:][-1]"
    parts = f"list_select(string_split({behind_last_provider}, '/'), {list(PROVIDER_AND_TYPES)})"
    return f"array_to_string({parts}, '/')"


def is_generative(column: Callable[[str], str]) -> str:
    """Return 'yes' for rows of generative models, by the names of their meter; `column` gives a column by its meaning.

    Azure OpenAI and the models of Foundry are resources of Cognitive Services or Machine Learning, as others are that
    generate nothing; models of other makers are sold by the marketplace. Names of meters are those of
    https://learn.microsoft.com/azure/ai-foundry/concepts/manage-costs, which does not list them all.
    """
    names = f"concat_ws(' ', {column('meter_category')}, {column('meter_sub_category')}, {column('product')})"
    service = f"lower({column('consumed_service')})"
    publisher = f"lower({column('publisher_type')})"
    return (
        f"CASE WHEN {service} IN ('microsoft.cognitiveservices', 'microsoft.machinelearningservices') THEN"
        f" CASE WHEN {is_of_model(names)} THEN 'yes' END"
        f" WHEN {publisher} = 'marketplace' THEN CASE WHEN {names_model(names)} THEN 'yes' END END"
    )


def charge(columns: Columns) -> str:
    """Return ChargeType in lower case."""
    return f"coalesce(lower(replace({columns.text('charge_type')}, ' ', '')), '')"


def model(columns: Columns) -> str:
    """Return PricingModel in lower case."""
    return f"coalesce(lower(replace({columns.text('pricing_model')}, ' ', '')), '')"


def is_unused(columns: Columns) -> str:
    """Return whether a row is the part of a commitment that nothing used: UnusedReservation, UnusedSavingsPlan."""
    return f"{charge(columns)} LIKE 'unused%'"


def is_covered(columns: Columns) -> str:
    """Return whether a row is use that a commitment paid for, or the part of one that nothing used."""
    return f"({is_unused(columns)} OR {charge(columns)} = 'usage' AND {_is_committed(columns)})"


def is_purchase(columns: Columns) -> str:
    """Return whether a row buys a commitment, or takes one back."""
    return f"({charge(columns)} IN ('purchase', 'refund') AND {_is_committed(columns)})"


def _is_committed(columns: Columns) -> str:
    return f"{model(columns)} IN ('reservation', 'savingsplan')"


def billed_cost(columns: Columns, *, is_left_out: str) -> str:
    """Return BilledCost: the cost, but 0 for the amortized cost of what a commitment covers, which buying it billed."""
    return f"CASE WHEN {is_unbilled(columns, is_left_out=is_left_out)} THEN 0 ELSE {columns.number('cost')} END"


def is_unbilled(columns: Columns, *, is_left_out: str) -> str:
    """Return whether a row bills nothing: another row tells it, or what covers it was billed."""
    return f"({is_left_out} OR {EXPORT} = 'amortized' AND {is_covered(columns)})"


def effective_cost(columns: Columns) -> str:
    """Return EffectiveCost: the cost, but 0 for what buys a commitment whose cost stands with what it covers.

    Without an amortized export it does not, and what buys the commitment keeps its cost.
    """
    return f"CASE WHEN e_x_is_spread THEN 0 ELSE {columns.number('cost')} END"


def facts(columns: Columns, *, is_left_out: str, is_paired: str) -> dict[str, str]:
    """Return what the amounts of a row go by and its entry tells, so that no row has to find it out again.

    Rows name them `e_x_...`. `x_is_listed` is whether the price of a row that costs nothing can be 0.
    """
    same = f"coalesce({columns.text('pricing_currency')}, {columns.text('billing_currency')})"
    return {
        "x_is_usage": f"{charge(columns)} = 'usage'",
        "x_is_priced": f"{charge(columns)} IN ('usage', 'purchase')",
        "x_is_unused": is_unused(columns),
        "x_is_unbilled": is_unbilled(columns, is_left_out=is_left_out),
        "x_is_spread": f"({EXPORT} = 'amortized' OR {is_paired}) AND {is_purchase(columns)}",
        "x_is_listed": f"NOT {_is_committed(columns)} AND {is_own(columns)}",
        "x_is_converted": f"coalesce({same} <> {columns.text('billing_currency')}, TRUE)",
    }


def is_own(columns: Columns) -> str:
    """Return whether a row is of a service of Azure's, not of what another sells on its marketplace."""
    return f"coalesce(lower({columns.text('publisher_type')}), 'azure') IN ('azure', 'microsoft')"


def charge_entries(columns: Columns) -> dict[str, str]:
    """Return the columns that say what kind of charge a row is.

    A refund is a Correction, as Microsoft has it; FOCUS would have that only of earlier, invoiced periods, which an
    export does not tell. What buys a commitment is Standard, as FOCUS has it and Microsoft has not.
    """
    kind, how = charge(columns), model(columns)
    return {
        "charge_category": (
            f"CASE WHEN {kind} = 'usage' OR {is_unused(columns)} THEN 'Usage'"
            f" WHEN {kind} IN ('purchase', 'refund') THEN 'Purchase'"
            f" WHEN {kind} = 'credit' THEN 'Credit' WHEN {kind} = 'tax' THEN 'Tax' ELSE 'Adjustment' END"
        ),
        "charge_class": f"CASE WHEN {kind} = 'refund' THEN 'Correction' END",
        "charge_frequency": (
            f"CASE lower(replace({columns.text('frequency')}, '-', '')) WHEN 'onetime' THEN 'One-Time'"
            " WHEN 'recurring' THEN 'Recurring' WHEN 'usagebased' THEN 'Usage-Based' END"
        ),
        "pricing_category": (
            f"CASE WHEN {kind} = 'tax' THEN NULL WHEN {kind} = 'credit' THEN 'Other'"
            f" WHEN {is_covered(columns)} THEN 'Committed' WHEN {how} = 'spot' THEN 'Dynamic'"
            f" WHEN {how} = 'ondemand' OR {kind} IN ('usage', 'purchase', 'refund') THEN 'Standard' END"
        ),
    }


def commitment_entries(columns: Columns) -> dict[str, str]:
    """Return the columns that say which commitment discount a row is of: its benefit, in older exports a reservation.

    What buys a commitment has no status (FOCUS, CommitmentDiscountStatus).
    """
    benefit = f"lower(coalesce({columns.text('benefit_id')}, {columns.text('reservation_id')}))"
    by_id = "CASE" + "".join(
        f" WHEN {benefit} LIKE {literal(f'%{part}%')} THEN {literal(kind)}"
        for kind, (_, part, _) in _COMMITMENT_IDS.items()
    )
    by_model = "".join(
        f" WHEN {model(columns)} = {literal(how)} OR {charge(columns)} = {literal('unused' + how)} THEN {literal(kind)}"
        for kind, (_, _, how) in _COMMITMENT_IDS.items()
    )
    kind = f"{by_id}{by_model} END"
    categories = "".join(f" WHEN {literal(name)} THEN {literal(row[0])}" for name, row in _COMMITMENT_IDS.items())
    return {
        "commitment_discount_id": benefit,
        "commitment_discount_type": kind,
        "commitment_discount_category": f"CASE {kind}{categories} END",
        "commitment_discount_status": (
            f"CASE WHEN {is_unused(columns)} THEN 'Unused' WHEN {is_covered(columns)} THEN 'Used' END"
        ),
    }


def account_entries(columns: Columns) -> dict[str, str]:
    """Return who is billed, by whom, for whose service.

    Under a Microsoft Customer Agreement a billing profile is invoiced; under an Enterprise Agreement the profile is the
    account itself, or is not told. Ids are written in mixed case, and so are told apart without it.
    """
    account, profile = columns.text("billing_account_id"), columns.text("billing_profile_id")
    is_own = f"lower({columns.text('publisher_type')}) IN ('azure', 'microsoft')"
    publisher = f"coalesce({columns.text('publisher_name')}, {literal(MICROSOFT)})"
    return {
        "billing_account_id": f"lower(coalesce({profile}, {account}))",
        "billing_account_name": (
            f"CASE WHEN {profile} IS NULL THEN {columns.text('billing_account_name')}"
            f" ELSE coalesce({columns.text('billing_profile_name')}, {columns.text('billing_account_name')}) END"
        ),
        "billing_account_type": f"CASE WHEN lower({profile}) <> lower({account}) THEN 'Billing Profile'"
        f" WHEN coalesce({profile}, {account}) IS NOT NULL THEN 'Billing Account' END",
        "sub_account_id": f"lower({columns.text('subscription_id')})",
        "sub_account_name": columns.text("subscription_name"),
        "sub_account_type": f"CASE WHEN {columns.text('subscription_id')} IS NOT NULL THEN 'Subscription' END",
        "invoice_issuer_name": f"coalesce({columns.text('partner_name')}, {literal(MICROSOFT)})",
        "service_provider_name": f"CASE WHEN {is_own} THEN {literal(MICROSOFT)} ELSE {publisher} END",
        "host_provider_name": literal(MICROSOFT),
    }


def exchange_rate(columns: Columns) -> str:
    """Return the rate from the pricing to the billing currency; 1 where they are the same, null when it is not told."""
    return f"CASE WHEN NOT e_x_is_converted THEN 1 ELSE {columns.number('exchange_rate')} END::DECIMAL(38,18)"


def _is_told(columns: Columns, meaning: str) -> str:
    """Return whether a price or list cost is one, and not the 0 that Azure writes where it tells none."""
    is_free = f"{columns.number('cost')} = 0 AND e_x_is_listed"
    return f"(NOT e_x_is_unused AND ({columns.number(meaning)} <> 0 OR {is_free}))"


def known_price(columns: Columns, meaning: str) -> str:
    """Return a price or list cost; null where the 0 in its place means that none is told.

    Azure writes 0 for prices of what commitments cover and of offers on its marketplace. A 0 is a price only where
    the row costs nothing and neither is the case.
    """
    return f"CASE WHEN {_is_told(columns, meaning)} THEN {columns.number(meaning)} END"


def unit_price(columns: Columns, meaning: str) -> str:
    """Return a price per pricing unit in the billing currency."""
    price = known_price(columns, meaning)
    converted = "NULL"
    if columns.name("exchange_rate") is not None:
        converted = product(f"({price})", f"({exchange_rate(columns)})")
    return f"CASE WHEN NOT e_x_is_converted THEN {price} ELSE {converted} END"


def cost_at(columns: Columns, meaning: str, *, quantity: str, told: str = "NULL") -> str:
    """Return ListCost or ContractedCost: what is told, else price x quantity.

    Of an unused commitment nothing was had that could have a price. Credits, taxes, refunds and adjustments cost what
    they bill (FOCUS, ListCost and ContractedCost).
    """
    amount = product(f"({unit_price(columns, meaning)})", f"({quantity})")
    if quantity == columns.number("quantity"):
        amount = product_of_texts(
            (columns.text(meaning), columns.text("quantity")),
            first=columns.number(meaning),
            second=quantity,
            where=f"NOT e_x_is_converted AND {_is_told(columns, meaning)}",
            otherwise=amount,
        )
    return (
        f"CASE WHEN e_x_is_unused THEN 0 WHEN NOT e_x_is_priced THEN {columns.number('cost')}"
        f" ELSE coalesce({told}, {amount}) END"
    )


def pricing_quantity(columns: Columns, *, sizes: dict[str, int], unit_files: tuple[int, ...]) -> str:
    """Return Quantity in blocks, as prices are per block: that of `10K` is 10,000.

    Exports give it in blocks; those of the files `unit_files` give single units.
    """
    divisor = _by_unit(columns, {unit: reciprocal(size) for unit, size in sizes.items() if size != 1})
    quantity = columns.number("quantity")
    if not unit_files or divisor is None:
        return quantity
    return f"CASE WHEN {_lies_in(unit_files)} THEN {product(quantity, f'({divisor})')} ELSE {quantity} END"


def consumed_quantity(columns: Columns, *, sizes: dict[str, int], unit_files: tuple[int, ...]) -> str:
    """Return Quantity in single units, of what was used."""
    size = _by_unit(columns, {unit: f"{size}::BIGINT" for unit, size in sizes.items() if size != 1})
    quantity = columns.number("quantity")
    counted = f"TRY({quantity} * ({size}))" if size else quantity
    if unit_files:
        counted = f"CASE WHEN {_lies_in(unit_files)} THEN {quantity} ELSE {counted} END"
    return f"CASE WHEN e_x_is_usage THEN {counted} END"


def _by_unit(columns: Columns, values: dict[str, str]) -> str | None:
    cases = " ".join(f"WHEN {literal(unit)} THEN {value}" for unit, value in sorted(values.items()))
    return f"CASE {columns.text('unit_of_measure')} {cases} ELSE 1 END" if cases else None


def _lies_in(files: tuple[int, ...]) -> str:
    return f"x_file_number IN ({', '.join(map(str, files))})"


def in_pricing_currency(columns: Columns, effective: str) -> str:
    """Return an effective cost in the currency of prices: as billed where that is the same, else as the export says."""
    told = f"CASE WHEN ({effective}) = {columns.number('cost')} THEN {columns.number('cost_in_pricing_currency')}"
    return f"CASE WHEN NOT e_x_is_converted THEN {effective} ELSE {told} ELSE 0 END END"


def resource_name(columns: Columns) -> str:
    """Return ResourceName, where it is not told the last part of the id."""
    last = f"regexp_extract({columns.text('resource_id')}, '([^/]+)/*$', 1)"
    return f"coalesce({columns.text('resource_name')}, nullif({last}, ''))"
