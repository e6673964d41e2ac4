"""Uploading a bill in the browser: looked at, confirmed or deleted; too large or hostile ones go nowhere."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ingestion.models import BillRevision, BillSource, BillUpload
from ingestion.services import run_import
from ingestion.services.uploads import check_upload
from itfm.audit.models import AuditEvent
from itfm.core import lake
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member
from tests.ingestion.focus_files import HEADER, line
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.test_aws_recommendations import ROW

GOOD = "\n".join(
    [f"{HEADER},Team", line("1.5") + ",Payments", line("2.25", day=2) + ",<script>alert(1)</script>"]
).encode()


@pytest.fixture
def finance(client, acme):
    client.force_login(member(acme, Role.FINANCE))
    return client


def send(client, content=GOOD, name="october.csv", **data):
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(reverse("upload_new"), {"kind": "focus", "file": file, **data})


def only_upload(organization):
    with tenant(organization.id):
        return BillUpload.objects.get()


def sent(client, organization, **given):
    response = send(client, **given)
    upload = only_upload(organization)
    assert response.url == reverse("upload", args=[upload.id])
    return upload


def test_an_uploaded_bill_is_looked_at_confirmed_and_imported(finance, acme):
    upload = sent(finance, acme)
    assert "Reading the file" in finance.get(reverse("upload", args=[upload.id])).content.decode()
    check_upload(acme.id, upload_id=upload.id)

    shown = finance.get(reverse("upload", args=[upload.id])).content.decode()
    assert "<code>x_team</code>" in shown
    assert "October 2026" in shown
    assert "<script>alert(1)" not in shown

    assert finance.post(reverse("upload_confirm", args=[upload.id]), {"source_name": "Phone bills"}).url == reverse(
        "bills"
    )
    assert finance.get(reverse("upload", args=[upload.id])).url == reverse("bills")
    run_import(acme.id, run_id=only_upload(acme).run_id, retries=False)
    with tenant(acme.id):
        assert BillRevision.objects.get().totals["USD"]["billed_cost"] == "3.75"
        assert [event.action for event in AuditEvent.objects.order_by("at")] == ["upload.taken", "upload.confirmed"]
    assert "By upload" in finance.get(reverse("bills")).content.decode()


def test_while_a_file_is_read_only_its_progress_is_fetched(finance, acme):
    upload = sent(finance, acme)
    address = reverse("upload", args=[upload.id])

    waiting = finance.get(address, headers={"HX-Request": "true"})
    check_upload(acme.id, upload_id=upload.id)
    over = finance.get(address, headers={"HX-Request": "true"})

    assert "HX-Refresh" not in waiting
    assert over["HX-Refresh"] == "true"


def test_a_file_beyond_the_limit_is_not_taken(finance, acme, settings):
    settings.UPLOAD_BYTES = 1 << 20
    settings.FILE_UPLOAD_HANDLERS = ["itfm.core.uploads.LimitedFileHandler"]

    response = send(finance, content=GOOD + b"x" * (3 << 20))

    assert response.status_code == 422
    assert "up to 1 MB" in response.content.decode()
    with tenant(acme.id):
        assert not BillUpload.objects.exists()
    assert not (lake.organization_folder(acme.id) / "uploads").exists()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "bill.exe"}, "ends in .csv"),
        ({"content": b""}, "empty"),
        ({"kind": "../../etc/passwd"}, "valid choice"),
    ],
)
def test_what_cannot_be_a_bill_is_told_at_once(finance, acme, given, told):
    response = send(finance, **given)

    assert response.status_code == 422
    assert told in response.content.decode()


def test_a_rejected_file_names_the_place_and_what_to_do(finance, acme):
    upload = sent(finance, acme, content="\n".join([HEADER, line("NaN")]).encode())
    check_upload(acme.id, upload_id=upload.id)

    shown = finance.get(reverse("upload", args=[upload.id])).content.decode()

    assert "This file cannot be imported" in shown
    assert "BilledCost" in shown
    assert "upload it again" in shown
    assert finance.post(reverse("upload_confirm", args=[upload.id]), {"source_name": "x"}).status_code == 422


INVOICE = b"When,What,Net,Sum\n31/10/2026,Mail,1.50,9\n01/10/2026,Boxes,2.25,9\n"
TOLD = {"amount_column": "Net", "date_column": "When", "vendor": "Acme Mail", "default_currency": "EUR"}


def read_as(client, organization, upload, told):
    data = {f"reading-{name}": value for name, value in told.items()}
    response = client.post(reverse("upload_read", args=[upload.id]), data)
    check_upload(organization.id, upload_id=upload.id)
    return response


def test_what_columns_mean_is_told_and_remembered(finance, acme):
    upload = sent(finance, acme, content=INVOICE, name="acme.csv", kind="invoice_file")
    check_upload(acme.id, upload_id=upload.id)
    shown = finance.get(reverse("upload", args=[upload.id])).content.decode()
    assert "no column that is known to be the date" in shown
    assert '<option value="Net">Net</option>' in shown
    assert "31/10/2026" in shown

    read_as(finance, acme, upload, TOLD)
    shown = finance.get(reverse("upload", args=[upload.id])).content.decode()
    assert "3.75" in shown
    assert 'value="Acme Mail"' in shown

    finance.post(reverse("upload_confirm", args=[upload.id]), {"source_name": "Acme Mail"})
    run_import(acme.id, run_id=only_upload(acme).run_id, retries=False)
    with tenant(acme.id):
        source = BillSource.objects.get(is_uploaded=True)
        assert source.settings.items() >= TOLD.items()
        assert BillRevision.objects.get().totals["EUR"]["billed_cost"] == "3.75"

    november = INVOICE.replace(b"/10/", b"/11/").replace(b"31/", b"30/").replace(b"2.25", b"4")
    send(finance, content=november, name="november.csv", kind=f"source:{source.id}")
    with tenant(acme.id):
        second = BillUpload.objects.get(file_name="november.csv")
    check_upload(acme.id, upload_id=second.id)
    with tenant(acme.id):
        second = BillUpload.objects.get(pk=second.pk)
        assert second.preview["bills"][0]["totals"]["EUR"]["billed_cost"] == "5.5"
    assert 'name="source_name" value="Acme Mail"' in finance.get(reverse("upload", args=[second.id])).content.decode()


def test_a_recognized_column_can_be_put_aside(finance, acme):
    content = b"Date,Amount,Unit,Currency\n2026-10-05,3,kitchen,EUR\n"
    upload = sent(finance, acme, content=content, kind="invoice_file")
    check_upload(acme.id, upload_id=upload.id)
    assert "Unit (recognized)" in finance.get(reverse("upload", args=[upload.id])).content.decode()

    read_as(finance, acme, upload, {"unit_column": "-"})

    shown = only_upload(acme).preview["columns"]
    assert [column["targets"] for column in shown if column["title"] == "Unit"] == [["x_unit"]]


@pytest.mark.parametrize(
    "told", [{"default_currency": "euro"}, {"amount_column": "No such title"}, {"decimal_mark": ";"}]
)
def test_what_no_reading_is_changes_nothing(finance, acme, told):
    upload = sent(finance, acme, content=INVOICE, kind="invoice_file")
    check_upload(acme.id, upload_id=upload.id)

    response = read_as(finance, acme, upload, told)

    assert response.status_code == 422
    assert 'class="errorlist"' in response.content.decode()
    assert only_upload(acme).settings == {}


def test_a_bill_without_currency_is_read_again_with_one(finance, acme):
    bare = "\n".join(text.replace("BillingCurrency", "Money").replace("USD", "") for text in (HEADER, line("1.5")))
    upload = sent(finance, acme, content=bare.encode())
    check_upload(acme.id, upload_id=upload.id)

    read_as(finance, acme, upload, {"default_currency": "EUR"})

    assert set(only_upload(acme).preview["bills"][0]["totals"]) == {"EUR"}


def test_a_deleted_upload_leaves_nothing(finance, acme):
    upload = sent(finance, acme)

    assert finance.post(reverse("upload_discard", args=[upload.id])).url == reverse("bills")
    with tenant(acme.id):
        assert not BillUpload.objects.exists()
    assert [path for path in lake.organization_folder(acme.id).rglob("*") if path.is_file()] == []


def test_a_list_of_recommendations_is_taken_as_a_bill_is_and_leads_to_its_page(finance, acme):
    upload = sent(finance, acme, content=csv_text([ROW, ROW]).encode(), name="cor.csv", kind="aws_cur")
    check_upload(acme.id, upload_id=upload.id)

    shown = finance.get(reverse("upload", args=[upload.id])).content.decode()
    assert "Is cor.csv the list you meant?" in shown
    assert "280.32" in shown
    assert 'datetime="2026-10-05"' in shown
    assert finance.post(reverse("upload_confirm", args=[upload.id]), {"source_name": "AWS by hand"}).status_code == 302
    run_import(acme.id, run_id=only_upload(acme).run_id, retries=False)

    page = finance.get(reverse("recommendations")).content.decode()
    assert ("AWS by hand" in page, "280.32" in page) == (True, True)
    with tenant(acme.id):
        source = BillSource.objects.get()
    about = finance.get(reverse("source", args=[source.id])).content.decode()
    assert "2 of 2026-10-05, estimated monthly savings 280.32 USD" in about
    assert "A list of 2 recommendations of 2026-10-05" in finance.get(reverse("findings")).content.decode()


def test_a_bad_list_is_refused_with_its_place(finance, acme):
    bad = csv_text([ROW, {**ROW, "currency_code": ""}]).encode()
    upload = sent(finance, acme, content=bad, name="cor.csv", kind="aws_cur")
    check_upload(acme.id, upload_id=upload.id)

    shown = finance.get(reverse("upload", args=[upload.id])).content.decode()

    assert "This file cannot be imported" in shown
    assert "row 2" in shown
