"""The sample company's files through the real connectors: what is imported is what was written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingestion.connectors import aws_cur, azure_export, focus, gcp_csv
from ingestion.delivery import archive, open_store
from ingestion.normalize import Limits, NormalizedBill
from itfm.core.periods import period_name
from itfm.demo import company
from itfm.demo.company import Delivered, DemoCompany

KINDS = {"aws_cur": aws_cur.KIND, "azure_export": azure_export.KIND, "focus": focus.KIND, "gcp_csv": gcp_csv.KIND}
TOLD = {"azure-ea": {"told_twice"}, "azure-mca": {"told_twice"}, "gcp": {"service_unknown"}}
"""What is said of deliveries: that exports of actual and amortized cost agree, and that Google's taxes are no service."""
TAG_KEYS = frozenset({"team", "env", "product", "cost_center"})


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=6_000, months=2, last_month=date(2026, 10, 1))


def imported(delivered: Delivered, work: Path) -> dict[str, NormalizedBill]:
    """Return the bills of a source by month."""
    kind = KINDS[delivered.kind]
    settings = kind.params(path=delivered.folder)
    bills: dict[str, NormalizedBill] = {}
    for delivery in kind.discover(settings):
        files = [archive(open_store(settings), file, root=work) for file in delivery.files]
        result = kind.normalize(
            files,
            settings=settings,
            output=work / "charges" / str(delivery.billing_period),
            limits=Limits(temp_folder=work / "temporary"),
            tag_keys=TAG_KEYS,
            progress=lambda _: None,
        )
        assert delivery.is_complete
        assert {finding.code for finding in result.findings} == TOLD.get(delivered.name, set())
        bills |= {period_name(bill.billing_period): bill for bill in result.bills}
    return bills


def charges_of(bill: NormalizedBill) -> int:
    return int(pq.read_metadata(bill.folder / "charges.parquet").num_rows)


@pytest.mark.parametrize(
    "name", ["aws-cur2", "aws-cur", "focus", "azure-ea", "gcp", "azure-mca", "aws-focus", "azure-focus"]
)
def test_imported_totals_are_those_written(demo, name, tmp_path):
    [delivered] = [delivered for delivered in demo.deliveries if delivered.name == name]

    bills = imported(delivered, tmp_path)

    assert bills.keys() == delivered.totals.keys() == {"2026-09", "2026-10"}
    for month, written in delivered.totals.items():
        [(currency, total)] = bills[month].totals.items()
        assert (currency, total.billed_cost) == (written.currency, written.cost)
        # AWS takes the price of what a savings plan covers away again, in lines that are no charges.
        assert charges_of(bills[month]) == written.charges or delivered.kind == "aws_cur"
        assert total.effective_cost == written.cost  # commitments are used or shown as unused to the last digit


def test_the_restated_delivery_has_the_month_anew(demo, tmp_path):
    [(month, written)] = demo.restated.totals.items()

    bills = imported(demo.restated, tmp_path)

    assert list(bills) == [month]
    assert bills[month].totals["USD"].billed_cost == written.cost
    assert written.cost - demo.totals["aws-cur2", month].cost != Decimal(0)
