"""Regions without a name: told, mapped, and bills read again for it, with the same costs to the last digit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from ingestion.focus.mapped_regions import MappedRegion
from ingestion.models import BillRevision, RegionMapping
from ingestion.region_catalog import outdated_bills, region_catalog
from ingestion.revisions import reader, revision_folder
from ingestion.services import remove_source, run_import
from ingestion.services.mappings import MappingError, map_region, unmap_region
from ingestion.services.reading_again import request_reading_again
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.focus_files import HEADER, line
from tests.ingestion.pulls import connect, in_force, pull

ADA = Actor(id=None, name="ada")
MOON = MappedRegion(provider="Cloud", called="moon-1", name="The Moon")


def line_at(cost, *, region="moon-1", name="", host="Cloud", **options):
    return f"{line(cost, **options)},{host},{region},{name}"


def deliver(folder, *lines):
    folder.mkdir(exist_ok=True)
    (folder / "bill.csv").write_text("\n".join([f"{HEADER},HostProviderName,RegionId,RegionName", *lines]) + "\n")


@pytest.fixture
def source(acme, tmp_path):
    deliver(
        tmp_path / "bills",
        line_at("10", month=9, day=3),
        line_at("1.25", day=2),
        line_at("0.000000000000000001", day=9),
        line_at("7", region="mars-1"),
        line_at("3", name="Far Side"),
        line_at("2", region=""),
    )
    source = connect(acme, tmp_path / "bills")
    assert pull(source).state == "imported"
    return source


def told(acme):
    with tenant(acme.id):
        return region_catalog()


def say(acme, region=MOON):
    with tenant(acme.id):
        return map_region(region, organization_id=acme.id, by=ADA, at=NOW)


def read_again(acme, *periods):
    with tenant(acme.id):
        chosen = [one for one in outdated_bills() if not periods or one.bill.billing_period in periods]
        runs, _ = request_reading_again(chosen, organization_id=acme.id, by=ADA, at=timezone.now())
    return [run_import(acme.id, run_id=run.id, retries=False) for run in runs]


def regions_of(acme, number):
    with tenant(acme.id):
        revision = BillRevision.objects.get(number=number, bill__billing_period=date(2026, 10, 1))
    with reader(revision_folder(revision)) as database:
        charges = str(revision_folder(revision) / "charges.parquet")
        asked = "SELECT region_id, region_name FROM read_parquet(?) ORDER BY x_row_number"
        return database.execute(asked, [charges]).fetchall()


def test_regions_without_a_name_are_told_with_what_they_cost(acme, globex, source):
    moon, mars = told(acme).unknown

    assert (moon.provider, moon.called, moon.charge_count, moon.bill_count) == ("Cloud", "moon-1", 3, 2)
    assert moon.costs == {"USD": Decimal("11.250000000000000001")}
    assert (moon.first_seen, moon.last_seen) == (date(2026, 9, 3), date(2026, 10, 9))
    assert (mars.called, mars.costs) == ("mars-1", {"USD": Decimal(7)})
    assert told(globex).unknown == ()


def test_bills_that_are_in_change_only_when_they_are_read_again(acme, source):
    before = in_force(source, currency="USD")
    say(acme)

    assert pull(source).state == "unchanged"
    assert in_force(source, currency="USD") == before
    assert [one.called for one in told(acme).unknown] == ["mars-1"]
    assert [one.bill.billing_period for one in told(acme).outdated] == [date(2026, 10, 1), date(2026, 9, 1)]

    (run,) = read_again(acme, date(2026, 10, 1))

    assert (run.state, run.error_message) == ("imported", "")
    assert in_force(source, currency="USD") == [("2026-09", 1, "10"), ("2026-10", 2, "13.250000000000000001")]
    assert regions_of(acme, 2) == [
        ("moon-1", "The Moon"),
        ("moon-1", "The Moon"),
        ("mars-1", None),
        ("moon-1", "Far Side"),
        (None, None),
    ]
    with tenant(acme.id):
        assert BillRevision.objects.get(number=2).mapped_regions == [MOON.fields()]
    assert [one.bill.billing_period for one in told(acme).outdated] == [date(2026, 9, 1)]


def test_a_mapping_that_is_changed_or_removed_is_followed_by_reading_again(acme, source):
    mapping = say(acme)
    read_again(acme)
    assert told(acme).outdated == ()
    say(acme, MappedRegion(**{**MOON.fields(), "name": "Luna"}))
    assert len(told(acme).outdated) == 2
    read_again(acme)
    assert regions_of(acme, 3)[0] == ("moon-1", "Luna")

    with tenant(acme.id):
        unmap_region(mapping, by=ADA)
    read_again(acme)

    assert regions_of(acme, 4) == regions_of(acme, 1)
    assert [one.called for one in told(acme).unknown] == ["moon-1", "mars-1"]


def test_a_bill_that_comes_in_later_has_the_name_at_once(acme, source, tmp_path):
    say(acme)
    deliver(tmp_path / "bills", line_at("3"))

    assert pull(source).state == "imported"

    assert regions_of(acme, 2) == [("moon-1", "The Moon")]


def test_bills_of_a_source_that_was_removed_are_not_asked_for(acme, source):
    say(acme)
    with tenant(acme.id):
        remove_source(source, withdraws_bills=False, at=NOW)

    assert told(acme).outdated == ()


def test_every_change_is_in_the_audit_log_and_the_same_again_is_none(acme, globex):
    mapping = say(acme)
    assert say(acme) == mapping
    say(acme, MappedRegion(**{**MOON.fields(), "name": "Luna"}))
    with tenant(acme.id):
        unmap_region(RegionMapping.objects.get(), by=ADA)
        events = list(AuditEvent.objects.order_by("sequence").values_list("action", "target", "changes"))
    with tenant(globex.id):
        assert not RegionMapping.objects.exists()

    assert events == [
        ("region.mapped", "Cloud: moon-1", {"name": [None, "The Moon"]}),
        ("region.mapped", "Cloud: moon-1", {"name": ["The Moon", "Luna"]}),
        (
            "region.unmapped",
            "Cloud: moon-1",
            {"provider": ["Cloud", None], "called": ["moon-1", None], "name": ["Luna", None]},
        ),
    ]


def test_what_cannot_be_is_refused_with_its_field(acme):
    with pytest.raises(MappingError) as caught:
        say(acme, MappedRegion(provider="Cloud", called="moon-1", name=""))

    assert caught.value.field == "name"
