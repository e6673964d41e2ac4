"""Files of invoices in the browser: taken in whole, once, or refused cell by cell."""

import gzip
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from ingestion.models import Invoice, InvoiceLine
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member
from tests.ingestion.invoiced_bills import charge, deliver
from tests.ingestion.payables.test_invoice_files import DETAIL, LINE, ROW, TABLE

CSV = "\n".join([",".join(TABLE), ",".join(ROW)]).encode()


@pytest.fixture
def finance(client, acme):
    client.force_login(member(acme, Role.FINANCE))
    return client


def send(client, content, name="october.csv", **more):
    return client.post(reverse("invoice_upload"), {"file": SimpleUploadedFile(name, content), **more}, follow=True)


def test_a_file_is_looked_at_before_it_is_taken_in(finance, acme):
    first, second = ({"BilledCost": cost} for cost in ("60", "61"))
    looked = send(finance, csv_of(first), look="1")
    assert kept(acme) == {}
    send(finance, csv_of(first))

    again = send(finance, csv_of(first), look="1").context["page"].preview
    other = send(finance, csv_of(second, {**second, "InvoiceDetailId": "2"}), look="1")

    preview = looked.context["page"].preview
    assert (preview.added, preview.changed, preview.unchanged) == (1, 0, 0)
    assert [(row.name, row.is_new) for row in preview.rows] == [("7 of Cloud", True)]
    assert (again.unchanged, again.rows) == (1, ())
    [row] = other.context["page"].preview.rows
    assert (row.name, row.changes) == ("7 of Cloud", (("Amount", "60", "122"), ("Lines", "1", "2")))
    assert "Amount: 60 becomes 122" in other.content.decode()
    assert kept(acme)["7"].amount == 60


def test_a_file_that_would_be_refused_is_refused_when_it_is_looked_at(finance, acme):
    refused = send(finance, CSV.replace(b"2026-10", b"2026-13"), look="1")

    assert refused.status_code == 422
    assert "october.csv, row 2, column " in refused.content.decode()
    assert kept(acme) == {}


def csv_of(*lines):
    return "\n".join([",".join(DETAIL), *(",".join({**LINE, **one}.values()) for one in lines)]).encode()


def kept(organization):
    with tenant(organization.id):
        return {one.number: one for one in Invoice.objects.all()}


def workbook():
    book = Workbook()
    book.active.append(TABLE)
    book.active.append([7, "Cloud", "2026-10", "EUR", 119.1, "2026-11-04", None])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parquet():
    target = io.BytesIO()
    columns = {name: pa.array([value]) for name, value in LINE.items()}
    columns["BilledCost"] = pa.array([Decimal("100.000000000000000001")], pa.decimal128(38, 18))
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "amount", "origin"),
    [
        ("october.csv", CSV, "119", "uploaded"),
        ("october.xlsx", workbook(), "119.1", "uploaded"),
        ("detail.csv", csv_of({}, {"InvoiceDetailId": "2", "BilledCost": "1.5"}), "101.5", "detail"),
        ("detail.parquet", parquet(), "100.000000000000000001", "detail"),
    ],
)
def test_a_file_is_taken_in_once(finance, acme, name, content, amount, origin):
    first, again = send(finance, content, name), send(finance, content, name)

    assert f"{name}: 1 added, 0 changed, 0 as they were." in first.content.decode()
    assert f"{name}: 0 added, 0 changed, 1 as they were." in again.content.decode()
    [invoice] = kept(acme).values()
    assert (invoice.number, invoice.amount, invoice.origin, invoice.file_name) == ("7", Decimal(amount), origin, name)
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="invoices.taken_in").count() == 1


def test_details_delivered_again_replace_those_before_and_are_held_line_by_line(finance, acme, tmp_path):
    deliver(
        acme,
        tmp_path,
        charge("100", number="7", detail="1", currency="EUR"),
        charge("30", number="7", detail="2", currency="EUR"),
    )
    send(finance, csv_of({}))
    send(finance, csv_of({"BilledCost": "99.5"}, {"InvoiceDetailId": "2", "BilledCost": "20"}))

    invoice = kept(acme)["7"]
    page = finance.get(reverse("invoice", args=[invoice.id])).context["page"]
    assert [(one.line.key, one.state.label) for one in page.lines] == [("1", "Within tolerance"), ("2", "Differs")]
    assert (invoice.amount, page.row.state.label) == (Decimal("119.5"), "Differs")
    with tenant(acme.id):
        assert InvoiceLine.objects.count() == 2


def test_what_lines_say_is_not_typed_over(finance, acme):
    send(finance, csv_of({}))
    invoice = kept(acme)["7"]
    form = {**dict.fromkeys(("billing_period", "amount", "currency"), "1"), "issuer": "Cloud", "number": "7"}

    finance.post(reverse("invoice_edit", args=[invoice.id]), {**form, "status": "issued", "purchase_order": "PO-1"})

    changed = kept(acme)["7"]
    assert (changed.amount, changed.currency, changed.purchase_order) == (Decimal(100), "EUR", "PO-1")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("october.csv", CSV + b"\n8,Cloud,2026-10,EUR,ten,,", "october.csv, row 3, column Total: &#x27;ten&#x27; is not a number"),
        ("october.csv", b"", "october.csv has no bytes"),
        ("october.pdf", CSV, "take a file that ends in .csv"),
        ("october.xlsx", CSV, "is a ZIP or UTF-16 file"),
        ("october.csv", b"\xff\xfe\x00", "UTF-16"),
        ("october.csv", CSV + b'\n"8,Cloud', "october.csv cannot be read"),
        ("october.parquet", b"PAR1 no more", "is not a Parquet file that can be read"),
        ("october.csv", b"<script>,b\n1,2", "there is no column InvoiceId"),
    ],
)  # fmt: skip
def test_a_file_is_refused_whole_and_says_why(finance, acme, name, content, said):
    answer = send(finance, content, name)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert kept(acme) == {}


def test_a_file_beyond_the_limit_is_refused(finance, acme, monkeypatch):
    monkeypatch.setattr("ingestion.services.payable_files.MAX_BYTES", 10)

    assert "larger than 10 bytes" in send(finance, CSV).content.decode()
    assert kept(acme) == {}


def test_a_file_that_unpacks_to_more_is_refused(finance, acme, monkeypatch):
    monkeypatch.setattr("ingestion.services.payable_files.MAX_UNPACKED", 100)

    answer = send(finance, gzip.compress(CSV + b"\n" * 1000), "october.csv.gz")

    assert "october.csv.gz inflates to more than 100 bytes" in answer.content.decode()
    assert kept(acme) == {}


def test_more_rows_than_are_read_are_refused(finance, acme, monkeypatch):
    monkeypatch.setattr("ingestion.services.payable_files.MAX_ROWS", 1)

    assert "more than 1 rows" in send(finance, CSV + b"\n8,Cloud,2026-10,EUR,1,,").content.decode()
    assert kept(acme) == {}


def test_only_the_office_uploads(client, acme):
    client.force_login(member(acme, Role.AUDITOR))

    assert client.get(reverse("invoice_upload")).status_code == 403
    assert send(client, CSV).status_code == 403
