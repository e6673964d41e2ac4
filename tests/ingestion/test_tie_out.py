"""Invoices held against the charges of real imports, and how final that makes the bills."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils import timezone

from ingestion.invoice_sums import sums_of
from ingestion.models import BillRevision, Invoice
from ingestion.payables.facts import InvoiceFacts, InvoiceLine
from ingestion.revisions import revision_folder
from ingestion.selectors import current_revisions
from ingestion.services.invoices import enter_invoice, take_in_invoices, void_invoice
from ingestion.tie_out import bill_states, books_of, lines_beside_charges
from itfm.audit.services import Actor
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.invoiced_bills import charge, deliver

ADA = Actor(id=None, name="ada@acme.example")
OCTOBER = date(2026, 10, 1)
TINY = "0.000000000000000001"
FACTS = InvoiceFacts(
    issuer="Cloud",
    number="7",
    billing_period=OCTOBER,
    currency="USD",
    amount=Decimal(100),
    issue_date=date(2026, 11, 1),
)


def enter(organization, facts=FACTS, **more):
    with tenant(organization.id):
        invoice, _ = enter_invoice(replace(facts, **more), organization_id=organization.id, by=ADA, at=timezone.now())
    return invoice


def books(organization, period=OCTOBER, at=NOW):
    with tenant(organization.id):
        return books_of(period, at=at)


def states(organization, at=NOW):
    with tenant(organization.id):
        return {
            revision.bill.billing_period.month: bill_states([revision], at=at)[revision.bill_id]
            for revision in current_revisions()
        }


def test_an_invoice_is_held_against_the_charges_of_its_number_to_the_last_digit(acme, tmp_path):
    deliver(acme, tmp_path, charge("60", number="7"), charge("40", number="7"), charge(TINY, number="7"), charge("5"))
    invoice = enter(acme)

    found = books(acme).reconciliations[invoice.id]

    assert (found.state, found.difference, found.charge_count) == ("within_tolerance", Decimal(TINY), 3)


def test_charges_of_a_number_that_nobody_entered_are_told_and_so_are_bills_without_invoice(acme, tmp_path):
    bills = deliver(acme, tmp_path, charge("100", number="7"), charge("20", number="9"), charge("2", number="9"))
    other = deliver(acme, tmp_path, charge("3"), key="b", name="B")
    enter(acme)

    found = books(acme)

    [unknown] = found.unknown
    assert (unknown.number, unknown.account, unknown.billed_cost, unknown.charge_count) == ("9", "42", Decimal(22), 2)
    assert [tie.revision.bill_id for tie in found.bills_without] == [other[10].id]
    assert [one.number for tie in found.ties if tie.revision.bill_id == bills[10].id for one in tie.invoices] == ["7"]


def test_charges_that_are_gone_from_the_lake_are_not_said_to_be_missing(acme, tmp_path):
    deliver(acme, tmp_path, charge("100", number="7"))
    invoice = enter(acme)
    with tenant(acme.id):
        (revision_folder(BillRevision.objects.get()) / "charges.parquet").unlink()

    assert books(acme).reconciliations[invoice.id].state == "unknown"


def test_what_charges_come_to_is_kept_under_their_revision(acme, tmp_path):
    deliver(acme, tmp_path, charge("100", number="7"))
    with tenant(acme.id):
        revision = current_revisions().get()
        first = sums_of(revision)
        (revision_folder(revision) / "charges.parquet").unlink()

        assert sums_of(revision) == first


def test_a_bill_that_names_too_many_invoices_is_held_against_none(acme, tmp_path, monkeypatch):
    monkeypatch.setattr("ingestion.invoice_sums.MOST_SUMS", 1)
    deliver(acme, tmp_path, charge("99", number="7"), charge("1", number="8"))
    invoice = enter(acme)

    assert books(acme).reconciliations[invoice.id].state == "unknown"


def test_lines_are_held_against_their_charges(acme, tmp_path):
    deliver(acme, tmp_path, charge("60", number="7", detail="a"), charge("30", number="7", detail="b"), charge("9"))
    lines = tuple(
        InvoiceLine(
            detail_id=detail,
            charge_category="Usage",
            billing_account_id="42",
            billing_period=OCTOBER,
            amount=Decimal(amount),
        )
        for detail, amount in (("a", "60"), ("b", "40"))
    )
    with tenant(acme.id):
        take_in_invoices(
            [replace(FACTS, lines=lines)],
            organization_id=acme.id,
            columns=frozenset(FACTS.fields()),
            file_name="detail.csv",
            by=ADA,
            at=NOW,
        )
        found = lines_beside_charges(Invoice.objects.get())

    assert [(one.key, one.state, one.difference) for one in found] == [
        ("a", "matches", Decimal(0)),
        ("b", "differs", Decimal(-10)),
    ]


def test_a_bill_is_estimated_until_it_is_invoiced(acme, tmp_path):
    deliver(acme, tmp_path, charge("100", number="7"))
    before = states(acme)
    invoice = enter(acme)
    during = states(acme, at=datetime(2026, 10, 31, 23, tzinfo=UTC))
    after = states(acme)
    with tenant(acme.id):
        void_invoice(invoice, by=ADA, at=NOW)

    assert (before, during, after, states(acme)) == (
        {10: "estimated"},
        {10: "estimated"},
        {10: "invoiced"},
        {10: "estimated"},
    )


def test_a_bill_with_charges_of_another_invoice_is_not_invoiced_yet(acme, tmp_path):
    deliver(acme, tmp_path, charge("100", number="7"), charge("1", number="8"))
    enter(acme)

    assert states(acme) == {10: "estimated"}

    enter(acme, number="8", amount=Decimal(1))

    assert states(acme) == {10: "invoiced"}


def came_on(organization, day):
    """Date every delivery, whatever the clock of this machine says."""
    with tenant(organization.id):
        BillRevision.objects.update(imported_at=datetime(2026, 11, day, tzinfo=UTC))


def test_a_delivery_after_the_invoice_that_still_ties_out_trues_the_bill_up(acme, tmp_path):
    found = []
    deliver(acme, tmp_path, charge("90", number="7"), charge("10", number="7"))
    enter(acme, issue_date=date(2026, 11, 4))
    for cost, day in (("99.5", 4), ("99.6", 5), ("50", 6)):
        deliver(acme, tmp_path, charge(cost, number="7"))
        came_on(acme, day)
        found += states(acme).values()

    assert found == ["invoiced", "trued_up", "invoiced"]


def test_corrections_in_a_later_bill_true_the_earlier_one_up(acme, tmp_path):
    correction = charge("-3", number="8", correction=True, month=11, on=10)
    deliver(acme, tmp_path, charge("100", number="7"), charge("5", number="8", month=11), correction)
    enter(acme)

    assert states(acme, at=datetime(2026, 11, 20, tzinfo=UTC)) == {10: "trued_up", 11: "estimated"}


def test_another_organization_has_books_of_its_own(acme, globex, tmp_path):
    deliver(acme, tmp_path, charge("100", number="7"))
    enter(acme)

    found = books(globex)

    assert (found.invoices, found.ties, found.unknown) == ((), (), ())
