"""Services without a category: told, mapped, and bills read again for it, with the same costs to the last digit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from ingestion.coverage import coverage
from ingestion.focus.mapped_services import MappedService
from ingestion.models import BillRevision, Finding, ServiceMapping
from ingestion.revisions import reader, revision_folder
from ingestion.selectors import delivered_revision
from ingestion.service_catalog import catalog
from ingestion.services import create_source, remove_source, request_import, run_import
from ingestion.services.mappings import MappingError, map_service, unmap_service
from ingestion.services.reading_again import request_reading_again
from ingestion.services.uploads import check_upload, confirm_upload, take_upload, tidy_uploads
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.focus_files import HEADER, line
from tests.ingestion.pulls import in_force, pull

ADA = Actor(id=None, name="ada")
SHOP = MappedService(
    provider="Cloud", called="Shop", name="Web Shop", category="Web", subcategory="Application Platforms"
)


def unknown_line(cost, *, service="Shop", **options):
    return line(cost, service=service, **options).replace(f",Storage,{service},", f",Other,{service},")


def deliver(folder, *lines):
    folder.mkdir(exist_ok=True)
    (folder / "bill.csv").write_text("\n".join([HEADER, *lines]) + "\n")


@pytest.fixture
def source(acme, tmp_path):
    deliver(
        tmp_path / "bills",
        unknown_line("10", month=9, day=3),
        unknown_line("1.25", day=2),
        unknown_line("0.000000000000000001", day=9),
        unknown_line("7", service="Bus"),
        line("2"),
    )
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id,
            key="cloud",
            name="Cloud",
            kind="focus",
            settings={"path": str(tmp_path / "bills")},
            at=NOW,
        )
    assert pull(source).state == "imported"
    return source


def told(acme):
    with tenant(acme.id):
        return catalog()


def say(acme, service=SHOP):
    with tenant(acme.id):
        return map_service(service, organization_id=acme.id, by=ADA, at=NOW)


def read_again(acme, *periods):
    with tenant(acme.id):
        chosen = [one for one in catalog().outdated if not periods or one.bill.billing_period in periods]
        runs, busy = request_reading_again(chosen, organization_id=acme.id, by=ADA, at=timezone.now())
    assert not busy
    return [run_import(acme.id, run_id=run.id, retries=False) for run in runs]


def services_of(acme, number):
    with tenant(acme.id):
        revisions = list(BillRevision.objects.filter(number=number).select_related("bill"))
    found = {}
    for revision in revisions:
        folder = revision_folder(revision)
        with reader(folder) as database:
            rows = database.execute(
                "SELECT DISTINCT service_name, service_category FROM read_parquet(?) ORDER BY 1",
                [str(folder / "charges.parquet")],
            ).fetchall()
        found[f"{revision.bill.billing_period:%Y-%m}"] = rows
    return found


def test_services_without_a_category_are_told_with_what_they_cost(acme, globex, source):
    shop, bus = told(acme).unknown

    assert (shop.provider, shop.called, shop.charge_count, shop.bill_count) == ("Cloud", "Shop", 3, 2)
    assert shop.costs == {"USD": Decimal("11.250000000000000001")}
    assert (shop.first_seen, shop.last_seen) == (date(2026, 9, 3), date(2026, 10, 9))
    assert (bus.called, bus.costs) == ("Bus", {"USD": Decimal(7)})
    assert told(globex).unknown == ()


def test_bills_that_are_in_change_only_when_they_are_read_again(acme, source):
    before = in_force(source, currency="USD")
    say(acme)

    assert pull(source).state == "unchanged"
    assert in_force(source, currency="USD") == before
    assert [one.called for one in told(acme).unknown] == ["Bus"]
    assert [one.bill.billing_period for one in told(acme).outdated] == [date(2026, 10, 1), date(2026, 9, 1)]

    (run,) = read_again(acme, date(2026, 10, 1))

    assert (run.state, run.error_message) == ("imported", "")
    assert in_force(source, currency="USD") == [("2026-09", 1, "10"), ("2026-10", 2, "10.250000000000000001")]
    assert services_of(acme, 2) == {"2026-10": [("Bus", "Other"), ("Storage", "Storage"), ("Web Shop", "Web")]}
    assert services_of(acme, 1)["2026-10"] == [("Bus", "Other"), ("Shop", "Other"), ("Storage", "Storage")]
    assert [one.bill.billing_period for one in told(acme).outdated] == [date(2026, 9, 1)]
    assert pull(source).state == "unchanged"


def test_a_revision_keeps_what_it_was_read_with(acme, source):
    say(acme)
    read_again(acme)

    with tenant(acme.id):
        kept = BillRevision.objects.filter(number=2).values_list("mapped_services", flat=True)
        assert list(kept) == [[SHOP.fields()], [SHOP.fields()]]
        assert BillRevision.objects.filter(number=1).exclude(mapped_services=[]).count() == 0


def test_a_mapping_that_is_removed_is_undone_by_reading_again(acme, source):
    mapping = say(acme)
    read_again(acme)
    with tenant(acme.id):
        unmap_service(mapping, by=ADA)

    assert len(told(acme).outdated) == 2
    read_again(acme)

    assert services_of(acme, 3) == services_of(acme, 1)
    assert told(acme).outdated == ()
    assert [one.called for one in told(acme).unknown] == ["Shop", "Bus"]


def test_a_mapping_that_is_changed_is_taken_up_by_reading_again(acme, source):
    say(acme)
    read_again(acme)
    say(acme, MappedService(**{**SHOP.fields(), "name": "Shop Floor"}))
    assert len(told(acme).outdated) == 2

    (run,) = read_again(acme)

    assert run.state == "imported"
    assert services_of(acme, 3)["2026-10"][1] == ("Shop Floor", "Web")


def test_a_service_known_to_be_of_no_category_is_listed_no_more(acme, source):
    say(acme, MappedService(provider="Cloud", called="Bus", name="Bus", category="Other", subcategory="Other (Other)"))
    read_again(acme)

    assert [one.called for one in told(acme).unknown] == ["Shop"]
    assert told(acme).outdated == ()


def test_a_mapping_that_changes_nothing_makes_no_revision(acme, source):
    bus = MappedService(provider="Cloud", called="Bus", name="Omnibus", category="Other", subcategory="Other (Other)")
    mapping = say(acme, bus)
    read_again(acme)
    say(acme, MappedService(provider="Cloud", called="Omnibus", name="X", category="Web", subcategory="Other (Web)"))
    assert told(acme).outdated == ()
    with tenant(acme.id):
        unmap_service(mapping, by=ADA)
        BillRevision.objects.filter(number=2).update(mapped_services=[{**bus.fields(), "called": "Tram"}])
    say(acme, bus)

    (run,) = read_again(acme)

    assert run.state == "unchanged"
    with tenant(acme.id):
        assert BillRevision.objects.get(number=2).mapped_services == [bus.fields()]
    assert told(acme).outdated == ()


def test_reading_again_counts_as_no_delivery(acme, source):
    say(acme)
    with tenant(acme.id):
        (before,) = {
            month.reason for month in coverage([source], at=NOW)[source.id] if month.period == date(2026, 9, 1)
        }
    read_again(acme)
    say(acme, MappedService(**{**SHOP.fields(), "name": "Shop Floor"}))
    read_again(acme)

    with tenant(acme.id):
        revision = BillRevision.objects.get(number=3, bill__billing_period=date(2026, 9, 1))
        assert (revision.delivered_as, delivered_revision(revision).number) == (1, 1)
        (after,) = {month.reason for month in coverage([source], at=NOW)[source.id] if month.period == date(2026, 9, 1)}
    assert after == before


def test_a_bill_that_comes_in_later_has_the_services_at_once(acme, source, tmp_path):
    say(acme)
    deliver(tmp_path / "bills", unknown_line("3"))
    pull(source)

    assert services_of(acme, 2) == {"2026-10": [("Web Shop", "Web")]}
    assert [one.bill.billing_period for one in told(acme).outdated] == [date(2026, 9, 1)]


def test_files_whose_sums_have_become_others_leave_the_bill_as_it_was(acme, source):
    say(acme)
    with tenant(acme.id):
        for revision in BillRevision.objects.all():
            revision.totals["USD"]["billed_cost"] = "999"
            revision.save()

    (run,) = read_again(acme)

    assert (run.state, run.error_code) == ("rejected", "sums_changed")
    with tenant(acme.id):
        assert BillRevision.objects.filter(number=2).count() == 0
        assert Finding.objects.filter(run=run, code="sums_changed").exists()


def test_files_that_are_gone_from_the_archive_leave_the_bill_as_it_was(acme, source):
    say(acme)
    for file in (lake.organization_folder(acme.id) / "raw").glob("*/*"):
        file.unlink()

    (run,) = read_again(acme)

    assert (run.state, run.error_code) == ("rejected", "archive_gap")


def test_an_uploaded_bill_is_read_again_from_the_archive(acme):
    content = "\n".join([HEADER, unknown_line("3.75")]).encode()
    with tenant(acme.id):
        upload = take_upload(
            [content], organization_id=acme.id, name="october.csv", kind="focus", settings={}, uploaded_by=None, at=NOW
        )
    check_upload(acme.id, upload_id=upload.id)
    with tenant(acme.id):
        upload.refresh_from_db()
        run = confirm_upload(upload, source_name="Uploads", at=timezone.now())
    run_import(acme.id, run_id=run.id, retries=False)
    tidy_uploads(acme.id, at=NOW)
    say(acme)

    assert [run.state for run in read_again(acme)] == ["imported"]
    say(acme, MappedService(**{**SHOP.fields(), "name": "Shop Floor"}))
    assert [run.state for run in read_again(acme)] == ["imported"]
    assert services_of(acme, 3) == {"2026-10": [("Shop Floor", "Web")]}


def test_a_source_that_is_busy_is_told(acme, source):
    say(acme)
    with tenant(acme.id):
        request_import(source, trigger="person", at=timezone.now())

        runs, busy = request_reading_again(catalog().outdated, organization_id=acme.id, by=ADA, at=timezone.now())

    assert (runs, busy) == ([], [source])


def test_bills_of_a_removed_source_are_left_alone(acme, source):
    say(acme)
    with tenant(acme.id):
        remove_source(source, withdraws_bills=False, at=NOW)

    assert told(acme).outdated == ()


def test_what_is_said_of_a_service_is_written_down_once(acme):
    mapping = say(acme)
    say(acme)
    say(acme, MappedService(**{**SHOP.fields(), "name": "Shop Floor"}))
    with tenant(acme.id):
        unmap_service(mapping, by=ADA)
        events = [(one.action, one.changes) for one in AuditEvent.objects.order_by("sequence")]
        assert not ServiceMapping.objects.exists()

    said = {"name": "Web Shop", "category": "Web", "subcategory": "Application Platforms"}
    assert events[0] == ("service.mapped", {name: [None, value] for name, value in said.items()})
    assert events[1] == ("service.mapped", {"name": ["Web Shop", "Shop Floor"]})
    assert (events[2][0], len(events)) == ("service.unmapped", 3)


def test_what_focus_does_not_know_is_not_kept(acme):
    with pytest.raises(MappingError, match="no ServiceSubcategory of Web"):
        say(acme, MappedService(**{**SHOP.fields(), "subcategory": "Virtual Machines"}))
