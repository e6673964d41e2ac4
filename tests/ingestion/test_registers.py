"""Lists that tell all there is, delivered again: what they say no more goes, what they say again stays."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from ingestion.amortization import calendar
from ingestion.focus.mapped_services import MappedService
from ingestion.models import BillRevision, Finding
from ingestion.service_catalog import catalog
from ingestion.services import create_source, remove_source, restore_source
from ingestion.services.mappings import map_service
from itfm.audit.services import Actor
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion import pulls
from tests.ingestion.normalize.bills import CONTRACT_ROW, csv_text
from tests.ingestion.pulls import pull

in_force = partial(pulls.in_force, currency="EUR", cost="effective_cost")

SEPTEMBER = {"contract_id": "C-9", "start_date": "2026-09-01", "end_date": "2026-09-30", "amount": "30"}
OCTOBER = {"contract_id": "C-10", "start_date": "2026-10-01", "end_date": "2026-10-31", "amount": "31"}
LONG = {"contract_id": "C-99", "start_date": "2026-10-31", "end_date": "2026-12-30", "amount": "61"}


@pytest.fixture
def source(acme, tmp_path, monkeypatch):
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 10, 20))
    deliver(tmp_path, SEPTEMBER, OCTOBER)
    with tenant(acme.id):
        return create_source(
            organization_id=acme.id,
            key="contracts",
            name="Contracts",
            kind="contracts",
            settings={"path": str(tmp_path / "lists")},
            at=NOW,
        )


def deliver(tmp_path, *changes):
    folder = tmp_path / "lists"
    folder.mkdir(exist_ok=True)
    (folder / "contracts.csv").write_text(csv_text([{**CONTRACT_ROW, **change} for change in changes]))


def test_one_file_is_a_bill_for_each_month_and_again_changes_nothing(source):
    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-09", 1, "30"), ("2026-10", 1, "31")]
    assert pull(source).state == "unchanged"


def test_a_month_that_begins_is_charged_though_the_file_is_the_same(source, tmp_path, monkeypatch):
    deliver(tmp_path, LONG)
    pull(source)
    assert in_force(source) == [("2026-10", 1, "1")]

    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 1))

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "1"), ("2026-11", 1, "30")]
    assert pull(source).state == "unchanged"


def test_only_months_that_say_something_else_are_restated(source, tmp_path):
    pull(source)
    deliver(tmp_path, SEPTEMBER, {**OCTOBER, "amount": "62"})

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-09", 1, "30"), ("2026-10", 2, "62")]
    assert pull(source).state == "unchanged"


def test_a_month_that_is_kept_stands_on_the_files_that_say_it_now(source, tmp_path):
    pull(source)
    deliver(tmp_path, SEPTEMBER, {**OCTOBER, "amount": "62"})
    pull(source)

    with tenant(source.organization_id):
        first, second = BillRevision.objects.filter(bill__current_revision__isnull=False).order_by(
            "bill__billing_period", "-number"
        )[:2]
    assert first.fingerprint == second.fingerprint
    assert first.files == second.files


def test_what_a_service_is_said_to_be_restates_no_month_by_itself(source, tmp_path):
    unknown = {"service_category": ""}
    deliver(tmp_path, {**SEPTEMBER, **unknown}, {**OCTOBER, **unknown})
    pull(source)
    with tenant(source.organization_id):
        (service,) = {(one.provider, one.called) for one in catalog().unknown}
        map_service(
            MappedService(
                provider=service[0], called=service[1], name="Desk", category="Other", subcategory="Other (Other)"
            ),
            organization_id=source.organization_id,
            by=Actor(id=None, name="ada"),
            at=NOW,
        )
    deliver(tmp_path, {**SEPTEMBER, **unknown}, {**OCTOBER, **unknown, "amount": "62"})

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-09", 1, "30"), ("2026-10", 2, "62")]
    with tenant(source.organization_id):
        assert [one.bill.billing_period for one in catalog().outdated] == [date(2026, 9, 1)]


def test_a_list_that_goes_back_to_what_it_was_restates_what_had_changed(source, tmp_path):
    pull(source)
    deliver(tmp_path, SEPTEMBER, {**OCTOBER, "amount": "62"})
    pull(source)
    deliver(tmp_path, SEPTEMBER, OCTOBER)

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-09", 1, "30"), ("2026-10", 3, "31")]


def test_a_contract_that_was_removed_counts_no_more_and_its_months_are_told(source, tmp_path):
    pull(source)
    deliver(tmp_path, OCTOBER)

    run = pull(source)

    assert run.state == "imported"
    assert [month for month, _, _ in in_force(source)] == ["2026-10"]
    with tenant(source.organization_id):
        finding = Finding.objects.get(run=run, code="months_withdrawn")
    assert finding.message.startswith("2026-09 had charges before and are in the delivery no more")
    assert finding.severity == "warning"


def test_a_contract_that_comes_back_counts_again(source, tmp_path):
    pull(source)
    deliver(tmp_path, OCTOBER)
    pull(source)
    deliver(tmp_path, SEPTEMBER, OCTOBER)

    pull(source)

    assert [(month, cost) for month, _, cost in in_force(source)] == [("2026-09", "30"), ("2026-10", "31")]


def test_a_source_put_back_to_use_does_not_count_what_its_list_had_dropped(source, tmp_path):
    pull(source)
    deliver(tmp_path, OCTOBER)
    pull(source)
    with tenant(source.organization_id):
        source.refresh_from_db()
        remove_source(source, withdraws_bills=True, at=NOW)
        restore_source(source, at=NOW)
    assert [month for month, _, _ in in_force(source)] == ["2026-09", "2026-10"]

    pull(source)

    assert [month for month, _, _ in in_force(source)] == ["2026-10"]


def test_a_list_that_is_suddenly_empty_is_refused_and_the_months_stay(source, tmp_path):
    pull(source)
    before = in_force(source)
    (tmp_path / "lists" / "contracts.csv").write_text(",".join(CONTRACT_ROW) + "\n")

    run = pull(source)

    assert (run.state, run.error_code) == ("rejected", "bill_empty")
    assert in_force(source) == before


def test_settings_that_change_what_is_charged_are_taken_up_at_the_next_pull(source):
    pull(source)
    with tenant(source.organization_id):
        source.settings = {**source.settings, "first_month": "2026-10"}
        source.save(update_fields=["settings"])

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "31")]
