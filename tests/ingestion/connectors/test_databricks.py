"""What Databricks' usage becomes, and how its API is asked; amounts worked by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.connectors.databricks import COLUMNS, SERVICE, DatabricksSettings, read
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.saas.databricks_usage import PATTERNS
from tests.fakes.databricks import TOKEN, databricks
from tests.fakes.service import Told
from tests.ingestion.normalize.bills import Bench, csv_text, values

ROW = {
    **dict.fromkeys(COLUMNS, ""),
    "account_id": "acc-1",
    "workspace_id": "w1",
    "cloud": "AZURE",
    "sku_name": "PREMIUM_JOBS_COMPUTE",
    "usage_date": "2026-10-05",
    "usage_unit": "DBU",
    "billing_origin_product": "JOBS",
    "custom_tags": '{"team":"pay"}',
    "job_id": "7",
    "job_name": "Nightly",
    "cluster_id": "c-9",
    "run_as": "robot",
    "usage_quantity": "10.5",
    "list_price": "0.30",
    "contracted_price": "0.20",
    "price_source": "account",
    "list_cost": "3.15",
    "contracted_cost": "2.10",
    "currency_code": "USD",
}
OCTOBER = date(2026, 10, 1)


def settings(url: str, **changes: Any) -> DatabricksSettings:
    host = "dbc-1234.cloud.databricks.com"
    told = {"endpoint_url": url, "host": host, "access_token": TOKEN, "warehouse_id": "abc123", **changes}
    return DatabricksSettings.model_validate(told, context=Reach(allows_private=True, attempts=3))


def cells(**changes: str) -> list[str | None]:
    return [value or None for value in {**ROW, **changes}.values()]


def imported(bench: Bench, *changes: Mapping[str, str]):
    return bench.normalized("databricks", bench.archived(csv_text([{**ROW, **change} for change in changes])))


def statements(fake: Any) -> list[str]:
    return [asked.body["statement"] for asked in fake.asked if asked.method == "POST"]


def test_a_month_of_the_api_is_a_bill_to_the_last_digit(bench: Bench):
    amounts = ("0.100000000000000001", "12345678901234567.89", "-0.000000000000000001")
    rows = [cells(contracted_cost=amount) for amount in amounts]
    with (
        databricks(COLUMNS, *rows, running=1) as fake,
        SERVICE.open(settings(fake.url)).open("2026-10.csv") as stream,
    ):
        content = stream.read()

    delivery = bench.normalized("databricks", bench.archived(content))
    totals = delivery.bills[0].totals["USD"]
    # 0.100000000000000001 + 12345678901234567.89 - 0.000000000000000001
    assert totals.source == totals.billed_cost == Decimal("12345678901234567.99")
    assert fake.asked[0].body["warehouse_id"] == "abc123"
    assert [asked.path.rsplit("/", 1)[1] for asked in fake.asked if "chunks" in asked.path] == ["1", "2"]


def test_prices_of_the_account_are_asked_for_where_there_are_any():
    for has_own in (True, False):
        with databricks(COLUMNS, cells(), has_account_prices=has_own) as fake:
            assert len(list(read(settings(fake.url), OCTOBER))) == 1
        assert ("system.billing.account_prices" in statements(fake)[1]) is has_own


def test_a_month_too_long_for_one_answer_is_asked_for_in_halves():
    rows = [cells(usage_date=f"2026-10-{day:02}") for day in range(1, 32)]
    with databricks(COLUMNS, *rows, most_days=10) as fake:
        found = [str(record["usage_date"]) for record in read(settings(fake.url), OCTOBER)]

    assert found == [f"2026-10-{day:02}" for day in range(1, 32)]
    # The tables, the month, two halves of 15 and 16 days, and four quarters.
    assert len(statements(fake)) == 8


def test_a_day_too_long_for_one_answer_is_told():
    with (
        databricks(COLUMNS, cells(), most_days=0) as fake,
        pytest.raises(DeliveryError, match="Inline byte limit exceeded"),
    ):
        list(read(settings(fake.url), OCTOBER))


def test_use_has_costs_quantities_accounts_and_periods(bench: Bench):
    delivery = imported(bench, {})

    assert values(delivery, "billed_cost, effective_cost, contracted_cost, list_cost, list_unit_price") == [
        (Decimal("2.10"), Decimal("2.10"), Decimal("2.10"), Decimal("3.15"), Decimal("0.3"))
    ]
    assert values(delivery, "charge_category, pricing_quantity, pricing_unit, consumed_quantity, x_price_source") == [
        ("Usage", Decimal("10.5"), "DBU", Decimal("10.5"), "account")
    ]
    columns = "billing_account_id, sub_account_id, sub_account_type, host_provider_name, sku_id, x_run_as"
    assert values(delivery, columns) == [("acc-1", "w1", "Workspace", "Microsoft", "PREMIUM_JOBS_COMPUTE", "robot")]
    assert values(delivery, "charge_period_start, charge_period_end, billing_period_end") == [
        (datetime(2026, 10, 5), datetime(2026, 10, 6), datetime(2026, 11, 1))
    ]
    assert [json.loads(str(tags)) for (tags,) in values(delivery, "tags")] == [{"team": "pay"}]


@pytest.mark.parametrize(
    ("changes", "resource"),
    [
        ({}, ("Job", "7", "Nightly")),
        ({"billing_origin_product": "SQL", "warehouse_id": "wh"}, ("SQL Warehouse", "wh", None)),
        ({"billing_origin_product": "DLT", "dlt_pipeline_id": "p"}, ("Pipeline", "p", None)),
        ({"job_id": "", "endpoint_id": "e", "endpoint_name": "Chat"}, ("Serving Endpoint", "e", "Chat")),
        ({"job_id": "", "billing_origin_product": "ALL_PURPOSE"}, ("Cluster", "c-9", None)),
        ({"job_id": "", "cluster_id": ""}, (None, None, None)),
    ],
)
def test_the_resource_is_that_of_the_product_else_the_first_named(bench: Bench, changes, resource):
    assert values(imported(bench, changes), "resource_type, resource_id, resource_name") == [resource]


def test_products_are_known_by_patterns(bench: Bench):
    products = ("SQL", "MODEL_SERVING", "AI_FUNCTIONS", "ALL_PURPOSE", "NEW_THING", "")

    delivery = imported(bench, *({"billing_origin_product": name} for name in products))

    assert values(delivery, "service_name, service_category, service_subcategory") == [
        ("Databricks SQL", "Databases", "Data Warehouses"),
        ("Databricks Model Serving", "AI and Machine Learning", "Machine Learning"),
        ("Databricks Mosaic AI", "AI and Machine Learning", "Generative AI"),
        ("Databricks Notebooks", "Analytics", "Analytics Platforms"),
        ("NEW_THING", "Analytics", "Analytics Platforms"),
        ("Databricks Jobs", "Analytics", "Data Processing"),
    ]


def test_every_category_is_one_of_focus():
    assert all(service.subcategory in SUBCATEGORIES[service.category] for _, service in PATTERNS.services)
    assert PATTERNS.subcategory in SUBCATEGORIES[PATTERNS.category]


def test_use_without_a_price_costs_nothing_and_is_told(bench: Bench):
    free = {"sku_name": "PREVIEW", "list_price": "", "contracted_price": "", "list_cost": "", "contracted_cost": ""}

    delivery = imported(bench, {}, free)

    assert values(delivery, "billed_cost, list_cost, list_unit_price") == [
        (Decimal("2.1"), Decimal("3.15"), Decimal("0.3")),
        (Decimal(0), Decimal(0), None),
    ]
    (finding,) = delivery.findings
    assert (finding.code, finding.severity, finding.row) == ("price_missing", "warning", 2)
    assert finding.message.startswith("'PREVIEW' has no price (first in bill.csv, row 2)")


def test_the_same_files_give_the_same_bytes(bench: Bench):
    file = bench.archived(csv_text([ROW, {**ROW, "contracted_cost": "7"}]))

    first, second = (bench.normalized("databricks", file).bills[0].folder for _ in range(2))

    for name in ("charges", "attribute_sets", "daily"):
        assert (first / f"{name}.parquet").read_bytes() == (second / f"{name}.parquet").read_bytes()


def test_a_month_without_use_has_no_rows():
    with databricks(COLUMNS) as fake:
        assert list(read(settings(fake.url), OCTOBER)) == []


def test_a_chunk_that_fails_is_asked_for_again():
    busy = Told(429, {"message": "Too many requests"}, {"Retry-After": "0"})
    with databricks(COLUMNS, cells(), cells(), failing=[busy]) as fake:
        assert len(list(read(settings(fake.url), OCTOBER))) == 2


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        (Told(404, {"message": "The result is gone."}), r"Databricks answered 404 \(The result is gone\)"),
        (Told(200, {"data_array": [["short"]]}), "a row that has not the 24 columns"),
        (Told(200, {"data_array": "rows"}), "Databricks answered without data_array"),
        (
            Told(200, {"data_array": [], "next_chunk_internal_link": "https://evil.example/"}),
            "Databricks answered without next_chunk_internal_link",
        ),
        (Told(200, {"data_array": []}), "Databricks speaks of 2 rows and sent 1"),
    ],
)
def test_a_result_that_is_not_whole_is_refused(chunk, words):
    with (
        databricks(COLUMNS, cells(), cells(), failing=[chunk]) as fake,
        pytest.raises(DeliveryError, match=words),
    ):
        list(read(settings(fake.url), OCTOBER))


def test_a_result_that_was_cut_short_is_asked_for_in_halves_and_at_last_refused():
    with (
        databricks(COLUMNS, cells(), changed={"truncated": True}) as fake,
        pytest.raises(DeliveryError, match="Databricks cut the result short"),
    ):
        list(read(settings(fake.url), OCTOBER))
    assert len(statements(fake)) > 2


def test_a_statement_that_fails_is_told_with_its_reason():
    told = "[INSUFFICIENT_PERMISSIONS] User has no SELECT on system.billing.usage."
    with databricks(COLUMNS, failure=told) as fake, pytest.raises(DeliveryError) as refused:
        SERVICE.discover(settings(fake.url))

    assert refused.value.code == "refused"
    assert str(refused.value) == (
        "Databricks could not run the statement: [INSUFFICIENT_PERMISSIONS] User has no SELECT on"
        " system.billing.usage. May the token's owner use the warehouse and read system.billing?"
    )


def test_a_bad_token_is_told_in_one_sentence():
    with databricks(COLUMNS) as fake, pytest.raises(DeliveryError) as refused:
        SERVICE.discover(settings(fake.url, access_token="dapi-guessed"))

    assert refused.value.code == "bad_credentials"
    assert "guessed" not in str(refused.value)


@pytest.mark.parametrize(
    "title", ["account_id", "sku_name", "usage_date", "list_cost", "contracted_cost", "currency_code"]
)
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized(
            "databricks", bench.archived(csv_text([{name: text for name, text in ROW.items() if name != title}]))
        )

    assert [finding.column for finding in refused.value.findings] == [title]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"usage_date": "2026-10-5x"}, "not_a_moment", "usage_date"),
        ({"contracted_cost": "1,5"}, "not_a_number", "contracted_cost"),
        ({"currency_code": "euro"}, "currency_unknown", "currency_code"),
        ({"account_id": ""}, "account_missing", "account_id"),
    ],
)
def test_what_is_wrong_is_told_at_its_row(bench: Bench, changes, code, column):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, {}, changes)

    finding = refused.value.findings[0]
    assert (finding.code, finding.row, finding.column) == (code, 2, column)


@pytest.mark.parametrize(
    "host", ["dbc-1.cloud.databricks.com", "adb-12.7.azuredatabricks.net", "12.3.gcp.databricks.com"]
)
def test_hosts_of_databricks_are_taken(host):
    assert settings("https://proxy.example", host=host).base == f"https://{host}"


@pytest.mark.parametrize("host", ["databricks.com.evil.example", "evil.example/x.databricks.com", "mydatabricks.com"])
def test_a_key_goes_to_no_other_host(host):
    with pytest.raises(ValidationError, match="Name a host that ends in .databricks.com or .azuredatabricks.net"):
        settings("https://proxy.example", host=host)


def test_a_currency_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="String should match"):
        settings("https://proxy.example", currency="USD' OR 1=1")
