"""AWS Data Exports (CUR 2.0, FOCUS): data and metadata folders, overwritten or by execution."""

from __future__ import annotations

from datetime import date

from tests.ingestion.delivery.trees import deliveries, paths, write, write_export

DATA = "exports/cur2/data/BILLING_PERIOD=2026-10"
METADATA = "exports/cur2/metadata/BILLING_PERIOD=2026-10"
EARLY = "2026-10-09T06:00:00.000Z-0a11b2c3-0000-4000-8000-000000000001"
LATE = "2026-10-10T06:00:00.000Z-00000000-0000-4000-8000-000000000002"


def overwritten(root, month="2026-10"):
    data = f"exports/cur2/data/BILLING_PERIOD={month}/cur2-00001.csv.gz"
    write(root, data)
    write_export(root, f"exports/cur2/metadata/BILLING_PERIOD={month}/cur2-Manifest.json", [f"s3://bills/{data}"])
    return root


def executed(root, *executions):
    for execution in executions:
        write(root, f"{DATA}/{execution}/cur2-00001.csv.gz")
        write_export(
            root, f"{METADATA}/{execution}/cur2-Manifest.json", [f"s3://bills/{DATA}/{execution}/cur2-00001.csv.gz"]
        )
    return root


def test_each_month_of_an_overwritten_export_is_a_delivery(tmp_path):
    overwritten(overwritten(tmp_path, "2026-11"))

    october, november = deliveries(tmp_path)

    assert october.name == f"{METADATA}/cur2-Manifest.json"
    assert october.manifest == "data_export"
    assert (october.billing_period, november.billing_period) == (date(2026, 10, 1), date(2026, 11, 1))
    assert paths(october) == [f"{DATA}/cur2-00001.csv.gz"]
    assert paths(november) == ["exports/cur2/data/BILLING_PERIOD=2026-11/cur2-00001.csv.gz"]
    assert october.ignored == november.ignored == ()


def test_what_a_longer_earlier_export_left_behind_is_ignored(tmp_path):
    write(overwritten(tmp_path), f"{DATA}/cur2-00002.csv.gz")

    (found,) = deliveries(tmp_path)

    assert found.ignored == (f"{DATA}/cur2-00002.csv.gz",)


def test_a_missing_chunk_keeps_the_delivery_waiting(tmp_path):
    (overwritten(tmp_path) / DATA / "cur2-00001.csv.gz").unlink()

    (found,) = deliveries(tmp_path)

    assert not found.is_complete
    assert found.missing == (f"{DATA}/cur2-00001.csv.gz",)


def test_the_newest_execution_is_in_force_by_its_time_and_earlier_ones_are_history(tmp_path):
    (found,) = deliveries(executed(tmp_path, LATE, EARLY))

    assert found.name == f"{METADATA}/cur2-Manifest.json"
    assert paths(found) == [f"{DATA}/{LATE}/cur2-00001.csv.gz"]
    assert found.ignored == ()


def test_an_execution_still_being_written_does_not_count_yet(tmp_path):
    write(executed(tmp_path, EARLY), f"{DATA}/{LATE}/cur2-00001.csv.gz")

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{DATA}/{EARLY}/cur2-00001.csv.gz"]
    assert found.is_complete
    assert found.ignored == ()


def test_a_file_missing_from_the_newest_execution_is_not_taken_from_an_earlier_one(tmp_path):
    (executed(tmp_path, EARLY, LATE) / DATA / LATE / "cur2-00001.csv.gz").unlink()

    (found,) = deliveries(tmp_path)

    assert found.files == ()
    assert found.missing == (f"{DATA}/{LATE}/cur2-00001.csv.gz",)


def test_an_execution_without_time_in_its_name_may_be_named_by_the_months_own_manifest(tmp_path):
    write(tmp_path, f"{DATA}/run-b/cur2-00001.csv.gz", f"{DATA}/run-b/cur2-00002.csv.gz")
    write_export(tmp_path, f"{METADATA}/cur2-Manifest.json", [f"s3://bills/{DATA}/run-b/cur2-00001.csv.gz"])

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{DATA}/run-b/cur2-00001.csv.gz"]
    assert found.ignored == (f"{DATA}/run-b/cur2-00002.csv.gz",)


def test_an_execution_that_has_its_own_manifest_is_history_whatever_its_name(tmp_path):
    executed(tmp_path, "run-a", "run-b")
    write_export(tmp_path, f"{METADATA}/cur2-Manifest.json", [f"s3://bills/{DATA}/run-b/cur2-00001.csv.gz"])

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{DATA}/run-b/cur2-00001.csv.gz"]
    assert found.ignored == ()


def test_a_month_whose_manifest_is_still_to_come_waits_for_it(tmp_path):
    write(overwritten(tmp_path), "exports/cur2/data/BILLING_PERIOD=2026-11/cur2-00001.csv.gz")

    _, november = deliveries(tmp_path)

    assert november.billing_period == date(2026, 11, 1)
    assert november.files == ()
    assert november.missing == ("exports/cur2/metadata/BILLING_PERIOD=2026-11/cur2-Manifest.json",)


def test_another_export_beside_it_without_manifests_is_a_delivery_of_its_own(tmp_path):
    write(overwritten(tmp_path), "exports/focus/data/BILLING_PERIOD=2026-10/focus-00001.snappy.parquet")

    cur2, focus = deliveries(tmp_path)

    assert cur2.manifest == "data_export"
    assert focus.manifest == "none"
    assert focus.name == "exports/focus/data/BILLING_PERIOD=2026-10"
    assert paths(focus) == ["exports/focus/data/BILLING_PERIOD=2026-10/focus-00001.snappy.parquet"]


def test_a_copy_may_start_inside_the_export(tmp_path):
    (found,) = deliveries(overwritten(tmp_path) / "exports" / "cur2")

    assert paths(found) == ["data/BILLING_PERIOD=2026-10/cur2-00001.csv.gz"]
    assert found.billing_period == date(2026, 10, 1)


def test_a_copy_may_lie_in_a_folder_named_for_the_bucket(tmp_path):
    overwritten(tmp_path / "bills")

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"bills/{DATA}/cur2-00001.csv.gz"]


def test_partitions_may_be_written_in_small_letters(tmp_path):
    data = "exports/cur2/data/billing_period=2026-10/cur2-00001.csv.gz"
    write(tmp_path, data)
    write_export(tmp_path, "exports/cur2/metadata/billing_period=2026-10/cur2-Manifest.json", [f"s3://bills/{data}"])

    (found,) = deliveries(tmp_path)

    assert found.billing_period == date(2026, 10, 1)
    assert paths(found) == [data]


def test_an_export_of_no_files_is_an_empty_delivery(tmp_path):
    write_export(tmp_path, f"{METADATA}/cur2-Manifest.json", [])

    (found,) = deliveries(tmp_path)

    assert found.files == found.missing == ()
    assert found.billing_period == date(2026, 10, 1)
