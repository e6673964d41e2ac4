"""What the lines of an AI provider become in FOCUS 1.4. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from ingestion.focus import attributes
from ingestion.focus.expressions import NUMBER, lenient_moment, literal, looked_up, quoted
from ingestion.normalize.checks import currency_check, period_check, require_columns
from ingestion.normalize.plan import DerivedColumn, EntryCheck, Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.tables import RawTables

REQUIRED: Final = ("period_start", "amount", "currency")
COST: Final = "x_cost"
MONTH: Final = "x_month"
IS_CREDIT: Final = "x_is_credit"
CREDIT_WORDS: Final = r"\b(credits?|refunds?|refunded|grants?|promotions?|promotional)\b"
"""What a line that gives money back is called; no provider documents it, so the amount must be negative too."""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A company that sells the use of AI models.

    `account` is what it calls a part of an organization, in lower case. `default_account` is the id and name of the
    part that has none, where there is such a part. `token_words` say its kinds of tokens in words. `cost` is SQL: the
    amount of a line as a number's text in whole units of the currency.
    """

    name: str
    service: str
    account: str
    token_words: Mapping[str, str]
    cost: str = "amount"
    default_account: tuple[str, str] | None = None
    checks: tuple[EntryCheck, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its table."""
        return (
            "period_start",
            "period_end",
            "organization_id",
            "organization_name",
            f"{self.account}_id",
            f"{self.account}_name",
            "description",
            "cost_type",
            "model",
            "token_type",
            "service_tier",
            "context_window",
            "region",
            "amount",
            "currency",
            "quantity",
            "unit",
        )


def planner(vendor: Vendor) -> Planner:
    """Return how the table of a vendor becomes FOCUS 1.4."""

    def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:  # noqa: ARG001 - planners share one signature
        require_columns(
            raw,
            {name: name for name in REQUIRED},
            message="{file} has no column {title}. Is it a table of costs from " + vendor.name + "?",
        )
        return _plan(vendor, _Fields(frozenset(raw.names())))

    return plan


@dataclass(frozen=True)
class _Fields:
    names: frozenset[str]

    def text(self, name: str) -> str:
        return quoted(name) if name in self.names else "NULL::VARCHAR"


def _plan(vendor: Vendor, fields: _Fields) -> Plan:
    in_rows = {"period_start", "period_end", "amount", "quantity"}
    numbers = (COST, *(name for name in ("quantity",) if name in fields.names))
    moments = tuple(name for name in ("period_start", "period_end") if name in fields.names)
    own = [name for name in vendor.columns if name in fields.names and name not in in_rows]
    return Plan(
        key=(*own, MONTH, IS_CREDIT),
        entries=_entries(vendor, fields),
        rows=_rows(fields),
        decimals=numbers,
        date_times=moments,
        source_amount=f"n_{COST}",
        needed=(COST, "period_start"),
        kept=_kept(vendor, fields),
        checks=(
            period_check("period_start", words="the period starts at {value}, which is no date."),
            currency_check("currency"),
            *vendor.checks,
        ),
        period_end="period_end" if "period_end" in fields.names else None,
        derived=_derived(vendor, fields),
    )


def hundredths(number: str) -> str:
    """Return a number's text divided by 100, with all its digits; what is no number stays as it is.

    | number  | divided   |
    |---------|-----------|
    | 123.45  | 123.45e-2 |
    | -1e3    | -1e1      |
    | 1,5     | 1,5       |
    """
    power = f"TRY_CAST(nullif(regexp_extract({number}, '[eE](.*)$', 1), '') AS INTEGER)"
    moved = f"regexp_extract({number}, '^[^eE]*') || 'e' || (coalesce({power}, 0) - 2)"
    return f"CASE WHEN regexp_matches({number}, {literal(NUMBER)}) THEN {moved} ELSE {number} END"


def _derived(vendor: Vendor, fields: _Fields) -> tuple[DerivedColumn, ...]:
    is_negative = "ltrim(amount) LIKE '-%'"
    says_so = f"regexp_matches(lower({fields.text('description')}), {literal(CREDIT_WORDS)})"
    month = f"strftime({lenient_moment('period_start')}, '%Y-%m')"
    return (
        DerivedColumn(name=COST, title="amount", sql=vendor.cost),
        DerivedColumn(name=MONTH, title="period_start", sql=month),
        DerivedColumn(name=IS_CREDIT, title="description", sql=f"CASE WHEN {is_negative} AND {says_so} THEN 'yes' END"),
    )


def _entries(vendor: Vendor, fields: _Fields) -> dict[str, str]:
    text, name = fields.text, literal(vendor.name)
    month = f"CAST({MONTH} || '-01' AS DATE)"
    account_id, account_name = text(f"{vendor.account}_id"), text(f"{vendor.account}_name")
    if vendor.default_account:
        own_id, own_name = map(literal, vendor.default_account)
        account_name = f"CASE WHEN {account_id} IS NULL THEN {own_name} ELSE {account_name} END"
        account_id = f"coalesce({account_id}, {own_id})"
    kind = looked_up(text("token_type"), vendor.token_words, otherwise=text("token_type"))
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        "billing_period": month,
        "billing_period_start": f"CAST({month} AS TIMESTAMP)",
        "billing_period_end": f"CAST({month} + INTERVAL 1 MONTH AS TIMESTAMP)",
        "billing_currency": f"upper({text('currency')})",
        # A charge needs a billing account; who does not tell its organization has but one of them.
        "billing_account_id": f"coalesce({text('organization_id')}, {name})",
        "billing_account_name": text("organization_name"),
        "billing_account_type": "'Organization'",
        "sub_account_id": account_id,
        "sub_account_name": account_name,
        "sub_account_type": f"CASE WHEN {account_id} IS NOT NULL THEN {literal(vendor.account.capitalize())} END",
        "invoice_issuer_name": name,
        "host_provider_name": name,
        "service_provider_name": name,
        "service_name": literal(vendor.service),
        "service_category": "'AI and Machine Learning'",
        "service_subcategory": "'Generative AI'",
        "region_id": f"nullif({text('region')}, 'not_available')",
        "charge_category": f"CASE WHEN {IS_CREDIT} IS NULL THEN 'Usage' ELSE 'Credit' END",
        "charge_frequency": f"CASE WHEN {IS_CREDIT} IS NULL THEN 'Usage-Based' ELSE 'One-Time' END",
        "pricing_category": f"CASE WHEN {IS_CREDIT} IS NULL THEN 'Standard' END",
        "sku_meter": _meter(fields, kind),
        # Rules that share costs out can look at these two.
        "x_service_code": text("model"),
        "x_operation": f"coalesce({kind}, {text('cost_type')})",
        "tags": "NULL::VARCHAR",
        "is_dropped": "FALSE",
    }


def _meter(fields: _Fields, kind: str) -> str:
    """Return what is counted: the model and the kind of token, else what the line is called."""
    named = f"{fields.text('model')} IS NOT NULL AND {kind} IS NOT NULL"
    whole = f"concat_ws(', ', {fields.text('model')}, {kind})"
    return f"CASE WHEN {named} THEN {whole} ELSE coalesce({fields.text('description')}, nullif({whole}, '')) END"


def _rows(fields: _Fields) -> dict[str, str]:
    cost, end = f"n_{COST}", fields.text("period_end")
    is_counted = "e_charge_category = 'Usage'"
    quantity = "n_quantity" if "quantity" in fields.names else "NULL::DECIMAL(38,18)"
    unit = f"CASE WHEN {quantity} IS NOT NULL THEN coalesce({fields.text('unit')}, 'Units') END"
    return {
        # No report tells list prices; FOCUS has both of these filled all the same, and then equal to what is billed.
        **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), cost),
        "charge_description": f"coalesce({fields.text('description')}, e_sku_meter)",
        "charge_period_start": "t_period_start",
        "charge_period_end": (
            f"CASE WHEN {end} IS NULL THEN t_period_start + INTERVAL 1 DAY ELSE t_period_end END"
            if "period_end" in fields.names
            else "t_period_start + INTERVAL 1 DAY"
        ),
        "consumed_quantity": f"CASE WHEN {is_counted} THEN {quantity} END",
        "consumed_unit": f"CASE WHEN {is_counted} THEN {unit} END",
        "pricing_quantity": f"CASE WHEN {is_counted} THEN {quantity} END",
        "pricing_unit": f"CASE WHEN {is_counted} THEN {unit} END",
        "sku_id": f"coalesce({fields.text('description')}, e_sku_meter)",
    }


def _kept(vendor: Vendor, fields: _Fields) -> dict[str, str]:
    told = ("model", "token_type", "service_tier", "context_window", "cost_type")
    carried = {*vendor.columns} - {*told}
    return {
        "x_service_code": "e_x_service_code",
        "x_operation": "e_x_operation",
        **{f"x_{name}": fields.text(name) for name in told},
        **{f"x_{name}": quoted(name) for name in sorted(fields.names - carried - {*told})},
    }
