"""Azure Cost Management exports: a folder per export, month and run, each with its manifest."""

from __future__ import annotations

from datetime import date

import pytest

from ingestion.connectors import azure_export
from ingestion.delivery import BucketSettings, DeliveryError
from tests.ingestion.delivery.trees import deliveries, paths, write, write_json

OCTOBER = "20261001-20261031"
RUN = "9b1c7a52-0000-4000-8000-000000000001"
LATER = "12ab34cd-0000-4000-8000-000000000002"


def exported(root, name, dataset, *, month=OCTOBER, folder=RUN, parts=1, submitted="2026-10-10T06:00:00.0000000Z"):
    """Write the files and the manifest of one run of an export."""
    place = f"exports/{name}/{month}/{folder}"
    blobs = [f"{place}/part_{part}_0001.csv.gz" for part in range(parts)]
    write(root, *blobs)
    write_json(
        root,
        f"{place}/manifest.json",
        {
            "manifestVersion": "2024-04-01",
            "byteCount": 10,
            "blobCount": parts,
            "dataRowCount": 3,
            "exportConfig": {"exportName": name, "type": dataset, "dataVersion": "2021-10-01", "granularity": "Daily"},
            "deliveryConfig": {"partitionData": True, "dataOverwriteBehavior": "CreateNewReport", "fileFormat": "Csv"},
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": submitted,
                "runId": folder,
                "startDate": f"{month[:4]}-{month[4:6]}-01T00:00:00",
                "endDate": f"{month[:4]}-{month[4:6]}-{month[-2:]}T00:00:00",
            },
            "blobs": [{"blobName": blob, "byteCount": len(blob)} for blob in blobs],
        },
    )
    return root


def found(root):
    return azure_export.discover(BucketSettings(path=root))


def test_each_month_of_an_export_is_a_delivery(tmp_path):
    exported(tmp_path, "focus", "FocusCost")
    exported(tmp_path, "focus", "FocusCost", month="20261101-20261130", parts=2)

    october, november = deliveries(tmp_path)

    assert (october.manifest, october.dataset, october.billing_period) == (
        "cost_export",
        "FocusCost",
        date(2026, 10, 1),
    )
    assert paths(november) == [
        f"exports/focus/20261101-20261130/{RUN}/part_0_0001.csv.gz",
        f"exports/focus/20261101-20261130/{RUN}/part_1_0001.csv.gz",
    ]
    assert october.ignored == november.ignored == ()


def test_of_runs_without_time_in_their_names_the_manifests_tell_the_newest(tmp_path):
    exported(tmp_path, "focus", "FocusCost", folder=RUN, submitted="2026-10-10T06:00:00Z")
    exported(tmp_path, "focus", "FocusCost", folder=LATER, submitted="2026-10-11T06:00:00Z")

    (october,) = deliveries(tmp_path)

    assert paths(october) == [f"exports/focus/{OCTOBER}/{LATER}/part_0_0001.csv.gz"]
    assert october.ignored == ()


def test_runs_in_folders_of_their_minute_are_told_by_these(tmp_path):
    exported(tmp_path, "focus", "FocusCost", folder=f"202610110600/{RUN}", submitted="")
    exported(tmp_path, "focus", "FocusCost", folder=f"202610100600/{LATER}", submitted="")

    (october,) = deliveries(tmp_path)

    assert paths(october) == [f"exports/focus/{OCTOBER}/202610110600/{RUN}/part_0_0001.csv.gz"]
    assert october.ignored == ()


def test_runs_that_nothing_tells_apart_are_refused(tmp_path):
    exported(tmp_path, "focus", "FocusCost", folder=RUN)
    exported(tmp_path, "focus", "FocusCost", folder=LATER)

    with pytest.raises(DeliveryError) as refused:
        deliveries(tmp_path)

    assert refused.value.code == "ambiguous_versions"


def test_a_manifest_of_some_other_tool_is_none(tmp_path):
    write(tmp_path, "bill.csv")
    write_json(tmp_path, "manifest.json", {"name": "a page"})

    (bill,) = deliveries(tmp_path)

    assert (bill.manifest, paths(bill), bill.ignored) == ("none", ["bill.csv"], ("manifest.json",))


def test_a_manifest_without_its_files_cannot_be_used(tmp_path):
    write_json(tmp_path, f"{OCTOBER}/manifest.json", {"exportConfig": {"type": "ActualCost"}})

    with pytest.raises(DeliveryError, match="blobs: Field required"):
        deliveries(tmp_path)


def test_both_exports_of_a_month_are_one_delivery(tmp_path):
    exported(tmp_path, "daily-a", "ActualCost")
    exported(tmp_path, "daily-b", "AmortizedCost")

    (october,) = found(tmp_path)

    assert october.billing_period == date(2026, 10, 1)
    assert [(file.path.split("/")[1], file.dataset) for file in october.files] == [
        ("daily-a", "actual"),
        ("daily-b", "amortized"),
    ]
    assert october.name == f"exports/daily-a/{OCTOBER}/manifest.json and exports/daily-b/{OCTOBER}/manifest.json"
    assert october.findings == ()


def test_a_month_waits_while_a_file_of_either_export_is_missing(tmp_path):
    exported(tmp_path, "a", "ActualCost")
    exported(tmp_path, "b", "AmortizedCost")
    (tmp_path / f"exports/b/{OCTOBER}/{RUN}/part_0_0001.csv.gz").unlink()

    (october,) = found(tmp_path)

    assert not october.is_complete
    assert october.missing == (f"exports/b/{OCTOBER}/{RUN}/part_0_0001.csv.gz",)


def test_a_month_whose_manifest_is_still_to_come_waits_for_it(tmp_path):
    exported(tmp_path, "actualcost", "ActualCost")
    exported(tmp_path, "amortizedcost", "AmortizedCost")
    exported(tmp_path, "actualcost", "ActualCost", month="20261101-20261130")
    write(tmp_path, f"exports/amortizedcost/20261101-20261130/{RUN}/part_0_0001.csv.gz")

    _, november = found(tmp_path)

    assert november.missing == ("exports/amortizedcost/20261101-20261130/manifest.json",)


def test_one_export_alone_is_a_delivery(tmp_path):
    (october,) = found(exported(tmp_path, "a", "ActualCost"))

    assert [file.dataset for file in october.files] == ["actual"]


def test_an_export_of_something_else_beside_them_is_told(tmp_path):
    exported(tmp_path, "a", "ActualCost")
    exported(tmp_path, "prices", "PriceSheet")

    (october,) = found(tmp_path)

    (finding,) = october.findings
    assert (finding.severity, finding.code) == ("info", "other_export")
    assert "PriceSheet" in finding.message


def test_an_export_of_something_else_alone_is_refused(tmp_path):
    with pytest.raises(DeliveryError) as refused:
        found(exported(tmp_path, "focus", "FocusCost"))

    assert refused.value.code == "other_export"
    assert "kind focus" in str(refused.value)


def test_two_exports_of_one_kind_would_count_twice(tmp_path):
    exported(tmp_path, "a", "ActualCost")
    exported(tmp_path, "b", "ActualCost")

    with pytest.raises(DeliveryError) as refused:
        found(tmp_path)

    assert refused.value.code == "ambiguous_exports"


def test_without_manifests_the_folders_names_tell_the_exports(tmp_path):
    write(tmp_path, f"actualcost/{OCTOBER}/{RUN}/a.csv", f"AmortizedCost/{OCTOBER}/{RUN}/a.csv")

    (october,) = found(tmp_path)

    assert sorted(file.dataset for file in october.files) == ["actual", "amortized"]


def test_without_manifests_or_names_two_folders_of_a_month_are_refused(tmp_path):
    write(tmp_path, f"one/{OCTOBER}/a.csv", f"two/{OCTOBER}/a.csv")

    with pytest.raises(DeliveryError) as refused:
        found(tmp_path)

    assert refused.value.code == "ambiguous_exports"


def test_loose_files_of_both_exports_are_one_delivery(tmp_path):
    write(tmp_path, "EA_ActualCost.csv", "EA_AmortizedCost.csv")

    (both,) = found(tmp_path)

    assert paths(both) == ["EA_ActualCost.csv", "EA_AmortizedCost.csv"]
