"""Setting up the sample company, with the worker's part done here."""

from collections import Counter
from decimal import Decimal

import pytest
from django.utils import timezone

from allocation.selectors import cost_rows, current_rule_set, names_of
from allocation.services import allocate, due_periods
from ingestion.models import Bill, BillSource, ImportRun, RecommendationList
from ingestion.purchase_orders import order_book
from ingestion.services import queue_due, run_import
from ingestion.tie_out import books_of
from itfm.cli.demo import (
    EMAIL,
    PULL_TIME,
    existing_demo,
    left,
    move_services,
    new_password,
    restate,
    set_up,
    write_demo_letters,
)
from itfm.core.periods import period_name, previous_period
from itfm.core.tenancy import tenant
from itfm.demo.services.server import SERVICES, serving
from itfm.notify.models import OutboxMessage
from itfm.notify.services import send_queued
from itfm.notify.sink import receipts

pytestmark = pytest.mark.django_db

SOURCES = 8


def work(organization):
    with tenant(organization.id):
        queued = list(ImportRun.objects.filter(state="queued").values_list("id", flat=True))
    states = [run_import(organization.id, run_id=run_id).state for run_id in queued]
    for period in due_periods(organization.id):
        allocate(organization.id, period=period)
    return states


def test_the_sample_company_comes_in_and_a_month_of_it_is_restated_for_good(tmp_path, monkeypatch, client):
    monkeypatch.setattr("itfm.cli.demo.MONTHS", 3)
    organization, company = set_up(tmp_path, charges=3_000, at=timezone.now(), progress=lambda *_: None)
    # Where the sample services are not served, nobody is asked.
    sources = SOURCES + len([bill for bill in company.others if not bill.is_asked_for])
    assert left(organization.id).imports == sources
    assert work(organization) == ["imported"] * sources
    assert left(organization.id).is_done

    restate(organization.id, company, at=timezone.now())
    assert work(organization) == ["imported"]
    restate(organization.id, company, at=timezone.now())
    assert work(organization) == ["unchanged"]

    with tenant(organization.id):
        (told,) = RecommendationList.objects.select_related("source")
    written = company.recommendations
    assert (told.source.key, told.told_on, told.count) == ("aws-cur2", written.told_on, written.count)
    assert {currency: Decimal(sum_) for currency, sum_ in told.savings.items()} == {written.currency: written.savings}

    ((month, total),) = company.restated.totals.items()
    with tenant(organization.id):
        bill = Bill.objects.get(billing_period=f"{month}-01", source__key="aws-cur2")
        assert bill.current_revision.number == 2
        assert bill.current_revision.totals["USD"]["billed_cost"] == f"{total.cost:f}".rstrip("0").rstrip(".")
        books = {bill.billing_period: books_of(bill.billing_period, at=timezone.now()) for bill in Bill.objects.all()}
    assert left(organization.id).is_done
    *before, last = (books[period] for period in sorted(books))
    assert {one.state for book in before for one in book.reconciliations.values()} <= {"matches", "within_tolerance"}
    own = Counter(asked.day.replace(day=1) for other in company.others for asked in other.invoices)
    assert [len(book.reconciliations) for book in before] == [SOURCES + own[book.period] for book in before]
    assert (len(before), own[before[0].period] > 0, len(last.reconciliations)) == (2, True, 0)
    assert [book.unknown for book in before] == [(), ()]
    assert [[tie.state for tie in book.ties].count("trued_up") for book in before] == [1, 0]
    assert {tie.state for tie in last.ties} == {"estimated"}
    with tenant(organization.id):
        book = order_book(today=timezone.now().date())
    # Contracts are renewed further back than these months go.
    assert {one.order.number: one.drawing.state for one in book.standings} == {
        "PO-DEMO-1001": "open",
        "PO-DEMO-1002": "overdrawn",
        "PO-DEMO-1003": "open",
    }
    assert {one.named.number for one in book.unknown} == {"PO-DEMO-1006"}


def test_what_every_bill_bills_goes_to_teams_and_little_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("itfm.cli.demo.MONTHS", 1)
    now = timezone.now()
    organization, _ = set_up(tmp_path, charges=3_000, at=now, progress=lambda *_: None)
    work(organization)

    with tenant(organization.id):
        month = previous_period(now.date().replace(day=1))
        keys = {str(source.id): source.key for source in BillSource.objects.all()}
        rows = cost_rows(month, by=["source_id", "Team"], rule_set=names_of(current_rule_set()))

    left_over = [row for row in rows if row.groups[1] is None]
    assert {keys[row.groups[0]] for row in rows} == set(keys.values())
    # Only what nobody tagged in the sandboxes of the first AWS organization and of the second cloud.
    assert {keys[row.groups[0]] for row in left_over} == {"aws-cur2", "focus"}
    for currency in ("EUR", "USD"):
        whole = sum(row.effective_cost for row in rows if row.currency == currency)
        assert 0 < sum(row.effective_cost for row in left_over if row.currency == currency) < whole / 20


def test_services_are_asked_at_the_samples_address_and_the_next_night_changes_nothing(tmp_path, monkeypatch, settings):
    monkeypatch.setattr("itfm.cli.demo.MONTHS", 1)
    with serving(tmp_path) as services:
        settings.SAMPLE_SERVICES = services
        organization, company = set_up(tmp_path, charges=3_000, at=timezone.now(), progress=lambda *_: None)
        assert set(work(organization)) == {"imported"}
        first = bills(organization)

        with tenant(organization.id):
            assert {source.pull_time for source in BillSource.objects.all()} == {PULL_TIME}
            BillSource.objects.update(next_pull_at=timezone.now())
        queue_due(organization.id, at=timezone.now())
        second = work(organization)

    assert second == ["unchanged"] * (SOURCES + len(company.others))
    assert bills(organization) == first
    expected = {(bill.key, month): total.billed for bill in company.others for month, total in bill.totals.items()}
    assert {place: billed for place, (_, billed) in first.items() if place in expected} == expected
    assert {number for number, _ in first.values()} == {1}

    settings.SAMPLE_SERVICES = "http://127.0.0.1:20001"
    move_services(organization.id)
    with tenant(organization.id):
        moved = {source.key: source.settings["endpoint_url"] for source in BillSource.objects.filter(key__in=SERVICES)}
    assert moved == {key: f"http://127.0.0.1:20001/{key}" for key in SERVICES}


def bills(organization):
    """Return the number of the revision in force, and its billed cost, by source and month."""
    with tenant(organization.id):
        return {
            (bill.source.key, period_name(bill.billing_period)): (
                bill.current_revision.number,
                sum(Decimal(total["billed_cost"]) for total in bill.current_revision.totals.values()),
            )
            for bill in Bill.objects.select_related("source", "current_revision")
        }


def test_the_login_that_is_printed_works(tmp_path, monkeypatch, client):
    monkeypatch.setattr("itfm.cli.demo.MONTHS", 1)
    organization, _ = set_up(tmp_path, charges=3_000, at=timezone.now(), progress=lambda *_: None)

    password = new_password(existing_demo())

    answer = client.post("/account/login/", {"login": EMAIL, "password": password})
    assert answer.status_code == 302
    assert organization.name in client.get("/overview").content.decode()


def test_the_letters_of_the_newest_month_go_out_once_also_when_the_demo_starts_again(tmp_path, monkeypatch, sink):
    monkeypatch.setattr("itfm.cli.demo.MONTHS", 2)
    now = timezone.now()
    organization, _ = set_up(tmp_path / "demo", charges=3_000, at=now, progress=lambda *_: None)
    work(organization)

    # Heads of eight departments, and the six teams of Commerce.
    assert write_demo_letters(organization.id, at=now) == 14
    assert left(organization.id).letters == 14
    assert send_queued(organization.id, at=now) == 14
    assert left(organization.id).is_done
    assert write_demo_letters(organization.id, at=now) == send_queued(organization.id, at=now) == 0

    month = previous_period(now.date().replace(day=1))
    with tenant(organization.id):
        messages = OutboxMessage.objects.in_bulk([one.message_id for one in receipts()])
        assert len(receipts()) == len(messages) == 14
    assert {message.about["period"] for message in messages.values()} == {period_name(month)}
    assert {message.recipient.split("@")[1] for message in messages.values()} == {"meridian.example"}


def test_where_mail_is_really_sent_the_demo_writes_no_letters(tmp_path, monkeypatch):
    monkeypatch.setattr("itfm.cli.demo.MONTHS", 1)
    organization, _ = set_up(tmp_path, charges=3_000, at=timezone.now(), progress=lambda *_: None)
    work(organization)

    assert write_demo_letters(organization.id, at=timezone.now()) == 0
