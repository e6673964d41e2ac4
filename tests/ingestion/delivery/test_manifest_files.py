"""A manifest comes from outside and is trusted with nothing."""

from __future__ import annotations

import pytest

from ingestion.delivery import DeliveryError
from tests.ingestion.delivery.trees import OCTOBER, deliveries, write, write_export, write_json, write_report

MANIFEST = "cur/20261001-20261101/cur-Manifest.json"


def refused(root) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        deliveries(root)
    assert "cur-Manifest.json" in str(error.value)
    return error.value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 200_000, b'{"reportKeys": ' + b"9" * 5_000 + b"}"],
    ids=["empty", "cut", "not UTF-8", "bottomless", "endless number"],
)
def test_what_is_no_json_is_refused(tmp_path, content):
    (tmp_path / "cur-Manifest.json").write_bytes(content)

    assert refused(tmp_path).code == "bad_manifest"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "valid dictionary"),
        ({}, "dataFiles"),
        ({"dataFiles": "s3://bills/a.csv"}, "dataFiles"),
        ({"dataFiles": [7]}, r"dataFiles\.0"),
        ({"reportKeys": ["a.csv"]}, "billingPeriod"),
        ({"reportKeys": ["a.csv"], "billingPeriod": {"start": "October"}}, "October"),
        ({"reportKeys": ["a.csv"], "billingPeriod": {"start": "20261301T000000.000Z"}}, "20261301"),
        ({"reportKeys": ["a.csv"], "billingPeriod": {"start": "20261015T000000.000Z"}}, "20261015"),
    ],
)
def test_a_manifest_of_another_shape_is_refused_by_the_field(tmp_path, document, field):
    write_json(tmp_path, "cur-Manifest.json", document)

    with pytest.raises(DeliveryError, match=field) as error:
        deliveries(tmp_path)

    assert error.value.code == "bad_manifest"


def test_a_manifest_of_five_megabytes_is_read_and_one_byte_more_is_refused(tmp_path):
    document = b'{"dataFiles": []}'
    manifest = tmp_path / "cur-Manifest.json"
    manifest.write_bytes(document.ljust(5_000_000))
    (found,) = deliveries(tmp_path)
    manifest.write_bytes(document.ljust(5_000_001))

    assert found.files == ()
    assert "5,000,001 bytes" in str(refused(tmp_path))


def test_sixteen_levels_are_read_and_one_more_is_refused(tmp_path):
    (tmp_path / "cur-Manifest.json").write_text('{"dataFiles": [], "x": ' + "[" * 15 + "]" * 15 + "}")
    (found,) = deliveries(tmp_path)
    (tmp_path / "cur-Manifest.json").write_text('{"dataFiles": [], "x": ' + "[" * 16 + "]" * 16 + "}")

    assert found.files == ()
    assert refused(tmp_path).code == "bad_manifest"


def test_a_byte_order_mark_is_no_harm(tmp_path):
    (tmp_path / "cur-Manifest.json").write_bytes(b'\xef\xbb\xbf{"dataFiles": []}')

    assert len(deliveries(tmp_path)) == 1


@pytest.mark.parametrize(
    "path",
    ["../secret.csv", "a/../../secret.csv", "./secret.csv", "s3://bills/../secret.csv", "..\\secret.csv", "s3://bills",
     "https://example.com/secret.csv", "", "/", "a\x00.csv"],
)  # fmt: skip
def test_a_path_that_leads_out_of_the_store_is_refused(tmp_path, path):
    write(tmp_path, "secret.csv")
    write_export(tmp_path, "inner/cur-Manifest.json", [path])

    assert refused(tmp_path).code == "outside_store"


def test_a_file_above_the_folder_of_the_store_is_out_of_reach(tmp_path):
    write(tmp_path, "secret.csv")
    write_export(tmp_path, "inner/cur-Manifest.json", [f"s3://bills{tmp_path}/secret.csv"])

    (found,) = deliveries(tmp_path / "inner")

    assert found.files == ()
    assert len(found.missing) == 1


def test_a_format_that_cannot_be_read_is_refused_with_what_to_choose(tmp_path):
    write_report(tmp_path, MANIFEST, ["cur/20261001-20261101/cur-1.csv.zip"])

    error = refused(tmp_path)

    assert error.code == "unsupported_file"
    assert "Choose GZIP or Parquet" in str(error)


def test_a_manifest_in_the_folder_of_another_month_is_refused(tmp_path):
    write_report(tmp_path, "cur/20261101-20261201/cur-Manifest.json", ["cur/20261101-20261201/cur-1.csv.gz"])

    error = refused(tmp_path)

    assert error.code == "period_mismatch"
    assert "2026-10 and 2026-11" in str(error)


def test_a_name_given_twice_counts_once(tmp_path):
    key = "cur/20261001-20261101/cur-1.csv.gz"
    write(tmp_path, key)
    write_report(tmp_path, MANIFEST, [key, key])

    (found,) = deliveries(tmp_path)

    assert len(found.files) == 1


def test_two_names_for_one_file_are_refused(tmp_path):
    write(tmp_path, "cur-1.csv.gz")
    write_json(
        tmp_path, "cur-Manifest.json", {"reportKeys": ["a/cur-1.csv.gz", "b/cur-1.csv.gz"], "billingPeriod": OCTOBER}
    )

    assert refused(tmp_path).code == "ambiguous_manifest"


def test_one_file_named_by_two_manifests_is_refused(tmp_path):
    write(tmp_path, "cur-1.csv.gz")
    write_export(tmp_path, "cur-Manifest.json", ["s3://bills/cur-1.csv.gz"])
    write_export(tmp_path, "copy-of-cur-Manifest.json", ["s3://bills/cur-1.csv.gz"])

    error = refused(tmp_path)

    assert error.code == "ambiguous_manifest"
    assert "count twice" in str(error)
