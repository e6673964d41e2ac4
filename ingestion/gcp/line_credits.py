"""The credits of a line of Google Cloud's billing export. Pure.

Source: `credits` of the export's schema (see `ingestion.gcp.fields`): a JSON array whose amounts are negative. Google's
own FOCUS view adds all of them to the cost. Here a promotion, which pays for use as money would, is a charge of its own
of the category Credit, as FOCUS 1.4, ChargeCategory, has it; discounts on the price stay in the line.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.expressions import DECIMAL, NUMBER, ODD_NUMBER, exact_decimal, exact_json, literal
from ingestion.normalize.plan import DerivedColumn

CREDITS: Final = "credits"
READABLE: Final = "x_credits_readable"
KIND: Final = "x_credit_kind"
CREDITED: Final = "x_credited"
PROMOTIONS: Final = "x_promotions"
COMMITMENT: Final = "x_commitment"
PROMOTION: Final = "PROMOTION"
USAGE_COMMITMENTS: Final = ("COMMITTED_USAGE_DISCOUNT",)
SPEND_COMMITMENTS: Final = ("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "FEE_UTILIZATION_OFFSET")
COMMITMENTS: Final = (*USAGE_COMMITMENTS, *SPEND_COMMITMENTS)
UNREADABLE: Final = "unreadable"
EXACT: Final = "x_credits_exact"
AMOUNTS: Final = "x_credit_amounts"


def derived(*, subscription: str) -> tuple[DerivedColumn, ...]:
    """Return the columns worked out of the credits.

    `x_credits_exact` are the credits, if any, with texts for numbers that the engine would round; `x_credit_amounts`
    the texts of their amounts, of all at once, which costs less than looking at each; `x_credits_readable` is `yes` or
    `no`, or null without credits, and spares the others from finding out again;
    `x_credit_kind` is `usage` or `spend` where a commitment of that kind discounts the line, `other`, `unreadable`, or
    null without credits; `x_credited` is the sum of all credits, `x_promotions` that of promotions among them;
    `x_commitment` names the commitment. `subscription` is the expression of the subscription's id.
    """
    return tuple(
        DerivedColumn(name=name, title=CREDITS, sql=sql)
        for name, sql in {
            EXACT: f"CASE WHEN NOT ({_is_none()}) THEN {exact_json(CREDITS)} END",
            AMOUNTS: f"CASE WHEN json_valid({EXACT}) THEN json_extract_string({EXACT}, '$[*].amount') END",
            READABLE: f"CASE WHEN {_is_none()} THEN NULL WHEN {_is_readable()} THEN 'yes' ELSE 'no' END",
            KIND: _kind(),
            CREDITED: _when_readable(_sum(AMOUNTS)),
            PROMOTIONS: _when_readable(_where_named(_sum(_promotions()), PROMOTION, otherwise="'0'")),
            COMMITMENT: f"coalesce({subscription}, {_when_readable(_where_named(_commitment(), *COMMITMENTS))})",
        }.items()
    )


def _of(field: str) -> str:
    return f"json_extract_string(credit, {literal('$.' + field)})"


def _list() -> str:
    return f"CAST({EXACT} AS JSON[])"


def _is_none() -> str:
    return f"{CREDITS} IS NULL OR {CREDITS} = '[]'"


def _is_readable() -> str:
    # In a CASE, since an AND does not keep what follows from being worked out.
    is_number = f"lambda amount: regexp_matches(amount, {literal(NUMBER)})"
    return (
        f"CASE WHEN {AMOUNTS} IS NULL THEN FALSE WHEN json_type({CREDITS}) <> 'ARRAY' THEN FALSE"
        f" WHEN list_count({AMOUNTS}) <> json_array_length({CREDITS}) THEN FALSE"
        f" ELSE list_bool_and(list_transform({AMOUNTS}, {is_number})) END"
    )


def _when_readable(sql: str) -> str:
    return f"CASE WHEN {READABLE} = 'yes' THEN {sql} END"


def _where_named(sql: str, *types: str, otherwise: str = "NULL") -> str:
    """Return an expression over credits of some types, which is worked out only where one may be named.

    Looking for a word in a text is cheap beside reading its JSON, which may write any letter behind a backslash.
    """
    may_be = " OR ".join(f"contains({CREDITS}, {literal(word)})" for word in (*types, "\\"))
    return f"CASE WHEN {may_be} THEN {sql} ELSE {otherwise} END"


def _kind() -> str:
    types = f"json_extract_string({CREDITS}, '$[*].type')"
    usage, spend = (
        f"list_has_any({types}, [{', '.join(map(literal, words))}])" for words in (USAGE_COMMITMENTS, SPEND_COMMITMENTS)
    )
    named = f"CASE WHEN {usage} THEN 'usage' WHEN {spend} THEN 'spend' ELSE 'other' END"
    return (
        f"CASE WHEN {READABLE} IS NULL THEN NULL WHEN {READABLE} = 'no' THEN {literal(UNREADABLE)}"
        f" ELSE {_where_named(named, *COMMITMENTS, otherwise=literal('other'))} END"
    )


def _sum(texts: str) -> str:
    # The exact way has many patterns, which the engine compiles for every batch of rows that comes here.
    is_odd = f"regexp_matches(array_to_string({texts}, '|'), {literal(ODD_NUMBER)})"
    exact = f"list_sum(list_transform({texts}, lambda amount: {exact_decimal('amount')}))"
    plain = f"list_sum(CAST({texts} AS {DECIMAL}[]))"
    return f"CAST(coalesce(CASE WHEN {is_odd} THEN {exact} ELSE {plain} END, 0) AS VARCHAR)"


def _promotions() -> str:
    chosen = f"list_filter({_list()}, lambda credit: coalesce({_of('type')} = {literal(PROMOTION)}, FALSE))"
    return f"list_transform({chosen}, lambda credit: {_of('amount')})"


def _commitment() -> str:
    words = ", ".join(map(literal, COMMITMENTS))
    of_commitments = f"list_filter({_list()}, lambda credit: coalesce({_of('type')} IN ({words}), FALSE))"
    named = f"list_transform({of_commitments}, lambda credit: coalesce({_of('id')}, {_of('name')}))"
    return f"{named}[1]"
