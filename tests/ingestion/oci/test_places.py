"""Which of Oracle's reports make up a bill, by where they lie."""

from __future__ import annotations

from datetime import date

import pytest

from ingestion.delivery import DeliveredFile, DeliveryError
from ingestion.oci.places import deliveries

COST = "reports/cost-csv/0001000000670898.csv.gz"
USAGE = "reports/usage-csv/0001000000670897.csv.gz"
FIRST = "FOCUS Reports/2026/10/31/0001.csv.gz"
SECOND = "FOCUS Reports/2026/11/01/0002.csv.gz"


def found(*paths: str, place: str = "", sizes: tuple[int, ...] = ()):
    files = [
        DeliveredFile(path=path, size=sizes[number] if sizes else number, version=f"{number}")
        for number, path in enumerate(paths)
    ]
    return deliveries(files, place=place)


def told(*paths: str, place: str = ""):
    return [
        (delivery.name, delivery.billing_period, [file.path for file in delivery.files])
        for delivery in found(*paths, place=place)
    ]


def test_all_cost_reports_together_are_one_delivery_of_months_that_only_rows_tell():
    later = "reports/cost-csv/0001000000999999.csv.gz"

    assert told(COST, later) == [("all cost reports", None, [COST, later])]


def test_a_single_report_goes_by_its_name():
    assert told(COST) == [(COST, None, [COST])]


def test_focus_reports_are_a_delivery_for_each_month_of_their_folders():
    other = "FOCUS Reports/2026/10/05/0003.csv.gz"

    assert told(other, FIRST, SECOND) == [
        ("FOCUS reports of 2026-10", date(2026, 10, 1), [other, FIRST]),
        (SECOND, date(2026, 11, 1), [SECOND]),
    ]
    assert [file.dataset for delivery in found(other, FIRST, SECOND) for file in delivery.files] == [
        "2026-10",
        "2026-10",
        "2026-11",
    ]


@pytest.mark.parametrize("place", ["FOCUS Reports", "copies/FOCUS Reports/", "/bills/focus reports"])
def test_focus_reports_are_known_by_the_place_too(place):
    assert told("2026/10/31/1.csv.gz", "2026/11/01/2.csv.gz", place=place) == [
        ("2026/10/31/1.csv.gz", date(2026, 10, 1), ["2026/10/31/1.csv.gz"]),
        ("2026/11/01/2.csv.gz", date(2026, 11, 1), ["2026/11/01/2.csv.gz"]),
    ]


def test_focus_reports_without_folders_of_days_are_read_together():
    assert told("a.csv.gz", "b.csv.gz", place="FOCUS Reports") == [
        ("all FOCUS reports", None, ["a.csv.gz", "b.csv.gz"])
    ]


def test_folders_of_days_say_nothing_of_reports_that_nobody_calls_focus():
    assert told("2026/10/31/1.csv.gz", "2026/11/01/2.csv.gz") == [
        ("all cost reports", None, ["2026/10/31/1.csv.gz", "2026/11/01/2.csv.gz"])
    ]


def test_usage_reports_are_left_out_and_told_once():
    (delivery,) = found(COST, USAGE, "reports/usage-csv/2.csv.gz", "notes.txt")

    assert [file.path for file in delivery.files] == [COST]
    assert [(finding.code, finding.severity, finding.message) for finding in delivery.findings] == [
        ("file_ignored", "warning", f"notes.txt is no data file of {COST} and was left out."),
        ("usage_reports", "info", f"2 usage reports, such as {USAGE}, were left out: they carry no cost."),
    ]


def test_what_was_left_out_is_told_with_the_first_of_several_months():
    first, second = found(FIRST, SECOND, USAGE)

    assert [finding.code for finding in first.findings] == ["usage_reports"]
    assert second.findings == ()


def refused(*paths: str, place: str = "", sizes: tuple[int, ...] = ()) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        found(*paths, place=place, sizes=sizes)
    return error.value


@pytest.mark.parametrize(
    ("path", "place"), [(USAGE, ""), ("0001.csv.gz", "reports/usage-csv"), ("usage-csv/0001.csv.gz", "/bills/reports")]
)
def test_only_usage_reports_are_no_bill(path, place):
    error = refused(path, place=place)

    assert str(error) == f"There are only usage reports such as {path}, which carry no cost. Take reports/cost-csv."


def test_cost_reports_and_focus_reports_are_not_read_together():
    error = refused(COST, FIRST)

    assert error.code == "told_twice"
    assert str(error) == (
        f"Both {COST} and {FIRST} are here, and cost reports and FOCUS reports tell the same costs. Name the folder or"
        " prefix of one of both, reports/cost-csv or FOCUS Reports."
    )


def test_a_report_and_its_copy_do_not_count_twice():
    copy = "copies/0001000000670898.csv.gz"

    assert refused(COST, copy, sizes=(7, 7)).code == "report_twice"
    assert len(found(COST, copy, sizes=(7, 8))[0].files) == 2


def test_a_focus_report_beside_the_folders_of_days_is_not_guessed_at():
    error = refused(FIRST, "FOCUS Reports/0009.csv.gz")

    assert error.code == "ambiguous_reports"
    assert "FOCUS Reports/0009.csv.gz lies in no folder of a day" in str(error)


def test_an_empty_place_has_no_bill():
    assert found() == ()
