"""What holds for every bill: totals as Python's csv and decimal see them, and no failure but a refusal."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.focus.columns import snake_case
from ingestion.focus.findings import RejectedBillError
from ingestion.normalize import NormalizedDelivery
from tests.ingestion.normalize.bills import Bench, csv_text, focus_rows

EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
QUICK = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(QUICK, max_examples=3_000)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12)
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=18, allow_nan=False) | st.integers(-9, 9).map(
    Decimal
)
charges = st.fixed_dictionaries(
    {
        "BilledCost": amounts.map(lambda amount: format(amount, "f")),
        "EffectiveCost": amounts.map(lambda amount: format(amount, "f")),
        "BillingCurrency": st.sampled_from(["EUR", "USD", "JPY"]),
        "ServiceName": texts,
        "BillingAccountId": texts,
    }
)
changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "delete", "insert", "cut"]), st.floats(0, 1, exclude_max=True), st.integers(0, 255)
    ),
    min_size=1,
    max_size=4,
)
VALID = csv_text(
    focus_rows({"BilledCost": "12.34"}, {"ServiceName": 'a,"b"\nc', "BillingCurrency": "USD"}, {"BilledCost": "-0.5"})
).encode()


def imported(content: bytes) -> NormalizedDelivery:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        return bench.normalized("focus", bench.archived(content))


def billed(delivery: NormalizedDelivery, column: str = "billed_cost") -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for bill in delivery.bills:
        for currency, totals in bill.totals.items():
            sums[currency] = EXACT.add(sums[currency], getattr(totals, column))
    return dict(sums)


def read_independently(content: bytes, column: str = "BilledCost") -> dict[str, Decimal]:
    """Sum a column by currency with nothing but the standard library, rounded as the documentation says.

    Only titles are read as imports read them: by their words, whatever stands around and between these.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for told in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        row = {snake_case(title): value for title, value in told.items() if title is not None}
        amount = EXACT.create_decimal(row[snake_case(column)]).quantize(Decimal("1e-18"), context=EXACT)
        currency = row.get("billing_currency", "XXX")  # without the column: no currency, and a loud warning
        sums[currency] = EXACT.add(sums[currency], amount)
    return dict(sums)


def damaged(content: bytes, how: list[tuple[str, float, int]]) -> bytes:
    body = bytearray(content)
    for kind, place, byte in how:
        at = int(place * len(body)) if body else 0
        if kind == "insert":
            body.insert(at, byte)
        elif kind == "cut":
            del body[at:]
        elif body and kind == "delete":
            del body[at]
        elif body:
            body[at] ^= byte or 1
    return bytes(body)


def totals_are_those_of_the_file(rows: list[dict[str, str]]) -> None:
    content = csv_text(focus_rows(*rows)).encode()

    delivery = imported(content)

    assert billed(delivery) == billed(delivery, "source") == read_independently(content)
    assert billed(delivery, "effective_cost") == read_independently(content, "EffectiveCost")
    assert delivery.row_counts == (len(rows),)


def is_refused_or_right(how: list[tuple[str, float, int]]) -> None:
    content = damaged(VALID, how)
    try:
        delivery = imported(content)
    except RejectedBillError:
        return
    try:
        expected = read_independently(content)
    except (InvalidOperation, KeyError) as error:
        pytest.fail(f"{content!r} was accepted, yet {error!r}")
    assert billed(delivery) == expected


@QUICK
@given(st.lists(charges, min_size=1, max_size=12))
def test_totals_are_those_of_the_file(rows: list[dict[str, str]]):
    totals_are_those_of_the_file(rows)


@pytest.mark.slow
@MANY
@given(st.lists(charges, min_size=1, max_size=12))
def test_totals_are_those_of_thousands_of_files(rows: list[dict[str, str]]):
    totals_are_those_of_the_file(rows)


@settings(QUICK, max_examples=150)
@given(changes)
def test_a_damaged_file_is_refused_or_read_right(how: list[tuple[str, float, int]]):
    is_refused_or_right(how)


@pytest.mark.slow
@MANY
@given(changes)
def test_thousands_of_damaged_files_are_refused_or_read_right(how: list[tuple[str, float, int]]):
    is_refused_or_right(how)
