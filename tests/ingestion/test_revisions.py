"""Two deliveries of a bill: what they add up to, where they differ, and their charges handed out."""

import csv
import io
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from ingestion.comparison import Difference, comparison, comparison_csv
from ingestion.exports import NothingToExportError, charges_csv, charges_parquet
from ingestion.models import BillRevision
from ingestion.revisions import StoredSum, revision_folder, stored_sums
from ingestion.services import create_source, request_import, run_import
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.focus_files import HEADER, line

TINY = "0.000000000000000001"


def of_account(cost, account="", **options):
    """Return a charge of an account, or of none."""
    return f"{line(cost, **options)},{account},{account and f'Account {account}'}"


def write_accounts(path, *lines):
    """Write a bill that names accounts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([f"{HEADER},SubAccountId,SubAccountName", *lines]) + "\n", encoding="utf-8")


@pytest.fixture
def revisions(acme, tmp_path):
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="c", name="C", kind="focus", settings={"path": str(tmp_path / "b")}, at=NOW
        )
    for lines in (
        [
            of_account("10", service="Compute"),
            of_account("5", service="Storage"),
            of_account("2", service="Gone", currency="EUR"),
            of_account("3", "7", service="Compute"),
            of_account("6", "8", service="Compute"),
        ],
        [
            of_account("8", "7", service="Compute"),
            of_account("2", "8", service="Compute"),
            of_account("10", service="Compute"),
            of_account(TINY, service="Compute"),
            of_account("4", service="Storage"),
            of_account("-1", service="=Neu"),
        ],
    ):
        write_accounts(tmp_path / "b" / "october.csv", *lines)
        with tenant(acme.id):
            run, _ = request_import(source, trigger="command", at=timezone.now())
        assert run_import(acme.id, run_id=run.id, retries=False).state == "imported"
    with tenant(acme.id):
        return list(BillRevision.objects.order_by("number"))


def test_the_stored_sums_are_those_of_the_file(revisions):
    first, _ = revisions

    assert stored_sums(first) == {
        "EUR": StoredSum(billed_cost=Decimal(2), charge_count=1),
        "USD": StoredSum(billed_cost=Decimal(24), charge_count=4),
    }
    assert first.file_totals == {"EUR": "2", "USD": "24"}


def row(account, service, currency, older, newer, older_charges, newer_charges):
    return Difference(
        account_id=account,
        account_name=account and f"Account {account}",
        service_name=service,
        currency=currency,
        older_cost=Decimal(older),
        newer_cost=Decimal(newer),
        older_charges=older_charges,
        newer_charges=newer_charges,
    )


def test_two_revisions_are_compared_by_account_service_and_currency_to_the_last_digit(revisions):
    found = comparison(*revisions)

    assert found.differences == (
        row("7", "Compute", "USD", "3", "8", 1, 1),
        row("8", "Compute", "USD", "6", "2", 1, 1),
        row(None, "Gone", "EUR", "2", "0", 1, 0),
        row(None, "=Neu", "USD", "0", "-1", 0, 1),
        row(None, "Storage", "USD", "5", "4", 1, 1),
        row(None, "Compute", "USD", "10", f"10{TINY[1:]}", 1, 2),
    )


def test_the_changes_add_up_to_those_of_the_totals_which_are_the_revisions_own(revisions):
    found = comparison(*revisions)

    for total in found.totals:
        of_currency = [one for one in found.differences if one.currency == total.currency]
        assert sum(one.change for one in of_currency) == total.change
        assert sum(one.charges_change for one in of_currency) == total.charges_change
        stored = [revision.totals.get(total.currency, {"billed_cost": "0"}) for revision in revisions]
        assert [total.older_cost, total.newer_cost] == [Decimal(one["billed_cost"]) for one in stored]
    assert [total.currency for total in found.totals] == ["EUR", "USD"]


def test_a_revision_differs_in_nothing_from_itself(revisions):
    found = comparison(revisions[0], revisions[0])

    assert found.differences == ()
    assert all(total.change == 0 for total in found.totals)


def test_what_changed_is_handed_out_exactly_with_its_totals_and_no_formula(revisions):
    rows = list(csv.reader(io.StringIO(b"".join(comparison_csv(comparison(*revisions))).decode())))

    assert rows[0][4:7] == ["billed_cost_in_1", "billed_cost_in_2", "change"]
    assert rows[1] == ["7", "Account 7", "Compute", "USD", "3", "8", "5", "1", "1", "0"]
    assert rows[4] == ["", "", "'=Neu", "USD", "0", "-1", "-1", "0", "1", "1"]
    assert rows[6][6] == TINY
    assert rows[-2:] == [
        ["All charges", "", "", "EUR", "2", "0", "-2", "1", "0", "-1"],
        ["All charges", "", "", "USD", "24", f"23{TINY[1:]}", f"-0.{'9' * 18}", "4", "6", "2"],
    ]


def test_csv_has_every_charge_exactly_and_no_formula(revisions):
    text = b"".join(charges_csv(revisions[1])).decode()
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["BilledCost"] for row in rows] == ["8", "2", "10", TINY, "4", "-1"]
    assert [row["ServiceName"] for row in rows] == ["Compute"] * 4 + ["Storage", "'=Neu"]
    assert rows[0]["ChargePeriodStart"] == "2026-10-01T00:00:00Z"
    assert rows[0]["x_row_number"] == "1"


def test_parquet_has_the_names_of_focus_and_leaves_nothing_behind(revisions, lake):
    with charges_parquet(revisions[1]) as stream:
        table = pq.read_table(io.BytesIO(stream.read()))

    assert table.column("BilledCost").to_pylist()[3] == Decimal(TINY)
    assert [path for path in lake.rglob("scratch/**/*") if path.is_file()] == []


def test_what_is_not_stored_any_more_is_told(revisions):
    (revision_folder(revisions[0]) / "charges.parquet").unlink()
    (revision_folder(revisions[0]) / "daily.parquet").unlink()

    assert stored_sums(revisions[0]) is None
    assert comparison(*revisions) is None
    with pytest.raises(NothingToExportError):
        charges_csv(revisions[0])
    with pytest.raises(NothingToExportError):
        charges_parquet(revisions[0])
