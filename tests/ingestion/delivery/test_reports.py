"""The legacy AWS Cost and Usage Report, in the layouts AWS and its users leave it in."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from ingestion.delivery import DeliveryError
from tests.ingestion.delivery.trees import deliveries, paths, write, write_report

PERIOD = "bills/cur/20261001-20261101"
FIRST = "0a11b2c3-0000-4000-8000-000000000001"
SECOND = "7f3eb2c3-0000-4000-8000-000000000002"


def overwritten(root: Path) -> Path:
    write(root, f"{PERIOD}/cur-1.csv.gz", f"{PERIOD}/cur-2.csv.gz")
    write_report(root, f"{PERIOD}/cur-Manifest.json", [f"{PERIOD}/cur-2.csv.gz", f"{PERIOD}/cur-1.csv.gz"])
    return root


def versioned(root: Path) -> Path:
    for version in (FIRST, SECOND):
        write(root, f"{PERIOD}/{version}/cur-1.csv.gz")
        write_report(root, f"{PERIOD}/{version}/cur-Manifest.json", [f"{PERIOD}/{version}/cur-1.csv.gz"])
    write_report(root, f"{PERIOD}/cur-Manifest.json", [f"{PERIOD}/{SECOND}/cur-1.csv.gz"], assembly=SECOND)
    return root


def test_an_overwritten_report_is_its_manifests_files_in_its_order(tmp_path):
    (found,) = deliveries(overwritten(tmp_path))

    assert found.name == f"{PERIOD}/cur-Manifest.json"
    assert found.manifest == "cur"
    assert found.billing_period == date(2026, 10, 1)
    assert paths(found) == [f"{PERIOD}/cur-2.csv.gz", f"{PERIOD}/cur-1.csv.gz"]
    assert found.is_complete
    assert found.ignored == ()


def test_a_file_beside_the_manifest_that_it_does_not_name_is_ignored(tmp_path):
    write(overwritten(tmp_path), f"{PERIOD}/cur-3.csv.gz", f"{PERIOD}/cur-create-table.sql", f"{PERIOD}/deeper/x.csv")

    (found,) = deliveries(tmp_path)

    assert found.ignored == (f"{PERIOD}/cur-3.csv.gz", f"{PERIOD}/deeper/x.csv")
    assert [finding.code for finding in found.findings] == ["file_ignored", "file_ignored"]


def test_a_named_file_that_is_not_there_is_missing(tmp_path):
    (overwritten(tmp_path) / PERIOD / "cur-2.csv.gz").unlink()

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{PERIOD}/cur-1.csv.gz"]
    assert found.missing == (f"{PERIOD}/cur-2.csv.gz",)


def test_a_file_that_differs_in_letter_case_is_not_the_one_named(tmp_path):
    place = overwritten(tmp_path) / PERIOD
    (place / "cur-2.csv.gz").rename(place / "CUR-2.csv.gz")

    (found,) = deliveries(tmp_path)

    assert found.missing == (f"{PERIOD}/cur-2.csv.gz",)
    assert found.ignored == (f"{PERIOD}/CUR-2.csv.gz",)


def test_of_several_versions_the_one_the_top_manifest_names_is_in_force_and_others_are_history(tmp_path):
    (found,) = deliveries(versioned(tmp_path))

    assert paths(found) == [f"{PERIOD}/{SECOND}/cur-1.csv.gz"]
    assert found.ignored == ()


def test_a_top_manifest_may_put_an_older_version_back_in_force(tmp_path):
    write_report(versioned(tmp_path), f"{PERIOD}/cur-Manifest.json", [f"{PERIOD}/{FIRST}/cur-1.csv.gz"])

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{PERIOD}/{FIRST}/cur-1.csv.gz"]


def test_a_missing_file_is_never_replaced_by_its_namesake_of_another_version_or_of_the_period(tmp_path):
    (versioned(tmp_path) / PERIOD / SECOND / "cur-1.csv.gz").unlink()
    write(tmp_path, f"{PERIOD}/cur-1.csv.gz")

    (found,) = deliveries(tmp_path)

    assert found.files == ()
    assert found.missing == (f"{PERIOD}/{SECOND}/cur-1.csv.gz",)
    assert found.ignored == (f"{PERIOD}/cur-1.csv.gz",)


def test_an_unnamed_file_in_the_version_in_force_is_ignored(tmp_path):
    write(versioned(tmp_path), f"{PERIOD}/{SECOND}/cur-9.csv.gz")

    (found,) = deliveries(tmp_path)

    assert found.ignored == (f"{PERIOD}/{SECOND}/cur-9.csv.gz",)


def test_without_a_top_manifest_the_version_with_the_latest_time_is_in_force(tmp_path):
    for version in ("20261009T235959Z", "20261010T000000Z"):
        write(tmp_path, f"{PERIOD}/{version}/cur-1.csv.gz")
        write_report(tmp_path, f"{PERIOD}/{version}/cur-Manifest.json", [f"{PERIOD}/{version}/cur-1.csv.gz"])

    (found,) = deliveries(tmp_path)

    assert paths(found) == [f"{PERIOD}/20261010T000000Z/cur-1.csv.gz"]
    assert found.ignored == ()


def test_versions_without_times_and_without_a_top_manifest_are_refused(tmp_path):
    (versioned(tmp_path) / PERIOD / "cur-Manifest.json").unlink()

    with pytest.raises(DeliveryError, match="several versions") as refused:
        deliveries(tmp_path)

    assert refused.value.code == "ambiguous_versions"


@pytest.mark.parametrize("depth", ["bills", "bills/cur", PERIOD])
def test_a_copy_may_start_at_any_depth_of_the_tree(tmp_path, depth):
    (found,) = deliveries(versioned(tmp_path) / depth)

    assert [file.read_text() for file in (tmp_path / depth / path for path in paths(found))] == [
        f"{PERIOD}/{SECOND}/cur-1.csv.gz"
    ]
    assert found.billing_period == date(2026, 10, 1)
    assert found.missing == found.ignored == ()


def test_a_copy_of_one_version_alone_is_a_delivery(tmp_path):
    (found,) = deliveries(versioned(tmp_path) / PERIOD / FIRST)

    assert paths(found) == ["cur-1.csv.gz"]
    assert found.billing_period == date(2026, 10, 1)


def test_a_copy_may_lie_below_folders_of_its_own(tmp_path):
    overwritten(tmp_path / "my" / "downloads")
    write_report(tmp_path, "november/cur-Manifest.json", [f"{PERIOD}/cur-1.csv.gz"])

    first, second = deliveries(tmp_path)

    assert paths(first) == [f"my/downloads/{PERIOD}/cur-2.csv.gz", f"my/downloads/{PERIOD}/cur-1.csv.gz"]
    assert second.missing == (f"{PERIOD}/cur-1.csv.gz",)


def test_a_version_emptied_into_one_folder_is_found(tmp_path):
    write(tmp_path, "october/cur-1.csv.gz")
    write_report(tmp_path, "october/cur-Manifest.json", [f"{PERIOD}/{FIRST}/cur-1.csv.gz"])

    (found,) = deliveries(tmp_path)

    assert paths(found) == ["october/cur-1.csv.gz"]


def test_of_two_files_that_could_be_the_named_one_the_nearer_to_the_manifest_is_it(tmp_path):
    write(tmp_path, "cur-1.csv.gz", "october/cur-1.csv.gz")
    write_report(tmp_path, "october/cur-Manifest.json", [f"{PERIOD}/cur-1.csv.gz"])

    (found,) = deliveries(tmp_path)

    assert paths(found) == ["october/cur-1.csv.gz"]
    assert found.ignored == ("cur-1.csv.gz",)


def test_a_folder_of_another_month_is_not_part_of_a_manifest_at_the_top(tmp_path):
    write(tmp_path, "cur-1.csv.gz", "20261101-20261201/cur-1.csv.gz")
    write_report(tmp_path, "cur-Manifest.json", [f"{PERIOD}/cur-1.csv.gz"])

    october, november = deliveries(tmp_path)

    assert paths(october) == ["cur-1.csv.gz"]
    assert october.ignored == ()
    assert november.missing == ("20261101-20261201/cur-Manifest.json",)


def test_two_accounts_side_by_side_keep_their_own_files(tmp_path):
    for account in ("111", "222"):
        write(tmp_path, f"{account}/cur/20261001-20261101/cur-1.csv.gz")
        key = f"{account}/cur/20261001-20261101/cur-1.csv.gz"
        write_report(tmp_path, f"{account}/cur/20261001-20261101/cur-Manifest.json", [key])
    (tmp_path / "222/cur/20261001-20261101/cur-1.csv.gz").unlink()

    first, second = deliveries(tmp_path)

    assert paths(first) == ["111/cur/20261001-20261101/cur-1.csv.gz"]
    assert second.missing == ("222/cur/20261001-20261101/cur-1.csv.gz",)


def test_parquet_for_athena_lies_in_folders_of_year_and_month(tmp_path):
    key = "bills/cur/cur/year=2026/month=10/cur-00001.snappy.parquet"
    write(tmp_path, key, "bills/cur/cur/year=2026/month=10/cur-00002.snappy.parquet")
    write_report(tmp_path, f"{PERIOD}/cur-Manifest.json", [key])

    (found,) = deliveries(tmp_path)

    assert paths(found) == [key]
    assert found.ignored == ("bills/cur/cur/year=2026/month=10/cur-00002.snappy.parquet",)


def test_a_period_whose_manifest_is_still_to_come_waits_for_it(tmp_path):
    write(overwritten(tmp_path), "bills/cur/20261101-20261201/cur-1.csv.gz")

    october, november = deliveries(tmp_path)

    assert october.is_complete
    assert november.billing_period == date(2026, 11, 1)
    assert november.files == ()
    assert november.missing == ("bills/cur/20261101-20261201/cur-Manifest.json",)


def test_a_copied_tree_is_found_after_it_was_moved(tmp_path):
    shutil.move(overwritten(tmp_path / "a") / "bills" / "cur", tmp_path / "b")

    (found,) = deliveries(tmp_path / "b")

    assert paths(found) == ["20261001-20261101/cur-2.csv.gz", "20261001-20261101/cur-1.csv.gz"]
