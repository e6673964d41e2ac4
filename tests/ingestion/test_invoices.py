"""Invoices kept, changed and voided, each deed in the audit log."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ingestion.models import Invoice
from ingestion.payables.facts import InvoiceFacts, InvoiceLine
from ingestion.services.invoices import (
    InvoiceError,
    change_invoice,
    enter_invoice,
    facts_of,
    lines_of,
    restore_invoice,
    take_in_invoices,
    void_invoice,
)
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core.tenancy import tenant
from tests.conftest import NOW

ADA = Actor(id=None, name="ada@acme.example")
FACTS = InvoiceFacts(
    issuer="Cloud",
    number="EU-7",
    billing_period=date(2026, 10, 1),
    currency="EUR",
    amount=Decimal("119.00"),
    issue_date=date(2026, 11, 4),
)
ALL = frozenset(FACTS.fields())


def line(detail_id, amount, category="Usage"):
    return InvoiceLine(
        detail_id=detail_id,
        charge_category=category,
        billing_account_id="42",
        billing_period=date(2026, 10, 1),
        amount=Decimal(amount),
    )


ITEMIZED = replace(FACTS, lines=(line("1", "100"), line("2", "19", "Tax")))


def whole_of(invoice):
    return facts_of(invoice, lines=lines_of(invoice))


@pytest.fixture
def inside(acme):
    with tenant(acme.id):
        yield acme


def enter(organization, facts=FACTS):
    return enter_invoice(facts, organization_id=organization.id, by=ADA, at=NOW)


def take_in(organization, *invoices, columns=ALL, name="october.csv"):
    return take_in_invoices(invoices, organization_id=organization.id, columns=columns, file_name=name, by=ADA, at=NOW)


def told():
    return [(one.action, one.changes) for one in AuditEvent.objects.order_by("sequence")]


def test_an_invoice_is_kept_once_and_written_down(inside):
    made, is_new = enter(inside)
    again, is_new_again = enter(inside, replace(FACTS, amount=Decimal("119")))

    assert (is_new, is_new_again, again.pk) == (True, False, made.pk)
    assert whole_of(Invoice.objects.get()) == FACTS
    [(action, changes)] = told()
    assert action == "invoice.entered"
    assert (changes["amount"], changes["billing_period"], changes["issue_date"]) == ("119", "2026-10", "2026-11-04")


def test_a_number_is_taken_whatever_the_capitals_of_its_issuer(inside):
    enter(inside)

    with pytest.raises(InvoiceError, match="EU-7 of Cloud is there already"):
        enter(inside, replace(FACTS, issuer="CLOUD", amount=Decimal(1)))
    assert enter(inside, replace(FACTS, issuer="Mail"))[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", ""),
        ("number", ""),
        ("number", "x" * 201),
        ("purchase_order", "a\nb"),
        ("reference_number", " EU-6"),
        ("currency", "eur"),
        ("amount", Decimal("1E20")),
        ("amount", Decimal("1E-19")),
        ("amount", Decimal("NaN")),
        ("due_date", date(2026, 11, 3)),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(inside, field, value):
    with pytest.raises(InvoiceError) as refused:
        enter(inside, replace(FACTS, **{field: value}))

    assert refused.value.field == field
    assert not Invoice.objects.exists()


def test_a_change_is_written_down_with_what_was_before(inside):
    made, _ = enter(inside)

    change_invoice(made, replace(FACTS, amount=Decimal(120), payment_terms="30 days"), by=ADA, at=NOW)
    change_invoice(made, replace(FACTS, amount=Decimal(120), payment_terms="30 days"), by=ADA, at=NOW)

    assert told()[1:] == [("invoice.changed", {"amount": ["119", "120"], "payment_terms": [None, "30 days"]})]
    made.refresh_from_db()
    assert (made.amount, made.payment_terms) == (Decimal(120), "30 days")


def test_a_change_takes_no_number_of_another(inside):
    enter(inside)
    other, _ = enter(inside, replace(FACTS, number="EU-8"))

    with pytest.raises(InvoiceError, match="Its number tells an invoice apart"):
        change_invoice(other, FACTS, by=ADA, at=NOW)


def test_a_voided_invoice_can_be_put_back(inside):
    made, _ = enter(inside)

    assert void_invoice(made, by=ADA, at=NOW).status == "voided"
    assert void_invoice(made, by=ADA, at=NOW).status == "voided"
    assert restore_invoice(Invoice.objects.get(), by=ADA, at=NOW).status == "issued"
    assert restore_invoice(Invoice.objects.get(), by=ADA, at=NOW).status == "issued"

    assert told()[1:] == [
        ("invoice.voided", {"status": ["issued", "voided"]}),
        ("invoice.restored", {"status": ["voided", "issued"]}),
    ]


def test_a_file_taken_in_twice_changes_nothing(inside):
    first = take_in(inside, ITEMIZED, replace(FACTS, number="EU-8"))
    before = list(Invoice.objects.order_by("number").values())
    again = take_in(inside, ITEMIZED, replace(FACTS, number="EU-8"), name="again.csv")

    assert (first.added, again.added, again.changed, again.unchanged) == (2, 0, 0, 2)
    assert list(Invoice.objects.order_by("number").values()) == before
    assert [action for action, _ in told()] == ["invoices.taken_in"]
    assert Invoice.objects.get(number="EU-7").origin == "detail"
    assert Invoice.objects.get(number="EU-8").origin == "uploaded"


def test_details_delivered_again_take_the_place_of_those_before(inside):
    take_in(inside, ITEMIZED)
    more = replace(FACTS, amount=Decimal("121"), lines=(line("1", "102"), line("3", "19", "Tax")))

    found = take_in(inside, more)

    kept = Invoice.objects.get()
    assert (found.changed, whole_of(kept)) == (1, more)
    assert told()[-1][1]["EU-7 of Cloud"]["amount"] == ["119", "121"]


def test_a_file_keeps_what_it_has_no_column_for(inside):
    made, _ = enter(inside, replace(FACTS, payment_terms="30 days"))
    void_invoice(made, by=ADA, at=NOW)

    take_in(inside, replace(FACTS, amount=Decimal(120)), columns=ALL - {"status", "payment_terms"})

    made.refresh_from_db()
    assert (made.amount, made.payment_terms, made.status) == (Decimal(120), "30 days", "voided")


def test_lines_are_changed_by_details_alone(inside):
    take_in(inside, ITEMIZED)
    kept = Invoice.objects.get()

    with pytest.raises(InvoiceError, match="has lines, which say otherwise"):
        change_invoice(kept, replace(FACTS, amount=Decimal(120)), by=ADA, at=NOW)
    with pytest.raises(InvoiceError, match="has lines, which say otherwise"):
        take_in(inside, replace(FACTS, amount=Decimal(120)))
    change_invoice(kept, replace(FACTS, purchase_order="PO-1"), by=ADA, at=NOW)
    take_in(inside, replace(FACTS, purchase_order="PO-2"))

    assert whole_of(Invoice.objects.get()) == replace(ITEMIZED, purchase_order="PO-2")


def test_a_file_is_taken_in_whole_or_not_at_all(inside):
    with pytest.raises(InvoiceError):
        take_in(inside, replace(FACTS, number="EU-8"), replace(FACTS, currency="?"))

    assert not Invoice.objects.exists()
    assert told() == []


@pytest.mark.parametrize("change", [{}, {"amount": Decimal("7")}, {"lines": ITEMIZED.lines}])
def test_a_file_of_many_invoices_takes_as_many_statements_as_one_of_few(inside, django_assert_max_num_queries, change):
    """Row by row, 60,000 invoices took minutes."""
    known = [replace(FACTS, number=f"I-{number}") for number in range(300)]
    with django_assert_max_num_queries(20):
        take_in(inside, *known)
    with django_assert_max_num_queries(20):
        found = take_in(inside, *(replace(one, **change) for one in known))

    assert (found.changed, found.unchanged) == ((300, 0) if change else (0, 300))


def test_many_invoices_say_and_itemize_what_their_file_does(inside):
    before = [replace(ITEMIZED, number=f"I-{number}") for number in range(5)]
    take_in(inside, *before)
    after = [
        before[0],
        replace(before[1], lines=before[1].lines[::-1]),
        replace(before[2], issuer="CLOUD"),
        *before[3:],
    ]

    take_in(inside, *after, replace(ITEMIZED, number="I-5"))

    kept = {one.number: whole_of(one) for one in Invoice.objects.all()}
    assert [kept[f"I-{number}"] for number in range(6)] == [*after, replace(ITEMIZED, number="I-5")]
