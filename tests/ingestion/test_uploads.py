"""Uploaded bills: looked at before they count, imported when confirmed, gone when not."""

import gzip
from datetime import timedelta

import pytest

from ingestion.models import BillRevision, BillSource, BillUpload
from ingestion.services import run_import, uploads
from ingestion.services.uploads import UploadError, check_upload, confirm_upload, take_upload, tidy_uploads
from itfm.core import lake
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion.focus_files import HEADER, line

GOOD = "\n".join([f"{HEADER},Team", line("1.5") + ",Payments", line("2.25", day=2) + ",Search"]).encode()


@pytest.fixture
def take(acme):
    person = member(acme, Role.OWNER)

    def take_one(content=GOOD, name="october.csv", **settings):
        with tenant(acme.id):
            return take_upload(
                [content],
                organization_id=acme.id,
                name=name,
                kind="focus",
                settings=settings,
                uploaded_by=person.pk,
                at=NOW,
            )

    return take_one


def looked_at(upload):
    check_upload(upload.organization_id, upload_id=upload.id)
    with tenant(upload.organization_id):
        return BillUpload.objects.get(pk=upload.pk)


def confirmed(upload, name="Uploads"):
    with tenant(upload.organization_id):
        return confirm_upload(upload, source_name=name, at=NOW)


def files_left(organization):
    return [path for path in (lake.organization_folder(organization.id) / "uploads").rglob("*") if path.is_file()]


def test_a_file_is_looked_at_and_nothing_counts_yet(acme, take):
    upload = looked_at(take())

    columns = {column["title"]: column for column in upload.preview["columns"]}
    assert upload.state == "ready"
    assert (columns["BilledCost"]["targets"], columns["BilledCost"]["values"]) == (["BilledCost"], ["1.5", "2.25"])
    assert (columns["Team"]["targets"], columns["Team"]["values"]) == (["x_team"], ["Payments", "Search"])
    assert upload.preview["bills"] == [
        {
            "billing_period": "2026-10",
            "row_count": 2,
            "totals": {"USD": {"billed_cost": "3.75", "effective_cost": "3.75"}},
        }
    ]
    with tenant(acme.id):
        assert (BillRevision.objects.count(), BillSource.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("content", "name"), [(gzip.compress(GOOD), "october.csv.gz"), (GOOD, "../../etc/October 1.csv")]
)
def test_a_confirmed_file_comes_in_by_the_connector_and_leaves_the_quarantine(acme, take, content, name):
    upload = looked_at(take(content, name))
    run = confirmed(upload)
    run = run_import(acme.id, run_id=run.id, retries=False)

    assert run.state == "imported"
    with tenant(acme.id):
        assert BillRevision.objects.get().totals["USD"]["billed_cost"] == "3.75"
        source = BillSource.objects.get()
        assert (source.is_uploaded, source.name, source.settings) == (True, "Uploads", {})
    assert tidy_uploads(acme.id, at=NOW) == []
    assert files_left(acme) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("\n".join([HEADER, line("1,5")]).encode(), "october.csv"),
        ("\n".join([HEADER, line("NaN")]).encode(), "BilledCost"),
        (b"a,b\n1,2\n", "has no column"),
        (b"\x00\x01\x02", "october.csv"),
        (b"PK\x03\x04 no bill", "october.csv"),
        (HEADER.encode(), "no charges"),
    ],
)
def test_a_file_that_is_no_good_bill_is_refused_with_the_place(acme, take, content, told):
    upload = looked_at(take(content))

    assert upload.state == "rejected"
    assert told in upload.error_message
    with pytest.raises(UploadError):
        confirmed(upload)


@pytest.mark.parametrize("name", ["bill.exe", "bill.csv.exe", "..", "", "bill", "bill.html", "bill.csv/"])
def test_only_names_of_bills_are_taken(acme, take, name):
    if name == "bill.csv/":
        assert take(name=name).file_name == "bill.csv"
        return
    with pytest.raises(UploadError):
        take(name=name)
    assert files_left(acme) == []


def test_an_empty_file_is_not_taken(acme, take):
    with pytest.raises(UploadError):
        take(b"")
    assert files_left(acme) == []


def test_a_file_that_bursts_when_unpacked_is_refused(acme, take):
    upload = looked_at(take(gzip.compress(b"0" * 50_000_000), "october.csv.gz"))

    assert upload.state == "rejected"


def test_a_file_that_kills_its_worker_is_given_up_after_three_times(acme, take, monkeypatch):
    upload = take()

    def die(_upload):
        raise KeyboardInterrupt

    with monkeypatch.context() as planted:
        planted.setattr(uploads, "_look", die)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                check_upload(acme.id, upload_id=upload.id)

    assert looked_at(upload).state == "failed"


def test_what_nobody_confirms_in_a_day_is_deleted(acme, take):
    waiting = take()
    assert tidy_uploads(acme.id, at=NOW + timedelta(hours=23)) == [waiting.id]
    assert len(files_left(acme)) == 1

    assert tidy_uploads(acme.id, at=NOW + timedelta(hours=25)) == []
    assert files_left(acme) == []


def test_a_second_file_waits_until_the_first_is_in(acme, take):
    confirmed(looked_at(take()))

    with pytest.raises(UploadError, match="another file"):
        confirmed(looked_at(take()))


def test_a_currency_is_given_to_files_without_one(acme, take):
    rows = [text.split(",") for text in [HEADER, line("1")]]
    place = rows[0].index("BillingCurrency")
    content = "\n".join(",".join(row[:place] + row[place + 1 :]) for row in rows).encode()

    upload = looked_at(take(content, default_currency="NOK"))

    assert list(upload.preview["bills"][0]["totals"]) == ["NOK"]
