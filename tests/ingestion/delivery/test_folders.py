"""Bills that come without a manifest."""

from __future__ import annotations

from datetime import date

import pytest

from ingestion.delivery import DeliveryError
from tests.ingestion.delivery.trees import deliveries, paths, write


def test_one_file_is_one_delivery_named_for_it(tmp_path):
    write(tmp_path, "focus_sample.csv")

    (found,) = deliveries(tmp_path / "focus_sample.csv")

    assert found.name == "focus_sample.csv"
    assert found.manifest == "none"
    assert found.billing_period is None
    assert paths(found) == ["focus_sample.csv"]


def test_all_data_files_of_a_folder_are_one_delivery_and_others_are_ignored(tmp_path):
    write(tmp_path, "a.csv", "b.csv.gz", "deep/c.snappy.parquet", "D.PARQUET", "notes.txt", "deep/e.ods", ".hidden.csv")

    (found,) = deliveries(tmp_path)

    assert sorted(paths(found)) == ["D.PARQUET", "a.csv", "b.csv.gz", "deep/c.snappy.parquet"]
    assert found.ignored == ("deep/e.ods", "notes.txt")


def test_each_folder_named_for_a_period_is_a_delivery(tmp_path):
    write(tmp_path, "x/BILLING_PERIOD=2026-10/a.csv", "x/BILLING_PERIOD=2026-10/b.csv", "20261101-20261201/a.csv")

    october, november = deliveries(tmp_path)

    assert (october.name, october.billing_period) == ("x/BILLING_PERIOD=2026-10", date(2026, 10, 1))
    assert paths(october) == ["x/BILLING_PERIOD=2026-10/a.csv", "x/BILLING_PERIOD=2026-10/b.csv"]
    assert (november.name, november.billing_period) == ("20261101-20261201", date(2026, 11, 1))


def test_a_december_ends_with_the_next_year(tmp_path):
    write(tmp_path, "20261201-20270101/a.csv")

    (found,) = deliveries(tmp_path)

    assert found.billing_period == date(2026, 12, 1)


@pytest.mark.parametrize("folder", ["20261001-20261201", "20261301-20261401", "BILLING_PERIOD=2026-13", "2026-10"])
def test_a_folder_whose_name_is_no_month_tells_no_period(tmp_path, folder):
    write(tmp_path, f"{folder}/a.csv")

    (found,) = deliveries(tmp_path)

    assert found.billing_period is None


def test_of_several_executions_of_a_month_only_the_newest_counts(tmp_path):
    month = "BILLING_PERIOD=2026-10"
    write(tmp_path, f"{month}/2026-10-09T06:00:00.000Z-b/a.csv", f"{month}/2026-10-10T06:00:00.000Z-a/a.csv")
    write(tmp_path, f"{month}/beside.csv")

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{month}/2026-10-10T06:00:00.000Z-a/a.csv"]
    assert found.ignored == (f"{month}/beside.csv",)


def test_executions_of_the_same_time_are_refused(tmp_path):
    write(
        tmp_path, "BILLING_PERIOD=2026-10/20261009T060000Z-a/a.csv", "BILLING_PERIOD=2026-10/20261009T060000Z-b/a.csv"
    )

    with pytest.raises(DeliveryError) as refused:
        deliveries(tmp_path)

    assert refused.value.code == "ambiguous_versions"


def test_partitions_by_day_are_parts_of_one_bill(tmp_path):
    write(tmp_path, "BILLING_PERIOD=2026-10/day=01/a.csv", "BILLING_PERIOD=2026-10/day=02/a.csv")

    (found,) = deliveries(tmp_path)

    assert len(found.files) == 2


def test_an_ignored_file_says_why_it_was_left_out(tmp_path):
    write(tmp_path, "a.csv", "notes.txt")

    (found,) = deliveries(tmp_path)

    assert [finding.message for finding in found.findings] == ["notes.txt is no data file of a.csv and was left out."]


def test_a_folder_without_data_files_holds_no_delivery(tmp_path):
    write(tmp_path, "notes.txt")

    assert deliveries(tmp_path) == ()
