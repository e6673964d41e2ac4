"""Recommendations that lie in a folder beside the bills, or come as one file: read as those of a bucket are."""

from __future__ import annotations

import gzip
import io
import json
import os
from datetime import date

import pytest
from openpyxl import Workbook

from ingestion.connectors.aws_cur import KIND
from ingestion.delivery import ArchivedFile
from ingestion.models import BillSource, BillUpload, Finding, ImportRun, RecommendationList
from ingestion.normalize.contents import Limits
from ingestion.normalize.titles import titles_of
from ingestion.services import create_source, request_import, run_import
from ingestion.services.recommendations import list_seen
from ingestion.services.sources import look
from ingestion.services.uploads import check_upload, confirm_upload, take_upload
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests import duck
from tests.conftest import NOW, member
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.pulls import in_force, pull
from tests.ingestion.test_aws_recommendations import FIRST, ROW, SECOND, findings, lists, rows_of

SAVES = "estimated_monthly_savings_after_discount"


@pytest.fixture
def folder(tmp_path):
    """A folder with a bill, as somebody copies it from a bucket."""
    place = tmp_path / "aws"
    bill = place / "cur" / "data" / "BILLING_PERIOD=2026-10" / "cur-1.csv"
    bill.parent.mkdir(parents=True)
    bill.write_text(csv_text(cur_2_rows({})))
    return place


def packed(*changes):
    return gzip.compress(csv_text([{**ROW, **change} for change in changes or [{}]]).encode(), mtime=0)


def deliver(folder, *changes, day=FIRST, manifest=True):
    export = folder / "cor"
    data = export / "data" / f"date={day}" / "cor-00001.csv.gz"
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_bytes(packed(*changes))
    if manifest:
        place = export / "metadata" / f"date={day}" / "cor-Manifest.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({"dataFiles": [f"s3://bills/exports/cor/data/date={day}/cor-00001.csv.gz"]}))
    return data


def connect(organization, folder, prefix="cor"):
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id,
            key="aws",
            name="AWS",
            kind="aws_cur",
            settings={"path": str(folder), "recommendations_prefix": prefix},
            at=NOW,
        )


def import_file(source, file):
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="command", at=NOW, settings={**source.settings, "path": str(file)})
    return run_import(source.organization_id, run_id=run.id, retries=False)


def test_a_folder_is_read_as_a_bucket_is_and_its_bills_come_in_beside(acme, folder):
    deliver(folder, {SAVES: "9"})
    deliver(folder, {SAVES: "0.1"}, {SAVES: "0.2"}, day=SECOND)
    source = connect(acme, folder, prefix="/cor/")

    run = pull(source)

    assert (run.state, findings(run)) == ("imported", [])
    assert in_force(source, currency="USD") == [("2026-10", 1, "0.096")]
    (one,) = lists(source)
    assert (one.told_on, one.count, one.savings) == (date(2026, 10, 6), 2, {"USD": "0.3"})
    assert ("Recommendations", "1 file of 2026-10-06") in look(source).facts


def test_a_folder_is_told_by_its_bytes_whatever_its_times_say(acme, folder):
    data = deliver(folder)
    source = connect(acme, folder)
    pull(source)
    times = data.stat()
    os.utime(data, ns=(times.st_atime_ns, times.st_mtime_ns + 10**9))
    pull(source)
    assert len(lists(source)) == 1

    changed = packed({SAVES: "140.17"})
    data.write_bytes(changed)
    os.utime(data, ns=(times.st_atime_ns, times.st_mtime_ns))
    pull(source)

    assert [one.savings for one in lists(source)] == [{"USD": "140.16"}, {"USD": "140.17"}]


@pytest.mark.parametrize("is_dated", [True, False])
def test_files_that_were_copied_without_a_manifest_are_read(acme, folder, is_dated):
    if is_dated:
        deliver(folder, {SAVES: "9"}, manifest=False)
        deliver(folder, {SAVES: "1"}, day=SECOND, manifest=False)
    else:
        (folder / "cor").mkdir()
        (folder / "cor" / "list.csv.gz").write_bytes(packed({SAVES: "1"}))
    source = connect(acme, folder)

    run = pull(source)

    assert (run.state, findings(run)) == ("imported", [])
    (one,) = lists(source)
    assert one.savings == {"USD": "1"}


@pytest.mark.parametrize("prefix", ["nowhere", "../other", "/etc", "cor/../../other", "data.txt"])
def test_a_folder_outside_or_absent_gives_no_list_and_the_bill_comes_in(acme, folder, tmp_path, prefix):
    deliver(tmp_path / "other")
    (folder / "data.txt").write_text("no list")
    source = connect(acme, folder, prefix=prefix)

    run = pull(source)

    assert (run.state, lists(source)) == ("imported", [])
    assert "recommendations_missing" in [code for code, _, _ in findings(run)]


def test_a_file_that_the_manifest_names_is_waited_for(acme, folder):
    deliver(folder).unlink()
    source = connect(acme, folder)

    run = pull(source)

    assert (run.state, lists(source)) == ("imported", [])
    assert [code for code, _, _ in findings(run)] == ["recommendations_wait"]


def test_one_file_is_taken_in_alone_and_says_what_it_was(acme, folder, tmp_path):
    file = tmp_path / "cor-00001.csv.gz"
    file.write_bytes(packed({SAVES: "0.1"}, {SAVES: "7", "currency_code": "EUR"}))
    source = connect(acme, folder)

    run = import_file(source, file)

    assert run.state == "imported"
    assert findings(run) == [
        (
            "recommendations_taken_in",
            None,
            "A list of 2 recommendations of 2026-10-05, estimated monthly savings 7 EUR and 0.1 USD, was taken in.",
        )
    ]
    (one,) = lists(source)
    assert (one.told_on, one.files[0]["name"], one.files[0]["row_count"]) == (date(2026, 10, 5), file.name, 2)
    assert import_file(source, file).state == "unchanged"
    assert len(lists(source)) == 1


def test_an_older_file_is_kept_and_does_not_take_the_place_of_a_newer_list(acme, folder, tmp_path):
    deliver(folder, day=SECOND)
    source = connect(acme, folder)
    pull(source)
    file = tmp_path / "old.csv.gz"
    file.write_bytes(packed({SAVES: "1"}))

    run = import_file(source, file)

    assert "The source has a newer one, of 2026-10-06, which stays the one that is shown." in findings(run)[0][2]
    assert len(lists(source)) == 2


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (packed({}, {SAVES: "1,5"}), "not_a_number", "row 2"),
        (packed({"recommendation_id": ""}), "value_missing", "row 1"),
        (gzip.compress(b"recommendation_id,account_id\n1,2\n"), "column_missing", "currency_code"),
        (packed({})[:-9], "gzip_damaged", "damaged"),
    ],
)
def test_a_bad_file_is_refused_whole_with_its_place(acme, folder, tmp_path, content, code, words):
    file = tmp_path / "cor-00001.csv.gz"
    file.write_bytes(content)
    source = connect(acme, folder)

    run = import_file(source, file)

    assert (run.state, run.error_code) == ("rejected", code)
    assert words in run.error_message
    assert "cor-00001.csv.gz" in run.error_message
    assert lists(source) == []


def test_a_bill_in_one_file_stays_a_bill(acme, folder):
    source = connect(acme, folder)

    run = import_file(source, folder / "cur" / "data" / "BILLING_PERIOD=2026-10" / "cur-1.csv")

    assert (run.state, lists(source)) == ("imported", [])
    assert in_force(source, currency="USD") == [("2026-10", 1, "0.096")]


def book():
    sheet = Workbook()
    for row in ([*ROW], [*ROW.values()]):
        sheet.active.append(row)
    file = io.BytesIO()
    sheet.save(file)
    return file.getvalue()


@pytest.fixture
def take(acme):
    """Take an upload of AWS and look at it as a worker does."""
    user = member(acme, Role.FINANCE)

    def take_one(content, name="cor.csv.gz"):
        with tenant(acme.id):
            upload = take_upload(
                [content],
                organization_id=acme.id,
                name=name,
                kind="aws_cur",
                settings={},
                uploaded_by=user.pk,
                at=NOW,
            )
        check_upload(acme.id, upload_id=upload.id)
        with tenant(acme.id):
            return BillUpload.objects.get(pk=upload.id)

    return take_one


@pytest.mark.parametrize(("content", "name"), [(packed({}), "cor.csv.gz"), (book(), "cor.xlsx")])
def test_an_uploaded_list_is_looked_at_and_comes_in_when_it_is_confirmed(acme, take, content, name):
    upload = take(content, name)

    assert (upload.state, upload.error_message) == ("ready", "")
    assert upload.preview["list"] == {"count": 1, "told_on": "2026-10-05", "savings": {"USD": "140.16"}}
    targets = {column["title"]: column["targets"] for column in upload.preview["columns"]}
    assert (targets["resource_arn"], targets["action_type"]) == (["resource_id"], ["action"])
    with tenant(acme.id):
        assert not RecommendationList.objects.exists()
        run = confirm_upload(upload, source_name="Uploads", at=NOW)
    assert run_import(acme.id, run_id=run.id, retries=False).state == "imported"
    with tenant(acme.id):
        source = BillSource.objects.get()
    (one,) = lists(source)
    assert rows_of(one, "recommendation_id, resource_id") == [(ROW["recommendation_id"], ROW["resource_arn"])]


def test_how_far_the_look_at_a_list_is_can_be_told(tmp_path):
    file = tmp_path / "cor.csv.gz"
    file.write_bytes(packed({}, {}))
    told = []

    seen = list_seen(
        ArchivedFile(name=file.name, path=file, sha256="", size=file.stat().st_size),
        connector=KIND,
        scratch=tmp_path / "scratch",
        progress=told.append,
    )

    assert (seen.count, [step.name for step in told]) == (2, ["Reading recommendations"])


def test_an_uploaded_list_with_a_bad_cell_is_refused_before_it_counts(acme, take):
    upload = take(packed({}, {SAVES: "many"}))

    assert upload.state == "rejected"
    assert "row 2" in upload.error_message
    assert upload.preview["columns"]
    with tenant(acme.id):
        assert (ImportRun.objects.count(), Finding.objects.count()) == (0, 0)


def test_a_list_for_another_kind_of_bill_is_no_bill_of_that_kind(acme):
    user = member(acme, Role.FINANCE)
    with tenant(acme.id):
        upload = take_upload(
            [packed({})],
            organization_id=acme.id,
            name="cor.csv.gz",
            kind="focus",
            settings={},
            uploaded_by=user.pk,
            at=NOW,
        )
    check_upload(acme.id, upload_id=upload.id)

    with tenant(acme.id):
        upload.refresh_from_db()
        assert (upload.state, "Is it a FOCUS file?" in upload.error_message) == ("rejected", True)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'\xef\xbb\xbf"Recommendation_ID",Account\r\n', {"recommendation_id", "account"}),
        (gzip.compress(b"a,b\n1,2\n"), {"a", "b"}),
        (gzip.compress(b"a,b\n1,2\n")[:12], set()),
        (b"", set()),
        (b"PK\x03\x04 no book", set()),
        (b"PAR1 no table", set()),
        (b"\xff\xfe\x00", None),
        (b'"never closed', None),
    ],
)
def test_the_names_of_columns_are_read_from_the_first_bytes_of_any_file(tmp_path, content, found):
    file = tmp_path / "any.csv"
    file.write_bytes(content)

    names = titles_of(file, limits=Limits(temp_folder=tmp_path))

    assert found is None or names == found
    assert not KIND.recommending.is_list(file, limits=Limits(temp_folder=tmp_path)) or "recommendation_id" in found


def test_the_columns_of_parquet_are_known_too(tmp_path):
    file = tmp_path / "cor.parquet"
    duck.rows(f"COPY (SELECT 'r' AS recommendation_id) TO '{file}' (FORMAT parquet)")

    assert KIND.recommending.is_list(file, limits=Limits(temp_folder=tmp_path))
