"""One bill: whether it adds up, what changed between deliveries, what was found, and its charges to take away."""

import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from allocation.models import AllocatedCost
from allocation.services import allocate
from ingestion.models import Bill, Finding
from ingestion.services import create_source, request_import, run_import
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.bills import comparing
from tests.conftest import NOW, member
from tests.ingestion.focus_files import line, write_bill


def deliver(source, folder, *lines):
    write_bill(folder / "october.csv", *lines)
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="command", at=timezone.now())
    assert run_import(source.organization_id, run_id=run.id, retries=False).state == "imported"


@pytest.fixture
def bill(acme, tmp_path):
    folder = tmp_path / "bills"
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="cloud", name="Cloud", kind="focus", settings={"path": str(folder)}, at=NOW
        )
    deliver(source, folder, line("10", service="Compute"), line("5", service="Storage"))
    deliver(source, folder, line("12.5", service="Compute"), line("5", service="Storage"), line("1", service="Compute"))
    with tenant(acme.id):
        found = Bill.objects.get()
    allocate(acme.id, period=found.billing_period)
    return found


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


def page(client, bill, **parameters):
    response = client.get(reverse("bill", args=[bill.id]), parameters)
    assert response.status_code == 200
    return response.context["page"]


def test_files_charges_and_ledger_of_a_bill_agree(owner, bill):
    tie_out = page(owner, bill).tie_out

    (row,) = tie_out.rows
    assert (row.file_total, row.stored_total, row.allocated_total) == (Decimal("18.5"),) * 3
    assert (row.stored_difference, row.allocated_difference) == (0, 0)
    assert (tie_out.state, tie_out.row_count, tie_out.stored_count) == ("held", 3, 3)


def test_a_ledger_that_lacks_the_last_digit_is_told(owner, acme, bill):
    with tenant(acme.id):
        cell = AllocatedCost.objects.filter(service_name="Storage")
        cell.update(billed_cost=Decimal("4.999999999999999999"))

    tie_out = page(owner, bill).tie_out

    assert tie_out.rows[0].allocated_difference == Decimal("-0.000000000000000001")
    assert tie_out.state == "off"
    assert "Sums differ" in owner.get(reverse("bill", args=[bill.id])).content.decode()


def test_a_ledger_of_the_delivery_before_is_not_held_against_this_one(owner, acme, bill, tmp_path):
    with tenant(acme.id):
        source = bill.source
    deliver(source, tmp_path / "bills", line("99"))

    tie_out = page(owner, bill).tie_out

    assert (tie_out.state, tie_out.is_allocated, tie_out.rows[0].allocated_total) == ("open", False, None)


def test_the_newest_delivery_is_compared_with_the_one_before_by_account_and_service(owner, bill):
    comparison = page(owner, bill).comparison

    (row,) = comparison.rows
    assert (row.service_name, row.change, row.charges_change) == ("Compute", Decimal("3.5"), 1)
    assert (comparison.older, comparison.newer) == (1, 2)
    (total,) = comparison.totals
    assert (total.older_cost, total.newer_cost) == (Decimal(15), Decimal("18.5"))
    assert (total.change, total.charges_change) == (row.change, row.charges_change)


def test_what_is_not_shown_is_in_a_row_of_its_own(owner, bill, monkeypatch):
    monkeypatch.setattr(comparing, "MOST_SHOWN", 0)

    comparison = page(owner, bill).comparison

    assert (comparison.rows, comparison.hidden_count) == ((), 1)
    assert (comparison.hidden[0].older_cost, comparison.hidden[0].newer_cost) == (Decimal(10), Decimal("13.5"))
    assert "more, which the CSV has" in owner.get(reverse("bill", args=[bill.id])).content.decode()


def test_what_changed_is_handed_out_as_csv(owner, bill):
    answer = owner.get(reverse("bill_comparison", args=[bill.id]), {"older": "2", "newer": "1"})

    assert 'filename="cloud-2026-10-revision-1.since-2.csv"' in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[1][2:7] == ["Compute", "USD", "13.5", "10", "-3.5"]


def test_any_two_deliveries_can_be_compared(owner, bill):
    backwards = page(owner, bill, older="2", newer="1").comparison
    nonsense = page(owner, bill, older="x", newer="99999").comparison

    assert backwards.rows[0].change == Decimal("-3.5")
    assert (nonsense.older, nonsense.newer) == (1, 2)


@pytest.fixture
def findings(acme, bill):
    with tenant(acme.id):
        revision = bill.current_revision
        Finding.objects.filter(revision=revision).delete()
        for number in range(60):
            Finding.objects.create(
                organization=acme,
                run=revision.run,
                revision=revision,
                number=number,
                code="service_unknown" if number else "tags_unreadable",
                severity="info" if number else "warning",
                file="october.csv",
                row=number + 1,
                column="ServiceName",
                message="=cmd()" if number == 1 else f"finding {number}",
            )


def test_findings_come_in_pages_the_most_severe_first(owner, bill, findings):
    first, last = page(owner, bill).findings, page(owner, bill, page="99").findings

    assert (first.count, first.pages, len(first.rows), first.rows[0].severity) == (60, 2, 50, "warning")
    assert (last.page, len(last.rows), last.rows[-1].row) == (2, 10, 60)


def test_findings_can_be_filtered_and_taken_away_without_formulas(owner, bill, findings):
    assert page(owner, bill, severity="warning").findings.count == 1
    assert page(owner, bill, code="service_unknown").findings.count == 59
    assert page(owner, bill, code="' OR 1=1").findings.count == 0

    text = owner.get(reverse("bill_findings", args=[bill.id]), {"code": "service_unknown"}).content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert len(rows) == 59
    assert (rows[0]["message"], rows[0]["row"]) == ("'=cmd()", "2")


def test_charges_can_be_taken_away_as_csv_and_parquet(owner, bill):
    as_csv = owner.get(reverse("bill_charges_csv", args=[bill.id]))
    as_parquet = owner.get(reverse("bill_charges_parquet", args=[bill.id]))

    rows = list(csv.DictReader(io.StringIO(b"".join(as_csv.streaming_content).decode())))
    table = pq.read_table(io.BytesIO(b"".join(as_parquet.streaming_content)))
    as_parquet.close()
    assert [row["BilledCost"] for row in rows] == ["12.5", "5", "1"]
    assert sum(table.column("BilledCost").to_pylist()) == Decimal("18.5")
    assert as_csv["Content-Disposition"] == 'attachment; filename="cloud-2026-10-revision-2.csv"'


@pytest.mark.parametrize("name", ["bill", "bill_findings", "bill_charges_csv", "bill_charges_parquet"])
@pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 200), (Role.ENGINEER, 403), (Role.VIEWER, 403)])
def test_a_bill_is_for_those_who_see_the_whole_organization(client, acme, bill, name, role, status):
    client.force_login(member(acme, role))

    response = client.get(reverse(name, args=[bill.id]))
    response.close()

    assert response.status_code == status


@pytest.mark.parametrize("name", ["bill", "bill_findings", "bill_charges_csv", "bill_charges_parquet"])
def test_another_organization_finds_no_such_bill(client, globex, bill, name):
    client.force_login(member(globex, Role.OWNER))

    assert client.get(reverse(name, args=[bill.id])).status_code == 404


def test_postings_that_another_ledger_has_too_are_told(owner, acme, bill):
    told = {
        "source": "cloud",
        "match": "same",
        "is_left_out": True,
        "currency": "EUR",
        "count": 12,
        "amount": "1234.56",
    }
    with tenant(acme.id):
        revision = Bill.objects.get().current_revision
        revision.read_beside = {"postings": [told, {**told, "match": "alike", "is_left_out": False, "source": "gone"}]}
        revision.save()

    html = owner.get(reverse("bill", args=[bill.id])).content.decode()

    assert "Postings that other sources have too" in html
    assert "1,234.56" in html
    assert [(row.source_name, row.state.label) for row in page(owner, bill).in_other_sources] == [
        ("Cloud", "Count there only"),
        ("gone", "Count in both"),
    ]


def test_bills_come_a_page_at_a_time_whose_states_and_findings_are_theirs(owner, acme, bill, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        alone = owner.get(reverse("bills")).context["page"]
    months = [date(2026 - number // 12, 12 - number % 12, 1) for number in range(3, 63)]
    with tenant(acme.id):
        Bill.objects.bulk_create(
            Bill(organization_id=acme.id, source_id=bill.source_id, billing_period=month) for month in months
        )

    with django_assert_num_queries(len(few)):
        first = owner.get(reverse("bills"))
    last = owner.get(reverse("bills"), {"page": "2"}).context["page"]

    assert (alone.paging.count, alone.paging.last) == (1, 1)
    page = first.context["page"]
    assert (len(page.bills), len(last.bills), page.paging.count) == (50, 11, 61)
    assert page.bills[0].billing_period == bill.billing_period
    assert [one.state.label for one in page.bills if one.state] == ["Estimated"]
    assert last.bills[-1].billing_period == months[-1]
    assert 'href="?page=2#bills"' in first.content.decode()
