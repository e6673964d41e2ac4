"""Google Cloud's billing exports read from BigQuery: what its rows become, worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingestion.connectors.gcp_bigquery import KIND
from ingestion.delivery import ArchivedFile, archive
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from ingestion.gcp.settings import BigQuerySettings
from tests.fakes.bigquery import DATASET, PROJECT, BigQuery, Table, bigquery, key_json
from tests.fakes.billing_exports import detailed_table, focus, focus_table, standard_table, usage
from tests.ingestion.normalize.bills import Bench, csv_text, gcp_rows, values

STANDARD = "gcp_billing_export_v1_AAAAAA_BBBBBB_CCCCCC"
DETAILED = "gcp_billing_export_resource_v1_AAAAAA_BBBBBB_CCCCCC"
FOCUS = "gcp_billing_export_focus_AAAAAA_BBBBBB_CCCCCC"


def settings(url: str, **changes: Any) -> BigQuerySettings:
    told = {
        "project": PROJECT, "dataset": DATASET, "service_account_key": key_json(url), "endpoint_url": url,
        "first_month": "2026-08", **changes,
    }  # fmt: skip
    return BigQuerySettings.model_validate(told, context=Reach(allows_private=True, attempts=1))


def fetched(held: BigQuery, bench: Bench, month: str = "2026-10") -> ArchivedFile:
    with bigquery(held) as fake:
        told = settings(fake.url)
        (file,) = [one for one in KIND.open(told).files() if one.path.startswith(month)]
        return archive(KIND.open(told), file, root=bench.folder)


def imported(bench: Bench, name: str, table: Table, month: str = "2026-10"):
    return bench.normalized("gcp_bigquery", fetched(BigQuery({name: table}), bench, month))


def credit(kind: str, amount: float, **more: str) -> dict[str, Any]:
    return {"name": f"{kind} of ours", "type": kind, "amount": amount, **more}


def test_all_that_the_table_says_of_a_month_is_stored_whatever_the_pages_and_their_order(bench: Bench):
    # 10 - 3 - 5 + 0.38 - 1 + 0.01 = 1.39; what is of September is not asked for.
    rows = [
        usage(cost=10.0, credits=[credit("SUSTAINED_USAGE_DISCOUNT", -3.0), credit("PROMOTION", -5.0)]),
        usage(cost=0.38, cost_type="tax"),
        usage(cost=-1.0, cost_type="adjustment", adjustment_info={"id": "a-1", "mode": "PARTIAL_CORRECTION"}),
        usage(cost=0.01, cost_type="rounding_error"),
        usage(cost=7.0, month="202609", day="2026-09-30"),
    ]
    held = BigQuery({STANDARD: standard_table(*rows)}, page_rows=3, slow=1)

    first = fetched(held, bench)
    held.order = -1
    second = fetched(held, bench)
    delivery = bench.normalized("gcp_bigquery", first)

    assert first.sha256 == second.sha256
    assert delivery.row_counts == (4,)
    (bill,) = delivery.bills
    assert bill.billing_period == date(2026, 10, 1)
    assert bill.totals["EUR"].source == bill.totals["EUR"].billed_cost == Decimal("1.39")
    assert sorted(values(delivery, "charge_category, charge_class, billed_cost, contracted_cost"), key=str) == [
        ("Adjustment", "Correction", Decimal(-1), Decimal(-1)),
        ("Adjustment", None, Decimal("0.01"), Decimal("0.01")),
        ("Credit", None, Decimal(-5), Decimal(-5)),
        ("Tax", None, Decimal("0.38"), Decimal("0.38")),
        ("Usage", None, Decimal(7), Decimal(10)),
    ]


def test_costs_are_the_shortest_decimals_of_their_numbers_and_are_added_as_such(bench: Bench):
    # As floats, ten times 0.1 would be 0.9999999999999999, and 0.1 + 0.2 is told as it is.
    rows = [usage(cost=0.1)] * 10 + [usage(cost=0.1 + 0.2), usage(cost=1e-07), usage(cost=1.385e-05)]

    delivery = imported(bench, STANDARD, standard_table(*rows))

    stored = sorted(row[0] for row in values(delivery, "billed_cost"))
    assert stored == [
        Decimal("0.0000001"),
        Decimal("0.00001385"),
        *[Decimal("0.1")] * 10,
        Decimal("0.30000000000000004"),
    ]
    assert delivery.bills[0].totals["EUR"].source == Decimal("1.30001395000000004")


def test_a_used_day_of_last_month_is_in_the_month_that_invoices_it(bench: Bench):
    table = standard_table(
        usage(cost=1.0, day="2026-10-05"),
        usage(cost=2.0, month="202611", day="2026-10-31", exported="2026-11-02T04:00"),
    )

    october = imported(bench, STANDARD, table)
    november = imported(bench, STANDARD, table, "2026-11")

    assert values(october, "billed_cost") == [(Decimal(1),)]
    assert november.bills[0].billing_period == date(2026, 11, 1)
    assert values(november, "billed_cost, charge_period_start") == [(Decimal(2), datetime(2026, 10, 31))]


def test_labels_and_where_a_project_stands_are_tags(bench: Bench):
    ancestors = [
        {"resource_name": "projects/42", "display_name": "Shop"},
        {"resource_name": "folders/7", "display_name": "Web"},
        {"resource_name": "folders/6", "display_name": "Retail"},
        {"resource_name": "organizations/1", "display_name": "acme.example"},
    ]
    project = {
        "id": "shop-prod", "number": "42", "name": "Shop", "ancestry_numbers": "/1/6/7/", "ancestors": ancestors,
        "labels": [{"key": "team", "value": "platform"}, {"key": "cost-center", "value": "4711"}],
    }  # fmt: skip
    row = usage(
        project=project,
        labels=[{"key": "team", "value": 'search "x", y'}],
        system_labels=[{"key": "compute.googleapis.com/cores", "value": "2"}],
        tags=[{"key": "env", "value": "prod", "inherited": True, "namespace": "1"}],
    )

    delivery = imported(bench, STANDARD, standard_table(row, usage()))

    found = dict(values(delivery, "x_project_ancestry_numbers, tags"))
    assert json.loads(str(found["/1/6/7/"])) == {
        "team": 'search "x", y',
        "env": "prod",
        "cost-center": "4711",
        "compute.googleapis.com/cores": "2",
        "google:organization": "acme.example",
        "google:folders": "Web / Retail",
    }
    assert found[None] is None
    kept = dict(values(delivery, "x_project_ancestry_numbers, x_project_ancestors"))
    assert json.loads(str(kept["/1/6/7/"])) == ancestors


def test_the_detailed_export_tells_resources_prices_and_commitments_with_every_digit(bench: Bench):
    row = usage(
        cost=2.0,
        cost_at_list=2.5,
        credits=[credit("COMMITTED_USAGE_DISCOUNT", -0.5)],
        subscription={"instance_id": "cud-7"},
        resource={"name": "front-1", "global_name": "//compute.googleapis.com/projects/42/instances/9"},
        price={"effective_price": Decimal("0.033174123"), "list_price": Decimal("12345678901234567890.123456789")},
        seller_name="Example Software",
    )

    delivery = imported(bench, DETAILED, detailed_table(row))

    assert values(delivery, "resource_id, resource_name, service_provider_name, billed_cost, list_cost") == [
        (
            "//compute.googleapis.com/projects/42/instances/9",
            "front-1",
            "Example Software",
            Decimal("1.5"),
            Decimal("2.5"),
        )
    ]
    assert values(delivery, "contracted_unit_price, list_unit_price") == [
        (Decimal("0.033174123"), Decimal("12345678901234567890.123456789"))
    ]
    columns = "pricing_category, commitment_discount_id, commitment_discount_category, commitment_discount_status"
    assert values(delivery, columns) == [("Committed", "cud-7", "Usage", "Used")]


def test_the_focus_export_is_read_as_focus_and_told_what_it_lacks(bench: Bench):
    labels = [{"Key": "team", "Value": "search"}]
    ancestors = [{"ResourceName": "folders/6", "DisplayName": "Retail"}]
    table = focus_table(
        focus(
            BilledCost=Decimal("0.123456789"),
            x_Labels=labels,
            x_ProjectLabels=[{"Key": "team", "Value": "platform"}, {"Key": "unit", "Value": "web"}],
            x_Project={"Id": "shop-prod", "Name": "Shop", "Ancestors": ancestors},
        ),
        focus(BilledCost=Decimal("2"), ChargeCategory="Tax"),
        focus(BilledCost=Decimal("4"), month="2026-11", day="2026-11-02"),
    )

    delivery = imported(bench, FOCUS, table)

    (bill,) = delivery.bills
    assert bill.totals["EUR"].source == bill.totals["EUR"].billed_cost == Decimal("2.123456789")
    usage_row, tax_row = sorted(
        values(delivery, "billed_cost, charge_category, service_name, service_category, invoice_issuer_name, tags")
    )
    assert usage_row[:5] == (Decimal("0.123456789"), "Usage", "Compute Engine", "Compute", "Google Cloud")
    assert json.loads(str(usage_row[5])) == {"team": "search", "unit": "web", "google:folders": "Retail"}
    assert tax_row[:2] == (Decimal(2), "Tax")
    assert (
        values(delivery, "service_provider_name, host_provider_name, sub_account_id, x_service_code")
        == [("Google Cloud", "Google Cloud", "shop-prod", "6F81-5844-456A")] * 2
    )
    assert [finding.code for finding in delivery.findings] == []


@pytest.mark.parametrize(
    ("name", "table"),
    [
        (STANDARD, standard_table(usage())),
        (DETAILED, detailed_table(usage())),
        (FOCUS, focus_table(focus())),
    ],
)
def test_every_form_gives_the_columns_that_focus_makes_mandatory(bench: Bench, name, table):
    mandatory = (
        "billed_cost", "effective_cost", "list_cost", "contracted_cost", "billing_account_id", "billing_currency",
        "billing_period_start", "billing_period_end", "charge_period_start", "charge_period_end", "charge_category",
        "invoice_issuer_name", "service_category", "service_name", "service_provider_name",
    )  # fmt: skip

    ((*found,),) = values(imported(bench, name, table), ", ".join(mandatory))

    assert [column for column, value in zip(mandatory, found, strict=True) if value is None] == []


def test_what_was_fetched_holds_texts_under_the_names_of_a_flat_export(bench: Bench):
    file = fetched(BigQuery({STANDARD: standard_table(usage(cost=1e22, credits=[credit("DISCOUNT", -1e-07)]))}), bench)

    (row,) = pq.read_table(file.path).to_pylist()

    assert (row["cost"], row["service.description"], row["invoice.month"]) == (
        f"1{'0' * 22}",
        "Compute Engine",
        "202610",
    )
    assert (row["usage_start_time"], row["seller_name"], row["labels"]) == ("2026-10-05 00:00:00+00:00", None, "[]")
    assert json.loads(row["credits"])[0]["type"] == "DISCOUNT"
    assert '"amount":-1e-07' in row["credits"]


def test_a_file_with_these_columns_imports_like_the_table(bench: Bench):
    delivery = bench.normalized("gcp_bigquery", bench.archived(csv_text(gcp_rows({"cost": "3"}))))

    assert values(delivery, "billed_cost, service_name") == [(Decimal(3), "Compute Engine")]


def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench):
    rows = [{name: value for name, value in row.items() if name != "currency"} for row in gcp_rows({})]

    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("gcp_bigquery", bench.archived(csv_text(rows)))

    assert str(refused.value) == "bill.csv has no column currency. Is it a billing export of Google Cloud?"


def test_a_cost_that_is_no_number_is_told_by_its_row(bench: Bench, tmp_path: Path):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, STANDARD, standard_table(usage(cost=float("nan")), usage()))

    (finding,) = refused.value.findings
    assert (finding.file, finding.column, finding.code) == ("2026-10.parquet", "cost", "not_a_number")
