"""Two deliveries of a bill: what they add up to, where they differ, and their charges handed out."""

import csv
import io
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from ingestion.exports import NothingToExportError, charges_csv, charges_parquet
from ingestion.models import BillRevision
from ingestion.revisions import Difference, StoredSum, differences, revision_folder, stored_sums
from ingestion.services import create_source, request_import, run_import
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.focus_files import line, write_bill

TINY = "0.000000000000000001"


@pytest.fixture
def revisions(acme, tmp_path):
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="c", name="C", kind="focus", settings={"path": str(tmp_path / "b")}, at=NOW
        )
    for lines in (
        [line("10", service="Compute"), line("5", service="Storage"), line("2", service="Gone", currency="EUR")],
        [
            line("10", service="Compute"),
            line(TINY, service="Compute"),
            line("4", service="Storage"),
            line("-1", service="=Neu"),
        ],
    ):
        write_bill(tmp_path / "b" / "october.csv", *lines)
        with tenant(acme.id):
            run, _ = request_import(source, trigger="command", at=timezone.now())
        assert run_import(acme.id, run_id=run.id, retries=False).state == "imported"
    with tenant(acme.id):
        return list(BillRevision.objects.order_by("number"))


def test_the_stored_sums_are_those_of_the_file(revisions):
    first, _ = revisions

    assert stored_sums(first) == {
        "EUR": StoredSum(billed_cost=Decimal(2), charge_count=1),
        "USD": StoredSum(billed_cost=Decimal(15), charge_count=2),
    }
    assert first.file_totals == {"EUR": "2", "USD": "15"}


def test_two_revisions_are_compared_by_service_and_currency_to_the_last_digit(revisions):
    found = differences(*revisions)

    def row(service, currency, older, newer, older_charges, newer_charges):
        return Difference(
            service_name=service,
            currency=currency,
            older_cost=Decimal(older),
            newer_cost=Decimal(newer),
            older_charges=older_charges,
            newer_charges=newer_charges,
        )

    assert found == [
        row("Gone", "EUR", "2", "0", 1, 0),
        row("=Neu", "USD", "0", "-1", 0, 1),
        row("Storage", "USD", "5", "4", 1, 1),
        row("Compute", "USD", "10", f"10{TINY[1:]}", 1, 2),
    ]


def test_a_revision_differs_in_nothing_from_itself(revisions):
    assert differences(revisions[0], revisions[0]) == []


def test_csv_has_every_charge_exactly_and_no_formula(revisions):
    text = b"".join(charges_csv(revisions[1])).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["BilledCost"] for row in rows] == ["10", TINY, "4", "-1"]
    assert [row["ServiceName"] for row in rows] == ["Compute", "Compute", "Storage", "'=Neu"]
    assert rows[0]["ChargePeriodStart"] == "2026-10-01T00:00:00Z"
    assert rows[0]["x_row_number"] == "1"


def test_parquet_has_the_names_of_focus_and_leaves_nothing_behind(revisions, lake):
    with charges_parquet(revisions[1]) as stream:
        table = pq.read_table(io.BytesIO(stream.read()))

    assert table.column("BilledCost").to_pylist()[1] == Decimal(TINY)
    assert [path for path in lake.rglob("scratch/**/*") if path.is_file()] == []


def test_what_is_not_stored_any_more_is_told(revisions):
    (revision_folder(revisions[0]) / "charges.parquet").unlink()
    (revision_folder(revisions[0]) / "daily.parquet").unlink()

    assert stored_sums(revisions[0]) is None
    assert differences(*revisions) is None
    with pytest.raises(NothingToExportError):
        charges_csv(revisions[0])
    with pytest.raises(NothingToExportError):
        charges_parquet(revisions[0])
