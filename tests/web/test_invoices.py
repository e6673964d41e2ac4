"""Invoices in the browser: entered, changed, voided, and beside the bills."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from allocation.services import allocate
from ingestion.models import Invoice
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion.invoiced_bills import charge, deliver

TYPED = {
    "issuer": "Cloud",
    "number": "7",
    "billing_period": "2026-10",
    "currency": "usd",
    "amount": "100.000000000000000001",
    "status": "issued",
    "issue_date": "2026-11-04",
    "due_date": "2026-12-04",
}


@pytest.fixture
def finance(client, acme):
    client.force_login(member(acme, Role.FINANCE))
    return client


def enter(client, **more):
    return client.post(reverse("invoice_new"), {**TYPED, **more})


def only_invoice(organization):
    with tenant(organization.id):
        return Invoice.objects.get()


def page(client, **address):
    response = client.get(reverse("invoices"), address)
    assert response.status_code == 200
    return response.context["page"]


def test_nothing_entered_yet_says_what_to_do(finance):
    shown = finance.get(reverse("invoices")).content.decode()

    assert "No invoice yet" in shown
    assert reverse("invoice_new") in shown


def test_an_invoice_is_entered_to_the_last_digit_and_shown_beside_its_charges(finance, acme, tmp_path):
    deliver(acme, tmp_path, charge("60", number="7"), charge("40", number="7"), charge("5", number="9"))

    answer = enter(finance)

    made = only_invoice(acme)
    assert (answer.status_code, answer.url) == (302, reverse("invoice", args=[made.id]))
    assert (made.amount, made.currency, made.entered_by) == (Decimal(TYPED["amount"]), "USD", "finance@acme.example")
    shown = page(finance)
    assert [(row.number, row.state.label) for row in shown.rows] == [("7", "Within tolerance")]
    assert shown.rows[0].reconciliation.difference == Decimal("-0.000000000000000001")
    assert [(row.number, row.billed_cost) for row in shown.unknown] == [("9", Decimal(5))]
    detail = finance.get(answer.url).content.decode()
    assert "Within tolerance" in detail
    assert "Cloud account, October 2026" in detail


def test_charges_that_nobody_invoiced_fill_in_the_form(finance, acme, tmp_path):
    deliver(acme, tmp_path, charge("5.10", number="9"))
    [row] = page(finance).unknown

    form = finance.get(f"{reverse('invoice_new')}?{row.query}").context["page"].form

    assert {name: form[name].value() for name in ("issuer", "number", "billing_period", "currency", "amount")} == {
        "issuer": "Cloud",
        "number": "9",
        "billing_period": "2026-10",
        "currency": "USD",
        "amount": "5.1",
    }


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("amount", "1,234.50", "is not a number"),
        ("amount", "1e30", "Has more than 20 digits"),
        ("amount", "1_000", "is not a number"),
        ("billing_period", "October", "is not a billing period"),
        ("currency", "1", "Is no ISO 4217 code"),
        ("due_date", "2026-11-03", "Lies before the invoice was issued, 2026-11-04."),
        ("status", "voided", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(finance, acme, field, value, said):
    answer = enter(finance, **{field: value})

    assert answer.status_code == 422
    assert said in str(answer.context["page"].form.errors[field])
    with tenant(acme.id):
        assert not Invoice.objects.exists()


def test_the_same_twice_is_one_and_another_of_the_same_number_is_refused(finance, acme):
    first, again, other = enter(finance), enter(finance), enter(finance, amount="5")

    assert (again.status_code, again.url) == (302, first.url)
    assert other.status_code == 422
    assert "is there already" in str(other.context["page"].form.errors["number"])
    assert only_invoice(acme).amount == Decimal(TYPED["amount"])


def test_a_change_shows_and_is_written_down(finance, acme):
    enter(finance)
    made = only_invoice(acme)
    form = finance.get(reverse("invoice_edit", args=[made.id])).context["page"].form

    answer = finance.post(reverse("invoice_edit", args=[made.id]), {**TYPED, "amount": "99.50"})

    assert (form["amount"].value(), form["billing_period"].value()) == (TYPED["amount"], "2026-10")
    assert answer.status_code == 302
    assert only_invoice(acme).amount == Decimal("99.5")
    with tenant(acme.id):
        event = AuditEvent.objects.get(action="invoice.changed")
    assert (event.actor_name, event.changes) == ("finance@acme.example", {"amount": [TYPED["amount"], "99.5"]})


def test_a_voided_invoice_says_so_and_can_be_put_back_or_changed(finance, acme):
    enter(finance)
    made = only_invoice(acme)

    voided = finance.post(reverse("invoice_void", args=[made.id]), follow=True).content.decode()
    finance.post(reverse("invoice_edit", args=[made.id]), {**TYPED, "status": "voided", "purchase_order": "PO-1"})
    changed = only_invoice(acme)
    finance.post(reverse("invoice_restore", args=[made.id]))

    assert "Voided" in voided
    assert "Put back" in voided
    assert (changed.status, changed.purchase_order, only_invoice(acme).status) == ("voided", "PO-1", "issued")


def many(organization, count, period="2026-10-01"):
    with tenant(organization.id):
        Invoice.objects.bulk_create(
            Invoice(
                organization=organization,
                issuer="Cloud",
                number=f"{period}-{number:03}",
                billing_period=period,
                currency="USD",
                amount=1,
                entered_by="x",
                entered_at=NOW,
                changed_at=NOW,
            )
            for number in range(count)
        )


def test_invoices_come_in_pages_by_period_or_all(finance, acme):
    many(acme, 60)
    many(acme, 2, period="2026-09-01")

    first, last, every, september = (
        page(finance),
        page(finance, page="2"),
        page(finance, period="all", page="2"),
        page(finance, period="2026-09"),
    )

    assert [len(one.rows) for one in (first, last, every, september)] == [50, 10, 12, 2]
    assert (first.period.month, every.period, page(finance, period="nonsense").period.month) == (10, None, 10)
    assert first.paging.count == 60
    assert 'href="?period=2026-10&amp;page=2"' in finance.get(reverse("invoices")).content.decode()


def test_a_bill_names_its_invoices_and_how_final_it_is(finance, acme, tmp_path):
    bill = deliver(acme, tmp_path, charge("60", number="7"), charge("40", number="7"))[10]
    before = finance.get(reverse("bill", args=[bill.id]))
    listed_before = finance.get(reverse("bills")).context["page"].bills

    enter(finance)
    after = finance.get(reverse("bill", args=[bill.id])).context["page"]
    listed = finance.get(reverse("bills"))

    assert "No invoice was found for this bill" in before.content.decode()
    assert [row.state.label for row in listed_before] == ["Estimated"]
    assert [(row.number, row.in_bill, row.state.label) for row in after.invoices] == [
        ("7", Decimal(100), "Within tolerance")
    ]
    assert after.state.label == "Invoiced"
    assert [row.state.label for row in listed.context["page"].bills] == ["Invoiced"]
    assert "Invoiced" in listed.content.decode()


def test_a_hostile_name_stays_text(finance, acme):
    enter(finance, issuer="<script>alert(1)</script>", number="=cmd()")

    shown = finance.get(reverse("invoices")).content.decode()

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown


@pytest.mark.parametrize(("role", "reads", "writes"), [(Role.AUDITOR, 200, 403), (Role.ENGINEER, 403, 403)])
def test_invoices_are_read_by_whom_bills_are_and_written_by_the_office(client, acme, role, reads, writes):
    client.force_login(member(acme, role))

    assert client.get(reverse("invoices")).status_code == reads
    assert client.post(reverse("invoice_new"), TYPED).status_code == writes


def told(client, **address):
    """What pages with totals are told of how final they are, in one line."""
    response = client.get(reverse("invoice_state"), address)
    assert response.status_code == 200
    return " ".join(strip_tags(response.content.decode()).split())


def test_a_total_is_estimated_until_every_bill_of_its_months_is_invoiced(finance, acme, tmp_path):
    assert told(finance, period="2026-10") == ""

    deliver(acme, tmp_path, charge("100.000000000000000001", number="7"))
    deliver(acme, tmp_path, charge("5", number="9"), key="saas", name="SaaS")
    assert told(finance, period="2026-10") == "Estimated no bill is invoiced"

    enter(finance)
    assert told(finance, period="2026-10") == "Estimated 1 of 2 bills are invoiced"

    enter(finance, number="9", amount="5")
    assert told(finance, period="2026-10") == "Invoiced every bill is invoiced"

    deliver(acme, tmp_path, charge("1", number="11", month=9), key="older", name="Older")
    assert told(finance, period="2026-10") == "Invoiced every bill is invoiced"
    assert told(finance, period="2026-09", last="2026-10") == "Estimated 2 of 3 bills are invoiced"


def test_who_may_not_read_bills_is_not_told_how_many_there_are(client, acme, tmp_path):
    deliver(acme, tmp_path, charge("5", number="9"))
    client.force_login(member(acme, Role.ENGINEER))

    assert told(client, period="2026-10") == "Estimated"


@pytest.mark.parametrize("address", [{}, {"period": "2026-13"}, {"period": "2026-10", "last": "October"}])
def test_a_total_of_no_month_has_no_state(finance, address):
    assert finance.get(reverse("invoice_state"), address).status_code == 404


def test_pages_with_totals_ask_how_final_they_are(finance, acme, tmp_path):
    deliver(acme, tmp_path, charge("5", number="9"))
    allocate(acme.id, period=date(2026, 10, 1))

    asked = f'hx-get="{reverse("invoice_state")}?period=2026-10&amp;last=2026-10"'
    for address, query in (("explore", {"first": "2026-10", "last": "2026-10"}), ("overview", {"period": "2026-10"})):
        shown = finance.get(reverse(address), query)
        assert shown.status_code == 200
        assert shown.content.decode().count(asked) == 1, address
