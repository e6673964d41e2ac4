"""What every bill keeps: order, exact amounts, its sums, and itself when it comes twice."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.normalize import NormalizedDelivery
from tests.ingestion.normalize.bills import Bench, csv_text, decimals, focus_rows, gzipped, values


def moment(*parts: int) -> datetime:
    return datetime(*parts)


def digests(delivery: NormalizedDelivery) -> dict[str, str]:
    files = [path for bill in delivery.bills for path in sorted(bill.folder.iterdir())]
    return {f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("1", "1"),
        ("-0.50", "-0.5"),
        ("+3.", "3"),
        (".5", "0.5"),
        ("1.5E-3", "0.0015"),
        ("-2.5e2", "-250"),
        ("1E-18", "0.000000000000000001"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ("0.0000000000000000025", "0.000000000000000002"),
        ("0.0000000000000000035", "0.000000000000000004"),
        ("-0.0000000000000000035", "-0.000000000000000004"),
        ("0.00000000000000000251", "0.000000000000000003"),
        ("4E-19", "0"),
    ],
)
def test_an_amount_is_stored_exactly_or_rounded_half_to_even(bench: Bench, text: str, stored: str):
    delivery = bench.focus({"BilledCost": text})

    assert values(delivery, "billed_cost") == decimals(stored)


def test_the_difference_that_rounding_makes_is_told_exactly_by_currency(bench: Bench):
    # EUR: 2.5 -> 2, 3.5 -> 4, 0.4 -> 0 and once more 0.4 -> 0, in 10^-18: -0.5 + 0.5 - 0.4 - 0.4 = -0.8.
    # USD: -0.6 -> -1: -0.4.
    delivery = bench.focus(
        {},
        {"BilledCost": "0.0000000000000000025"},
        {"BilledCost": "0.0000000000000000035"},
        {"BilledCost": "4E-19"},
        {"BilledCost": "4E-19"},
        {"BilledCost": "-0.0000000000000000006", "BillingCurrency": "USD"},
    )

    assert [(finding.code, finding.row, finding.column) for finding in delivery.findings] == [
        ("rounded", 2, "BilledCost"),
        ("rounded", 6, "BilledCost"),
    ]
    assert "4 rows of bill.csv in EUR" in delivery.findings[0].message
    assert " by -0.0000000000000000008 in all." in delivery.findings[0].message
    assert "1 rows of bill.csv in USD" in delivery.findings[1].message
    assert " by -0.0000000000000000004 in all." in delivery.findings[1].message
    totals = delivery.bills[0].totals
    # 1.5 + 2e-18 + 4e-18.
    assert totals["EUR"].billed_cost == totals["EUR"].source == Decimal("1.500000000000000006")
    assert totals["USD"].billed_cost == Decimal("-0.000000000000000001")


def test_rounding_beyond_18_digits_is_told(bench: Bench):
    delivery = bench.focus({}, {"BilledCost": "0.0000000000000000025"})

    (finding,) = delivery.findings
    assert (finding.code, finding.severity, finding.row, finding.column) == ("rounded", "warning", 2, "BilledCost")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-10-05T10:00:00Z", moment(2026, 10, 5, 10)),
        ("2026-10-05 10:00:00", moment(2026, 10, 5, 10)),
        ("2026-10-05", moment(2026, 10, 5)),
        ("2026-10-05T10:00:00.000Z", moment(2026, 10, 5, 10)),
        ("2026-10-05T10:00:00+02:00", moment(2026, 10, 5, 8)),
        ("2026-10-05 22:00:00-05:00", moment(2026, 10, 6, 3)),
        ("2026-10-05 10:00:00 UTC", moment(2026, 10, 5, 10)),
        ("2026-10-05T30:00:00Z", moment(2026, 10, 6, 6)),
    ],
)
def test_a_moment_is_stored_in_utc(bench: Bench, text: str, stored: datetime):
    delivery = bench.focus({"ChargePeriodStart": text}, {})

    assert values(delivery, "charge_period_start")[0] == (stored,)


def test_rows_keep_the_order_and_place_they_have_in_their_files(bench: Bench):
    first = bench.archived(csv_text(focus_rows(*({"BilledCost": str(n)} for n in range(5000)))), name="b.csv")
    second = bench.archived(csv_text(focus_rows({"BilledCost": "-1"}, {"BilledCost": "-2"})), name="a.csv")

    delivery = bench.normalized("focus", first, second)

    assert delivery.row_counts == (5000, 2)
    expected = [(0, n + 1, Decimal(n)) for n in range(5000)] + [(1, 1, Decimal(-1)), (1, 2, Decimal(-2))]
    assert values(delivery, "x_file_number, x_row_number, billed_cost") == expected


def test_the_same_bill_twice_gives_the_same_bytes(bench: Bench):
    changes = [{"ServiceName": f"service {n % 7}", "Tags": f'{{"team":"t{n % 11}"}}'} for n in range(500)]

    assert digests(bench.focus(*changes)) == digests(bench.focus(*changes))


def test_packed_and_plain_files_give_the_same_charges(bench: Bench):
    text = csv_text(focus_rows({}, {"BilledCost": "7"}))

    plain = bench.normalized("focus", bench.archived(text))
    packed = bench.normalized("focus", bench.archived(gzipped(text) + gzipped("")))
    windows = bench.normalized("focus", bench.archived(("\ufeff" + text).replace("\n", "\r\n")))

    assert values(plain, "*") == values(packed, "*") == values(windows, "*")


def test_cells_with_line_breaks_quotes_and_separators_stay_whole(bench: Bench):
    name = 'a "b",\nc\x1fd\x1e'

    delivery = bench.focus({"ServiceName": name}, {"ServiceName": "\x1e"}, {"ServiceName": ""})

    assert values(delivery, "service_name") == [(name,), ("\x1e",), (None,)]


def test_combinations_that_only_join_alike_stay_apart(bench: Bench):
    delivery = bench.focus(
        {"ServiceName": "a\x1fb", "ServiceCategory": "c"}, {"ServiceName": "a", "ServiceCategory": "b\x1fc"}
    )

    assert values(delivery, "service_name, service_category") == [("a\x1fb", "c"), ("a", "b\x1fc")]


def test_columns_that_say_the_same_are_each_stored_in_full(bench: Bench):
    # Category follows from name, and the account is the same throughout: the name alone tells the entries apart.
    delivery = bench.focus(
        {"ServiceName": "a", "ServiceCategory": "x"},
        {"ServiceName": "b", "ServiceCategory": "y"},
        {"ServiceName": "a", "ServiceCategory": "x"},
    )

    assert values(delivery, "billing_account_id, service_name, service_category") == [
        ("a-1", "a", "x"),
        ("a-1", "b", "y"),
        ("a-1", "a", "x"),
    ]


def test_a_column_of_more_texts_than_a_word_list_holds_is_stored_in_full(bench: Bench):
    names = [f"service {number}" for number in range(5_001)]

    delivery = bench.focus(*({"ServiceName": name} for name in names))

    assert values(delivery, "service_name") == [(name,) for name in names]


def test_attribute_sets_are_numbered_in_sorted_order_and_daily_sums_follow_them(bench: Bench):
    delivery = bench.focus(
        {"ServiceName": "Zeta", "BilledCost": "1"},
        {"ServiceName": "Alpha", "BilledCost": "2"},
        {"ServiceName": "Zeta", "BilledCost": "4", "ListCost": ""},
        {"ServiceName": "Zeta", "BilledCost": "8", "ChargePeriodStart": "2026-10-06T00:00:00Z"},
    )

    sets = values(delivery, "attribute_set_id, service_name, tags", file="attribute_sets")
    assert sets == [(0, "Alpha", '{"team":"pay"}'), (1, "Zeta", '{"team":"pay"}')]
    assert values(delivery, "x_attribute_set_id") == [(1,), (0,), (1,), (1,)]
    columns = "charge_date, attribute_set_id, billing_currency, billed_cost, list_cost, charge_count"
    assert values(delivery, columns, file="daily") == [
        (date(2026, 10, 5), 0, "EUR", Decimal(2), Decimal(2), 1),
        (date(2026, 10, 5), 1, "EUR", Decimal(5), Decimal(2), 2),
        (date(2026, 10, 6), 1, "EUR", Decimal(8), Decimal(2), 1),
    ]


def test_only_the_wanted_tag_keys_tell_attribute_sets_apart(bench: Bench):
    rows = focus_rows({"Tags": '{"team":"a","Name":"1"}'}, {"Tags": '{"Name":"2","team":"a"}'}, {"Tags": "oops"})

    delivery = bench.normalized("focus", bench.archived(csv_text(rows)), tag_keys=frozenset({"team"}))

    assert values(delivery, "tags", file="attribute_sets") == [(None,), ('{"team":"a"}',)]
    assert values(delivery, "tags, x_attribute_set_id") == [
        ('{"Name":"1","team":"a"}', 1),
        ('{"Name":"2","team":"a"}', 1),
        (None, 0),
    ]
    assert [finding.code for finding in delivery.findings] == ["tags_unreadable"]


def test_a_tag_key_with_thousands_of_values_is_left_out_by_itself(bench: Bench):
    delivery = bench.focus(*({"Tags": f'{{"Name":"n{n}","team":"t{n % 3}"}}'} for n in range(2001)))

    assert values(delivery, "tags", file="attribute_sets") == [
        ('{"team":"t0"}',),
        ('{"team":"t1"}',),
        ('{"team":"t2"}',),
    ]


def test_each_currency_has_its_own_totals(bench: Bench):
    delivery = bench.focus({"BilledCost": "1"}, {"BilledCost": "2", "BillingCurrency": "USD"}, {"BilledCost": "-3"})

    totals = delivery.bills[0].totals
    assert {currency: (total.source, total.billed_cost) for currency, total in totals.items()} == {
        "EUR": (Decimal(-2), Decimal(-2)),
        "USD": (Decimal(2), Decimal(2)),
    }


def test_files_may_differ_in_their_columns(bench: Bench):
    wide = [{**row, "Project Name": "p", "x_Kept": "k"} for row in focus_rows({})]

    delivery = bench.normalized(
        "focus", bench.archived(csv_text(wide), name="1.csv"), bench.archived(csv_text(focus_rows({})), name="2.csv")
    )

    assert values(delivery, "x_project_name, x_kept") == [("p", "k"), (None, None)]


def test_provider_and_publisher_of_old_versions_become_host_and_service_provider(bench: Bench):
    rows = [{**row, "ProviderName": "AWS", "PublisherName": "Snow"} for row in focus_rows({})]

    delivery = bench.normalized("focus", bench.archived(csv_text(rows)))

    columns = "service_provider_name, host_provider_name, invoice_issuer_name, x_source_provider_name"
    assert values(delivery, columns) == [("Snow", "AWS", "Example Cloud", "AWS")]


def test_nothing_is_left_in_the_temporary_folder(bench: Bench, tmp_path: Path):
    bench.focus({})

    assert list((tmp_path / "temp").iterdir()) == []


def test_a_charge_that_does_not_end_or_ends_before_it_starts_is_told(bench: Bench):
    delivery = bench.focus(
        {},
        {"ChargePeriodEnd": ""},
        {"ChargePeriodEnd": "2026-10-04T23:00:00Z"},
        {"ChargePeriodEnd": ""},
    )

    assert [(found.code, found.severity, found.file, found.row, found.column) for found in delivery.findings] == [
        ("charge_end_missing", "warning", "bill.csv", 2, "ChargePeriodEnd"),
        ("charge_end_early", "warning", "bill.csv", 3, "ChargePeriodEnd"),
    ]
    assert "in 2 rows of bill.csv, first in row 2" in delivery.findings[0].message


def test_a_json_column_that_holds_none_is_left_empty_and_told(bench: Bench):
    rows = [
        {**row, "SkuPriceDetails": text}
        for row, text in zip(focus_rows({}, {}, {}), ['{"b": 1, "a": "x"}', "", "{oops"], strict=True)
    ]

    delivery = bench.normalized("focus", bench.archived(csv_text(rows)))

    stored = [text for (text,) in values(delivery, "sku_price_details")]
    assert stored[1:] == [None, None]
    (finding,) = delivery.findings
    assert (finding.code, finding.severity, finding.row, finding.column) == (
        "json_unreadable",
        "warning",
        3,
        "SkuPriceDetails",
    )


def test_what_is_told_by_the_month_does_not_say_how_far_a_bill_reaches(bench: Bench):
    monthly = {"ChargePeriodStart": "2026-10-01T00:00:00Z", "ChargePeriodEnd": "2026-11-01T00:00:00Z"}
    daily = {"ChargePeriodStart": "2026-10-07T00:00:00Z", "ChargePeriodEnd": "2026-10-08T00:00:00Z"}
    endless = {"ChargePeriodStart": "2026-10-09T00:00:00Z", "ChargePeriodEnd": ""}

    assert [bill.charges_through for bill in bench.focus(monthly).bills] == [None]
    assert [bill.charges_through for bill in bench.focus(monthly, daily).bills] == [date(2026, 10, 7)]
    assert [bill.charges_through for bill in bench.focus(daily, endless).bills] == [date(2026, 10, 9)]
