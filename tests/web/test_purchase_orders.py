"""Purchase orders in the browser: entered, taken in from files, and beside the invoices that name them."""

import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from ingestion.models import PurchaseOrder
from ingestion.payables.order_facts import OrderFacts
from ingestion.services.purchase_orders import enter_order
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core.money import plain
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion.test_purchase_orders import HEAD, invoice

TYPED = {
    "vendor": "Cloud",
    "number": "PO-7",
    "currency": "eur",
    "amount": "1000.000000000000000001",
    "order_date": "2026-01-02",
    "start_date": "2026-01-01",
    "end_date": "2099-12-31",
    "cost_center": "4711",
    "description": "Compute",
}


@pytest.fixture
def finance(client, acme):
    client.force_login(member(acme, Role.FINANCE))
    return client


def enter(client, **more):
    return client.post(reverse("purchase_order_new"), {**TYPED, **more})


def only_order(organization):
    with tenant(organization.id):
        return PurchaseOrder.objects.get()


def page(client, **address):
    response = client.get(reverse("purchase_orders"), address)
    assert response.status_code == 200
    return response.context["page"]


def send(client, content, name="orders.csv", **more):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("purchase_order_upload"), {"file": file, **more}, follow=True)


def csv_of(*lines):
    return "\n".join([HEAD, *lines]).encode()


@pytest.fixture
def orders(acme):
    """An order of every state, one in dollars, and a number that nobody knows."""
    with tenant(acme.id):
        for number, more in {
            "O-OPEN": {},
            "O-FULL": {},
            "O-OVER": {"vendor": "Disks", "cost_center": "4711"},
            "O-LATE": {"end_date": date(2026, 2, 1)},
            "O-CLOSED": {"status": "closed"},
            "O-DOLLAR": {"currency": "USD", "amount": Decimal(5), "description": "Seats of Mail"},
        }.items():
            said = {"vendor": "Cloud", "currency": "EUR", "amount": Decimal(100), "order_date": date(2026, 1, 2)}
            facts = OrderFacts(number=number, **said | more)
            enter_order(facts, organization_id=acme.id, by=Actor(id=None, name="ada"), at=NOW)
        invoice(acme, "1", "40.5", order="o-open")
        invoice(acme, "2", "100", order="O-FULL")
        invoice(acme, "3", "130", order="O-OVER", issuer="disks")
        invoice(acme, "4", "9", order="O-OVER")
        invoice(acme, "5", "7", order="O-OPEN", currency="USD")
    return acme


def test_nothing_entered_yet_says_what_to_do(finance):
    shown = finance.get(reverse("purchase_orders")).content.decode()

    assert "No purchase order yet" in shown
    assert reverse("purchase_order_new") in shown


def test_who_may_not_write_is_not_asked_to(client, acme):
    client.force_login(member(acme, Role.AUDITOR))

    shown = client.get(reverse("purchase_orders")).content.decode()

    assert "No purchase order yet" in shown
    assert reverse("purchase_order_new") not in shown
    assert client.get(reverse("purchase_order_new")).status_code == 403
    assert send(client, csv_of()).status_code == 403


def test_an_order_is_entered_to_the_last_digit(finance, acme):
    answer = enter(finance)

    made = only_order(acme)
    assert (answer.status_code, answer.url) == (302, reverse("purchase_order", args=[made.id]))
    assert (made.amount, made.currency, made.entered_by) == (Decimal(TYPED["amount"]), "EUR", "finance@acme.example")
    detail = finance.get(answer.url).content.decode()
    assert "What is left of order PO-7?" in detail
    assert "No invoice of Cloud names this number." in detail


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("amount", "abc", "is not a number"),
        ("amount", "0", "Is not more than zero"),
        ("amount", "1e30", "Has more than 20 digits"),
        ("currency", "xxq", "Is XXQ, which is no currency"),
        ("end_date", "2025-12-31", "Lies before the start, 2026-01-01."),
        ("order_date", "", "This field is required"),
        ("number", " ", "This field is required"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(finance, acme, field, value, said):
    answer = enter(finance, **{field: value})

    assert answer.status_code == 422
    assert said in str(answer.context["page"].form.errors[field])
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()


def test_the_same_twice_is_one_and_another_of_the_same_number_is_refused(finance, acme):
    first, again, other = enter(finance), enter(finance), enter(finance, number="po - 7", amount="5")

    assert (again.status_code, again.url) == (302, first.url)
    assert other.status_code == 422
    assert "is there already" in str(other.context["page"].form.errors["number"])
    assert only_order(acme).amount == Decimal(TYPED["amount"])


def test_a_change_shows_and_is_written_down(finance, acme):
    enter(finance)
    made = only_order(acme)
    finance.post(reverse("purchase_order_close", args=[made.id]))
    form = finance.get(reverse("purchase_order_edit", args=[made.id])).context["page"].form

    answer = finance.post(reverse("purchase_order_edit", args=[made.id]), {**TYPED, "amount": "99.50"})

    assert (form["amount"].value(), form["vendor"].value()) == (TYPED["amount"], "Cloud")
    assert answer.status_code == 302
    assert (only_order(acme).amount, only_order(acme).status) == (Decimal("99.5"), "closed")
    with tenant(acme.id):
        event = AuditEvent.objects.get(action="purchase_order.changed")
    assert (event.actor_name, event.changes) == ("finance@acme.example", {"amount": [TYPED["amount"], "99.5"]})


def test_an_order_is_closed_opened_again_and_deleted(finance, acme):
    enter(finance)
    made = only_order(acme)

    closed = finance.post(reverse("purchase_order_close", args=[made.id]), follow=True).context["page"]
    opened = finance.post(reverse("purchase_order_reopen", args=[made.id]), follow=True).context["page"]
    gone = finance.post(reverse("purchase_order_delete", args=[made.id]), follow=True)

    assert (closed.row.state.label, opened.row.state.label) == ("Closed", "Open")
    assert "PO-7 of Cloud is deleted" in gone.content.decode()
    assert gone.context["page"].is_empty
    assert finance.get(reverse("purchase_order", args=[made.id])).status_code == 404


def test_orders_show_what_invoices_have_drawn(finance, orders):
    shown = page(finance)

    assert {row.number: (row.state.label, plain(row.drawing.remaining)) for row in shown.rows} == {
        "O-OPEN": ("Open", "59.5"),
        "O-FULL": ("Fully invoiced", "0"),
        "O-OVER": ("Overdrawn", "-30"),
        "O-LATE": ("Expired", "100"),
        "O-CLOSED": ("Closed", "100"),
        "O-DOLLAR": ("Open", "5"),
    }
    assert [(one.currency, one.count, one.billed, one.remaining, one.overdrawn) for one in shown.sums] == [
        ("EUR", 5, Decimal("270.5"), Decimal("159.5"), Decimal(30)),
        ("USD", 1, Decimal(0), Decimal(5), Decimal(0)),
    ]
    [unknown] = shown.unknown
    assert (unknown.number, unknown.issuer, unknown.billed, unknown.vendors) == ("O-OVER", "Cloud", 9, ("Disks",))
    assert [one.number for one in unknown.invoices] == ["4"]
    [row] = [row for row in shown.rows if row.number == "O-OPEN"]
    assert row.note == "Invoices in USD not added"


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({"state": "overdrawn"}, ["O-OVER"]),
        ({"state": "nonsense", "q": "o-f"}, ["O-FULL"]),
        ({"vendor": "disks"}, ["O-OVER"]),
        ({"vendor": "Nobody"}, []),
        ({"q": "SEATS"}, ["O-DOLLAR"]),
        ({"q": "4711"}, ["O-OVER"]),
        ({"q": "cloud", "state": "open"}, ["O-DOLLAR", "O-OPEN"]),
    ],
)
def test_orders_are_found_by_text_state_and_vendor(finance, orders, asked, numbers):
    shown = page(finance, **asked)

    assert [row.number for row in shown.rows] == numbers
    assert sum(one.count for one in shown.sums) == len(numbers)
    assert shown.is_narrowed


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_orders_leave_as_a_file_with_exact_figures(finance, orders, kind):
    enter(finance, number="=1+1", end_date="")

    answer = finance.get(reverse("purchase_orders_file"), {"format": kind, "q": "=1"})

    assert answer["Content-Disposition"] == f'attachment; filename="purchase-orders.{kind}"'
    if kind == "csv":
        [row] = csv.DictReader(io.StringIO(answer.content.decode()))
    elif kind == "xlsx":
        heads, values = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
        row = dict(zip(heads, values, strict=True))
    else:
        [row] = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    assert row["number"] == ("=1+1" if kind == "parquet" else "'=1+1")
    assert Decimal(row["amount"]) == Decimal(row["remaining"]) == Decimal(TYPED["amount"])
    assert (row["state"], row["currency"], Decimal(row["invoice_count"])) == ("open", "EUR", 0)
    everything = finance.get(reverse("purchase_orders_file"), {"format": "csv"}).content.decode()
    assert len(everything.splitlines()) == 8


def test_an_unknown_format_is_no_file(finance):
    assert finance.get(reverse("purchase_orders_file"), {"format": "pdf"}).status_code == 404


def test_a_number_that_no_order_has_fills_in_the_form(finance, orders):
    [row] = page(finance).unknown

    form = finance.get(f"{reverse('purchase_order_new')}?{row.query}").context["page"].form

    assert {name: form[name].value() for name in ("vendor", "number", "currency", "amount")} == {
        "vendor": "Cloud",
        "number": "O-OVER",
        "currency": "EUR",
        "amount": None,
    }


def test_an_invoice_leads_to_its_order_and_back(finance, orders):
    with tenant(orders.id):
        order = PurchaseOrder.objects.get(number="O-OPEN")
        named = invoice(orders, "6", "1", order="O-OPEN")
        unknown = invoice(orders, "7", "1", order="O-NEW")

    of_order = finance.get(reverse("purchase_order", args=[order.id]))
    of_invoice = finance.get(reverse("invoice", args=[named.id])).content.decode()
    of_unknown = finance.get(reverse("invoice", args=[unknown.id])).content.decode()

    rows = {one.number: one for one in of_order.context["page"].invoices}
    assert {number: row.counts for number, row in rows.items()} == {"1": Decimal("40.5"), "5": None, "6": Decimal(1)}
    assert reverse("invoice", args=[named.id]) in of_order.content.decode()
    assert f'<a href="{reverse("purchase_order", args=[order.id])}">O-OPEN</a>' in of_invoice
    assert "No order of Cloud has this number." in of_unknown
    assert f"{reverse('purchase_order_new')}?vendor=Cloud&amp;number=O-NEW&amp;currency=EUR" in of_unknown


def test_more_orders_take_no_more_queries(finance, orders):
    def queries():
        with CaptureQueriesContext(connection) as ran:
            page(finance)
        return len(ran)

    few = queries()
    send(finance, csv_of(*(f"N-{number},Cloud,EUR,10,2026-01-02" for number in range(60))))

    assert queries() <= few + 1  # the answer of the upload stands on the first page after it
    assert page(finance).paging.last == 2


def workbook():
    book = Workbook()
    book.active.append(["Document Number", "Name", "Currency", "Amount", "Date", "Status"])
    book.active.append([4500012345, "Cloud", "EUR", 119.1, date(2026, 1, 2), "Pending Receipt"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_file_is_looked_at_taken_in_and_replaces(finance, acme):
    content = csv_of("PO-7,Cloud,EUR,1000,2026-01-02", "PO-8,Cloud,EUR,5,2026-01-02")
    looked = send(finance, content, look="1")
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()
    first, again = send(finance, content), send(finance, content)
    changed = csv_of("PO-7,Cloud,EUR,1200,2026-01-02", "PO-8,Cloud,EUR,5,2026-01-02")
    looked_again = send(finance, changed, look="1").context["page"].preview
    last = send(finance, changed)

    preview = looked.context["page"].preview
    assert (preview.added, preview.changed, preview.unchanged) == (2, 0, 0)
    assert [(row.name, row.is_new) for row in preview.rows] == [("PO-7 of Cloud", True), ("PO-8 of Cloud", True)]
    assert "orders.csv: 2 added, 0 changed, 0 as they were." in first.content.decode()
    assert "orders.csv: 0 added, 0 changed, 2 as they were." in again.content.decode()
    assert [(row.name, row.changes) for row in looked_again.rows] == [("PO-7 of Cloud", (("Amount", "1000", "1200"),))]
    assert "orders.csv: 0 added, 1 changed, 1 as they were." in last.content.decode()
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="purchase_orders.taken_in").count() == 2


def test_a_workbook_is_taken_in(finance, acme):
    answer = send(finance, workbook(), "orders.xlsx")

    assert "orders.xlsx: 1 added" in answer.content.decode()
    made = only_order(acme)
    assert (made.number, made.amount, made.order_date) == ("4500012345", Decimal("119.1"), date(2026, 1, 2))


@pytest.mark.parametrize("more", [{}, {"look": "1"}])
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("orders.csv", csv_of("PO-7,Cloud,EUR,abc,2026-01-02"), "orders.csv, row 2, column Amount: &#x27;abc&#x27;"),
        ("orders.csv", csv_of("PO-7,Cloud,EUR,1,2026-01-02", "po-7,Cloud,EUR,2,2026-01-02"), "row 2 already. Keep one"),
        ("orders.csv", b"PO Number,Vendor\nPO-7,Cloud", "there is no column Currency, Amount, OrderDate"),
        ("orders.csv", b"", "orders.csv has no bytes"),
        ("orders.pdf", csv_of(), "take a file that ends in .csv"),
        ("orders.xlsx", csv_of(), "is a ZIP or UTF-16 file"),
        ("orders.csv", b"<script>,b\n1,2", "there is no column PurchaseOrder"),
    ],
)
def test_a_file_is_refused_whole_and_says_why(finance, acme, name, content, said, more):
    answer = send(finance, content, name, **more)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()


def test_another_organization_sees_and_changes_nothing(client, globex, orders):
    with tenant(orders.id):
        foreign = PurchaseOrder.objects.get(number="O-OPEN")
    client.force_login(member(globex, Role.OWNER, "bo@globex.example"))

    assert page(client).is_empty
    assert page(client).unknown == ()
    for what in ("close", "reopen", "delete"):
        assert client.post(reverse(f"purchase_order_{what}", args=[foreign.id])).status_code == 404
    assert client.post(reverse("purchase_order_edit", args=[foreign.id]), TYPED).status_code == 404
    with tenant(orders.id):
        assert PurchaseOrder.objects.filter(number="O-OPEN", status="open").exists()
