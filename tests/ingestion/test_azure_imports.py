"""Both of Azure's exports as they come: one before the other, again, and while they are still being written."""

from __future__ import annotations

import pytest
from django.utils import timezone

from ingestion.models import BillRevision, Finding
from ingestion.services import create_source, deliveries, look, request_import, run_import
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.azurite import ACCOUNT, KEY, put_blobs
from tests.ingestion.delivery.test_cost_exports import OCTOBER, RUN, exported
from tests.ingestion.normalize.bills import azure_rows, csv_text, gzipped

RESERVATION = {"PricingModel": "Reservation", "benefitId": "/providers/Microsoft.Capacity/reservationOrders/1"}
ACTUAL = [{"cost": "2.64"}, {"type": "Purchase", "cost": "3.25", **RESERVATION}]
AMORTIZED = [{"cost": "2.64"}, {"cost": "1.20", **RESERVATION}, {"type": "UnusedReservation", "cost": "2.05"}]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "bills"


@pytest.fixture
def source(acme, place):
    deliver(place, "ActualCost", ACTUAL)
    with tenant(acme.id):
        return create_source(
            organization_id=acme.id,
            key="azure",
            name="Azure",
            kind="azure_export",
            settings={"path": str(place)},
            at=NOW,
        )


def part(root, dataset):
    return root / f"exports/{dataset.lower()}/{OCTOBER}/{RUN}/part_0_0001.csv.gz"


def deliver(root, dataset, rows):
    exported(root, dataset.lower(), dataset)
    part(root, dataset).write_bytes(gzipped(csv_text(azure_rows(*rows))))


def pull(source):
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="command", at=timezone.now())
    return run_import(source.organization_id, run_id=run.id, retries=False)


def in_force(source):
    with tenant(source.organization_id):
        revision = BillRevision.objects.filter(bill__source=source).order_by("-number").first()
        return revision.number, revision.totals["USD"]["billed_cost"], revision.totals["USD"]["effective_cost"]


def codes(run):
    with tenant(run.organization_id):
        return list(Finding.objects.filter(run=run).order_by("number").values_list("code", flat=True))


def test_the_second_export_of_a_month_restates_it(source, place):
    # Alone 2.64 + 3.25 are billed and the effect; with amortized cost the 3.25 take effect as 1.20 + 2.05.
    alone = pull(source)
    deliver(place, "AmortizedCost", AMORTIZED)

    both = pull(source)

    assert (alone.state, codes(alone)) == ("imported", ["amortized_missing"])
    assert (both.state, codes(both)) == ("imported", ["told_twice"])
    assert in_force(source) == (2, "5.89", "5.89")


def test_the_same_exports_again_change_nothing(source, place):
    deliver(place, "AmortizedCost", AMORTIZED)
    pull(source)

    assert pull(source).state == "unchanged"
    assert in_force(source) == (1, "5.89", "5.89")


def test_a_month_waits_for_the_files_of_either_export(source, place):
    pull(source)
    deliver(place, "AmortizedCost", AMORTIZED)
    part(place, "AmortizedCost").unlink()

    run = pull(source)

    assert (run.state, run.error_code) == ("waiting", "files_missing")
    assert in_force(source) == (1, "5.89", "5.89")


def test_a_changed_export_restates_the_month(source, place):
    deliver(place, "AmortizedCost", AMORTIZED)
    pull(source)
    deliver(place, "AmortizedCost", [*AMORTIZED, {"cost": "1"}])

    run = pull(source)

    assert codes(run) == ["exports_differ"]
    assert in_force(source) == (2, "6.89", "6.89")


@pytest.fixture
def container(acme, azurite, trusted, settings, place):
    settings.PRIVATE_ENDPOINTS = True
    deliver(place, "ActualCost", ACTUAL)
    deliver(place, "AmortizedCost", AMORTIZED)
    put(azurite, place)
    with tenant(acme.id):
        return create_source(
            organization_id=acme.id,
            key="blobs",
            name="Azure",
            kind="azure_export",
            settings={
                "container": "imported",
                "storage_account": ACCOUNT,
                "blob_endpoint_url": azurite,
                "account_key": KEY,
            },
            at=NOW,
        )


def put(url, place):
    files = [path for path in place.rglob("*") if path.is_file()]
    put_blobs(
        url, container="imported", blobs={path.relative_to(place).as_posix(): path.read_bytes() for path in files}
    )


def test_a_container_is_pulled_night_after_night_and_restated_when_a_blob_is_written_anew(
    container, azurite, place, monkeypatch
):
    archived = []
    keep = deliveries.archive
    monkeypatch.setattr(
        deliveries, "archive", lambda store, file, *, root: archived.append(file) or keep(store, file, root=root)
    )

    first, second = pull(container), pull(container)
    seen = look(container)
    assert (first.state, second.state, len(archived)) == ("imported", "unchanged", 2)
    assert in_force(container) == (1, "5.89", "5.89")
    assert (seen.deliveries, seen.files, seen.error_message) == (1, 2, "")

    # One machine more, in both exports: 5.89 + 1.11.
    deliver(place, "ActualCost", [*ACTUAL, {"cost": "1.11"}])
    deliver(place, "AmortizedCost", [*AMORTIZED, {"cost": "1.11"}])
    put(azurite, place)
    third = pull(container)
    assert (third.state, len(archived)) == ("imported", 4)
    assert in_force(container) == (2, "7", "7")
