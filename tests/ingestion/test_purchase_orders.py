"""Purchase orders kept, changed, closed and taken in from files, each deed in the audit log, beside their invoices."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from ingestion.models import PurchaseOrder
from ingestion.payables.facts import InvoiceFacts, InvoiceLine
from ingestion.payables.order_facts import OrderFacts
from ingestion.purchase_orders import (
    invoices_of_order,
    order_book,
    order_of_invoice,
    standings,
    unknown_order_numbers,
    with_invoices,
)
from ingestion.services.invoices import enter_invoice, take_in_invoices, void_invoice
from ingestion.services.order_files import look_at_order_file, take_in_order_file
from ingestion.services.payable_files import RefusedFileError
from ingestion.services.purchase_orders import (
    PurchaseOrderError,
    change_order,
    close_order,
    delete_order,
    enter_order,
    facts_of_order,
    order_of,
    reopen_order,
)
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core.tenancy import tenant
from tests.conftest import NOW

ADA = Actor(id=None, name="ada@acme.example")
TODAY = date(2026, 11, 29)
FACTS = OrderFacts(
    vendor="Cloud", number="PO-7", currency="EUR", amount=Decimal("1000.00"), order_date=date(2026, 1, 2)
)
HEAD = "PO Number,Vendor,Currency,Amount,Order date"


@pytest.fixture
def inside(acme):
    with tenant(acme.id):
        yield acme


def enter(organization, **changes):
    return enter_order(replace(FACTS, **changes), organization_id=organization.id, by=ADA, at=NOW)


def invoice(organization, number, amount, *, order="PO-7", issuer="Cloud", currency="EUR", **changes):
    facts = InvoiceFacts(
        issuer=issuer,
        number=number,
        billing_period=date(2026, 10, 1),
        currency=currency,
        amount=Decimal(amount),
        purchase_order=order,
        **changes,
    )
    return enter_invoice(facts, organization_id=organization.id, by=ADA, at=NOW)[0]


def take_in(organization, *lines, head=HEAD, name="orders.csv"):
    content = "\n".join([head, *lines]).encode()
    return take_in_order_file([content], name=name, organization_id=organization.id, by=ADA, at=NOW)


def look(organization, *lines, head=HEAD):
    content = "\n".join([head, *lines]).encode()
    return look_at_order_file([content], name="orders.csv", organization_id=organization.id)


def told():
    return [(one.action, one.changes) for one in AuditEvent.objects.order_by("sequence")]


def counts(found):
    return found.added, found.changed, found.unchanged


def test_an_order_is_kept_once_and_written_down(inside):
    made, is_new = enter(inside, end_date=date(2026, 12, 31))
    again, is_new_again = enter(inside, end_date=date(2026, 12, 31), amount=Decimal(1000))

    assert (is_new, is_new_again, again.pk) == (True, False, made.pk)
    assert facts_of_order(PurchaseOrder.objects.get()) == replace(FACTS, end_date=date(2026, 12, 31))
    [(action, changes)] = told()
    assert (action, changes["amount"], changes["end_date"]) == ("purchase_order.entered", "1000", "2026-12-31")


def test_a_number_is_taken_whatever_its_capitals_and_spaces(inside):
    enter(inside)

    with pytest.raises(PurchaseOrderError, match="PO-7 of Cloud is there already") as refused:
        enter(inside, vendor="CLOUD", number="po -7", amount=Decimal(1))
    assert refused.value.field == "number"
    assert enter(inside, vendor="Mail")[1]
    assert order_of("cloud ", "Po-7 ") == order_of("Cloud", "PO-7")


def test_the_database_holds_an_order_to_be_one(inside):
    made, _ = enter(inside)

    made.pk = None
    made._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vendor", ""),
        ("number", "x" * 201),
        ("description", "a\nb"),
        ("cost_center", " 4711"),
        ("currency", "eur"),
        ("currency", "XXQ"),
        ("amount", Decimal(0)),
        ("amount", Decimal("1E20")),
        ("amount", Decimal("1E-19")),
        ("amount", Decimal("NaN")),
        ("end_date", date(2025, 12, 31)),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(inside, field, value):
    with pytest.raises(PurchaseOrderError) as refused:
        enter(inside, **{"start_date": date(2026, 1, 1), field: value})

    assert refused.value.field == field
    assert not PurchaseOrder.objects.exists()


def test_a_change_is_written_down_with_what_was_before(inside):
    made, _ = enter(inside)

    for _ in range(2):
        change_order(made, replace(FACTS, number="PO-8", amount=Decimal(1200)), by=ADA, at=NOW)

    assert told()[1:] == [("purchase_order.changed", {"number": ["PO-7", "PO-8"], "amount": ["1000", "1200"]})]
    assert order_of("Cloud", "po-8") == made
    assert order_of("Cloud", "PO-7") is None


def test_a_change_takes_no_number_of_another(inside):
    enter(inside)
    other, _ = enter(inside, number="PO-8")

    with pytest.raises(PurchaseOrderError, match="Its number tells an order of a vendor apart"):
        change_order(other, FACTS, by=ADA, at=NOW)


def test_who_is_second_is_told_so(inside, monkeypatch):
    """The number is looked for before somebody else keeps it, and taken when it is to be kept."""
    made, _ = enter(inside, number="PO-8")
    enter(inside)
    monkeypatch.setattr("ingestion.services.purchase_orders.order_of", lambda *_: None)

    with pytest.raises(PurchaseOrderError, match="PO-7 of Cloud has just been entered"):
        enter(inside, amount=Decimal(5))
    with pytest.raises(PurchaseOrderError, match="PO-7 of Cloud has just been entered"):
        change_order(made, FACTS, by=ADA, at=NOW)

    assert order_of("Cloud", "PO-7").amount == Decimal(1000)
    monkeypatch.setattr("ingestion.services.purchase_orders._named_like", lambda _: PurchaseOrder.objects.none())
    with pytest.raises(RefusedFileError, match="Somebody has just entered one of these orders"):
        take_in(inside, "PO-7,Cloud,EUR,5,2026-01-02")
    assert PurchaseOrder.objects.count() == 2


def test_an_order_is_closed_reopened_and_deleted(inside):
    made, _ = enter(inside)

    assert close_order(made, by=ADA, at=NOW).status == "closed"
    assert close_order(made, by=ADA, at=NOW).status == "closed"
    assert reopen_order(made, by=ADA, at=NOW).status == "open"
    delete_order(made, by=ADA)

    assert not PurchaseOrder.objects.exists()
    actions = [action for action, _ in told()]
    assert actions[1:] == ["purchase_order.closed", "purchase_order.reopened", "purchase_order.deleted"]
    assert told()[-1][1]["amount"] == "1000"


def test_a_file_taken_in_twice_changes_nothing_and_one_that_says_otherwise_replaces(inside):
    rows = ("PO-7,Cloud,EUR,1000,2026-01-02", "PO-8,Mail,USD,0.000000000000000001,2026-01-02")
    planned = look(inside, *rows)
    nothing_yet = PurchaseOrder.objects.count()
    first, again = take_in(inside, *rows), take_in(inside, *rows, name="again.csv")
    before = list(PurchaseOrder.objects.order_by("number").values())
    other = take_in(inside, "po-7 ,CLOUD,EUR,1200,2026-01-02", "PO-8,Mail,USD,0.000000000000000001,2026-01-02")

    assert ([one.deed for one in planned], nothing_yet) == (["added", "added"], 0)
    assert (counts(first), counts(again), counts(other)) == ((2, 0, 0), (0, 0, 2), (0, 1, 1))
    assert before[1]["amount"] == Decimal("0.000000000000000001")
    assert before[0]["file_name"] == "orders.csv"
    kept = order_of("Cloud", "PO-7")
    assert (kept.id, kept.amount, kept.number, kept.vendor) == (before[0]["id"], Decimal(1200), "po-7", "CLOUD")
    assert [action for action, _ in told()] == ["purchase_orders.taken_in"] * 2
    assert told()[-1][1]["po-7 of CLOUD"]["amount"] == ["1000", "1200"]


def test_a_file_keeps_what_it_has_no_column_for(inside):
    made, _ = enter(inside, description="Compute", end_date=date(2026, 12, 31))
    close_order(made, by=ADA, at=NOW)

    planned = look(inside, "PO-7,Cloud,EUR,1200,2026-01-02")
    take_in(inside, "PO-7,Cloud,EUR,1200,2026-01-02")

    made.refresh_from_db()
    assert (made.amount, made.description, made.status) == (Decimal(1200), "Compute", "closed")
    assert (planned[0].deed, planned[0].changes) == ("changed", {"amount": ["1000", "1200"]})


def test_what_a_file_makes_of_a_kept_order_is_held_against_what_can_be(inside):
    enter(inside, start_date=date(2026, 6, 1))

    with pytest.raises(RefusedFileError, match="orders.csv: End date lies before the start, 2026-06-01"):
        take_in(inside, "PO-7,Cloud,EUR,1200,2026-01-02,2026-05-31", head=f"{HEAD},End date")


@pytest.mark.parametrize("send", [take_in, look])
def test_a_file_is_taken_in_whole_or_not_at_all(inside, send):
    with pytest.raises(RefusedFileError) as refused:
        send(inside, "PO-7,Cloud,EUR,1000,2026-01-02", "PO-8,Cloud,EUR,abc,2026-01-02", "PO-7,cloud,EUR,1,2026-01-02")

    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "orders.csv, row 3, column Amount",
        "orders.csv, row 4, column PO Number",
    ]
    assert not PurchaseOrder.objects.exists()
    assert told() == []


def test_an_order_is_drawn_on_by_the_invoices_that_name_it(inside):
    made, _ = enter(inside)
    invoice(inside, "1", "400.000000000000000001")
    invoice(inside, "2", "100", order="po - 7", issuer="CLOUD")
    invoice(inside, "3", "50", currency="USD")
    invoice(inside, "4", "30", status="open")
    void_invoice(invoice(inside, "5", "999"), by=ADA, at=NOW)
    invoice(inside, "6", "77", issuer="Mail")
    invoice(inside, "7", "5", order="")
    invoice(inside, "8", "6", order="PO-9")
    void_invoice(invoice(inside, "9", "6", order="PO-9"), by=ADA, at=NOW)

    [found] = standings([made], today=TODAY)
    unknown = unknown_order_numbers()

    drawn = found.drawing
    assert (drawn.billed, drawn.invoice_count, drawn.state) == (Decimal("500.000000000000000001"), 2, "open")
    assert (drawn.not_issued, drawn.not_issued_count) == (Decimal(30), 1)
    assert [(one.currency, one.billed) for one in drawn.in_other_currencies] == [("USD", Decimal(50))]
    assert sorted(one.number for one in invoices_of_order(made)) == ["1", "2", "3", "4", "5"]
    assert [(one.named.issuer, one.named.number, one.named.billed, one.vendors) for one in unknown] == [
        ("Cloud", "PO-9", Decimal(6), ()),
        ("Mail", "PO-7", Decimal(77), ("Cloud",)),
    ]
    assert order_book(today=TODAY).unknown == unknown
    assert with_invoices(()) == ()
    assert [[one.number for one in each.invoices] for each in with_invoices(unknown)] == [["8"], ["6"]]


def test_tax_that_lines_tell_apart_draws_on_no_order(inside):
    made, _ = enter(inside)
    line = InvoiceLine(
        detail_id="1", charge_category="Usage", billing_account_id="", billing_period=date(2026, 10, 1), amount=Decimal(1000)
    )  # fmt: skip
    tax = replace(line, detail_id="2", charge_category="Tax", amount=Decimal(190))
    facts = InvoiceFacts(
        issuer="Cloud",
        number="1",
        billing_period=date(2026, 10, 1),
        currency="EUR",
        amount=Decimal(1190),
        purchase_order="PO-7",
        lines=(line, tax),
    )
    take_in_invoices(
        [facts], organization_id=inside.id, columns=frozenset(facts.fields()), file_name="x.csv", by=ADA, at=NOW
    )

    [found] = standings([made], today=TODAY)

    assert (found.drawing.billed, found.drawing.tax, found.drawing.state) == (
        Decimal(1000),
        Decimal(190),
        "fully_invoiced",
    )


def test_an_invoice_leads_to_its_order(inside):
    made, _ = enter(inside)

    assert order_of_invoice(invoice(inside, "1", "1", order="po-7")) == made
    assert order_of_invoice(invoice(inside, "2", "1", order="PO-9")) is None
    assert order_of_invoice(invoice(inside, "3", "1", order="")) is None


def test_a_hundred_orders_take_as_many_queries_as_one(inside):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as ran:
            book = order_book(today=TODAY)
        return len(book.standings), len(ran)

    enter(inside)
    invoice(inside, "1", "1")
    one = queries()
    take_in(inside, *(f"N-{number},Cloud,EUR,10,2026-01-02" for number in range(99)))
    for number in range(30):
        invoice(inside, f"N{number}", "1", order=f"N-{number}")

    assert one == (1, 3)
    assert queries() == (100, 3)


def test_another_organization_has_orders_of_its_own(acme, globex):
    with tenant(acme.id):
        enter(acme)
        invoice(acme, "1", "400")
    with tenant(globex.id):
        made, is_new = enter(globex)
        [found] = standings([made], today=TODAY)
        book = order_book(today=TODAY)

    assert (is_new, found.drawing.billed, len(book.standings), book.unknown) == (True, Decimal(0), 1, ())
