"""What rows of Snowflake's view become, and how its SQL API is asked; amounts worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.connectors.snowflake import COLUMNS, SERVICE, SnowflakeSettings, read, statement
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.saas.snowflake_usage import PATTERNS
from tests.fakes.service import Told
from tests.fakes.snowflake import PLACE, TOKEN, snowflake
from tests.ingestion.normalize.bills import SNOWFLAKE_ROW, Bench, csv_text, values

OCTOBER = date(2026, 10, 1)


def settings(url: str, **changes: Any) -> SnowflakeSettings:
    host = "acme-main.snowflakecomputing.com"
    told = {"endpoint_url": url, "host": host, "access_token": TOKEN, "warehouse": "SMALL", **changes}
    return SnowflakeSettings.model_validate(told, context=Reach(allows_private=True, attempts=3))


def cells(**changes: str | None) -> list[str | None]:
    return list({**SNOWFLAKE_ROW, **changes}.values())


def imported(bench: Bench, *changes: Mapping[str, str]):
    return bench.normalized("snowflake", bench.archived(csv_text([{**SNOWFLAKE_ROW, **change} for change in changes])))


def test_a_month_of_the_api_is_a_bill_to_the_last_digit(bench: Bench):
    amounts = ("0.10", "12345678901234567.89", "-0.01")
    pages = [[cells(USAGE_IN_CURRENCY=amount)] for amount in amounts]
    with (
        snowflake(COLUMNS, *pages, running=2) as fake,
        SERVICE.open(settings(fake.url, role="BILLS")).open("2026-10.csv") as stream,
    ):
        content = stream.read()

    delivery = bench.normalized("snowflake", bench.archived(content))
    totals = delivery.bills[0].totals["EUR"]
    # 0.10 + 12345678901234567.89 - 0.01
    assert totals.source == totals.billed_cost == Decimal("12345678901234567.98")
    first, *others = fake.asked
    assert (first.body["statement"], first.body["warehouse"], first.body["role"]) == (
        statement(OCTOBER),
        "SMALL",
        "BILLS",
    )
    assert [(asked.method, asked.path, asked.one("partition")) for asked in others] == [
        ("GET", PLACE, None),
        ("GET", PLACE, None),
        ("GET", PLACE, "1"),
        ("GET", PLACE, "2"),
    ]


def test_the_statement_asks_for_one_month_as_text_in_a_fixed_order():
    asked = statement(date(2026, 12, 1))

    assert "TO_VARCHAR(USAGE_IN_CURRENCY) AS USAGE_IN_CURRENCY" in asked
    assert "DAILY.USAGE_DATE >= '2026-12-01'::DATE AND DAILY.USAGE_DATE < '2027-01-01'::DATE" in asked
    assert asked.endswith("ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16")


def test_use_has_quantities_accounts_places_and_periods(bench: Bench):
    delivery = imported(bench, {})

    assert values(delivery, "billed_cost, effective_cost, list_cost, contracted_cost, billing_currency") == [
        (*[Decimal("37.04")] * 4, "EUR")
    ]
    assert values(delivery, "charge_category, pricing_quantity, pricing_unit, consumed_quantity, consumed_unit") == [
        ("Usage", Decimal("12.345"), "Credits", Decimal("12.345"), "Credits")
    ]
    columns = "billing_account_id, sub_account_id, sub_account_name, region_id, host_provider_name, x_contract_number"
    assert values(delivery, columns) == [("ACME", "XY12345", "MAIN", "AWS_EU_WEST_1", "AWS", "4711")]
    assert values(delivery, "charge_period_start, charge_period_end, billing_period_end") == [
        (datetime(2026, 10, 5), datetime(2026, 10, 6), datetime(2026, 11, 1))
    ]


@pytest.mark.parametrize(
    ("changes", "category", "frequency"),
    [
        ({"IS_ADJUSTMENT": "TRUE", "BALANCE_SOURCE": "rebate"}, "Adjustment", "One-Time"),
        ({"BALANCE_SOURCE": "rebate"}, "Credit", "One-Time"),
        ({"BALANCE_SOURCE": "free usage"}, "Credit", "One-Time"),
        ({"BILLING_TYPE": "support_credit"}, "Credit", "One-Time"),
        ({"BILLING_TYPE": "priority support"}, "Purchase", "Recurring"),
        ({"BALANCE_SOURCE": "overage"}, "Usage", "Usage-Based"),
        ({"BALANCE_SOURCE": "rollover"}, "Usage", "Usage-Based"),
    ],
)
def test_what_kind_of_charge_a_row_is(bench: Bench, changes, category, frequency):
    delivery = imported(bench, changes)

    is_usage = category == "Usage"
    assert values(delivery, "charge_category, charge_frequency, consumed_quantity, billed_cost") == [
        (category, frequency, Decimal("12.345") if is_usage else None, Decimal("37.04"))
    ]


def test_types_of_service_are_known_by_patterns(bench: Bench):
    types = ("AI_SERVICES", "SNOWPARK_CONTAINER_SERVICES", "SNOWPIPE", "STORAGE", "NEW_THING", "")

    delivery = imported(bench, *({"SERVICE_TYPE": name} for name in types))

    assert values(delivery, "service_name, service_category, service_subcategory") == [
        ("Snowflake Cortex AI", "AI and Machine Learning", "Generative AI"),
        ("Snowpark Container Services", "Compute", "Containers"),
        ("Snowflake Data Loading", "Analytics", "Data Processing"),
        ("Snowflake Storage", "Databases", "Data Warehouses"),
        ("NEW_THING", "Databases", "Data Warehouses"),
        ("Snowflake Warehouses", "Databases", "Data Warehouses"),
    ]


def test_every_category_is_one_of_focus():
    assert all(service.subcategory in SUBCATEGORIES[service.category] for _, service in PATTERNS.services)
    assert PATTERNS.subcategory in SUBCATEGORIES[PATTERNS.category]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("PUBLIC.AZURE_WESTEUROPE", "Microsoft"),
        ("GCP_EUROPE_WEST4", "Google Cloud"),
        ("MOON_1", None),
        ("", None),
    ],
)
def test_whose_cloud_a_region_is_of(bench: Bench, region, host):
    assert values(imported(bench, {"REGION": region}), "host_provider_name") == [(host,)]


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("AWS_EU_CENTRAL_1", "Europe (Frankfurt)"),
        ("PUBLIC.AZURE_WESTEUROPE", "West Europe"),
        ("GCP_EUROPE_WEST4", "Netherlands"),
        ("AWS_MOON_1", None),
    ],
)
def test_a_region_has_the_name_that_its_cloud_gives_it(bench: Bench, region, name):
    assert values(imported(bench, {"REGION": region}), "region_id, region_name") == [(region, name)]


def test_the_same_files_give_the_same_bytes(bench: Bench):
    file = bench.archived(csv_text([SNOWFLAKE_ROW, {**SNOWFLAKE_ROW, "USAGE_IN_CURRENCY": "7"}]))

    first, second = (bench.normalized("snowflake", file).bills[0].folder for _ in range(2))

    for name in ("charges", "attribute_sets", "daily"):
        assert (first / f"{name}.parquet").read_bytes() == (second / f"{name}.parquet").read_bytes()


def test_a_month_without_use_has_no_rows():
    with snowflake(COLUMNS) as fake:
        assert list(read(settings(fake.url), OCTOBER)) == []


def test_a_partition_that_fails_is_asked_for_again():
    busy = Told(503, "<html>busy</html>", {"Retry-After": "0"})
    with snowflake(COLUMNS, [cells()], [cells()], failing={1: [busy]}) as fake:
        assert len(list(read(settings(fake.url), OCTOBER))) == 2


def test_a_partition_that_never_comes_ends_the_reading():
    gone = Told(404, {"message": "Result is gone."})
    with (
        snowflake(COLUMNS, [cells()], [cells()], failing={1: [gone]}) as fake,
        pytest.raises(DeliveryError, match=r"Snowflake answered 404 \(Result is gone\)"),
    ):
        list(read(settings(fake.url), OCTOBER))


@pytest.mark.parametrize(
    ("row", "num_rows", "words"),
    [
        (cells(), 2, "Snowflake speaks of 2 rows and sent 1"),
        (cells()[:-1], 1, "a row that has not the 16 columns"),
    ],
)
def test_a_result_that_is_not_whole_is_refused(row, num_rows, words):
    with snowflake(COLUMNS, [row], num_rows=num_rows) as fake, pytest.raises(DeliveryError, match=words) as refused:
        list(read(settings(fake.url), OCTOBER))
    assert refused.value.code == "answer_unreadable"


def test_a_bad_token_is_told_in_one_sentence():
    with snowflake(COLUMNS) as fake, pytest.raises(DeliveryError) as refused:
        SERVICE.discover(settings(fake.url, access_token="pat-guessed"))

    assert refused.value.code == "bad_credentials"
    assert str(refused.value) == (
        "Snowflake answered 401 (Programmatic access token is invalid). Check the source's key: it may have been"
        " revoked or mistyped."
    )


def test_a_statement_that_is_refused_is_told_with_its_reason():
    with snowflake(COLUMNS) as fake, pytest.raises(DeliveryError, match="Schema is not authorized") as refused:
        SERVICE.discover(settings(fake.url, role="NOBODY"))
    assert refused.value.code == "refused"


@pytest.mark.parametrize("title", ["ORGANIZATION_NAME", "USAGE_DATE", "USAGE_IN_CURRENCY", "CURRENCY", "IS_ADJUSTMENT"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized(
            "snowflake",
            bench.archived(csv_text([{name: text for name, text in SNOWFLAKE_ROW.items() if name != title}])),
        )

    assert [finding.column for finding in refused.value.findings] == [title]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"USAGE_DATE": "20731"}, "period_missing", "USAGE_DATE"),
        ({"USAGE_DATE": "2026-10-5x"}, "not_a_moment", "USAGE_DATE"),
        ({"USAGE_IN_CURRENCY": "1,5"}, "not_a_number", "USAGE_IN_CURRENCY"),
        ({"USAGE_IN_CURRENCY": ""}, "value_missing", "USAGE_IN_CURRENCY"),
        ({"CURRENCY": "euro"}, "currency_unknown", "CURRENCY"),
        ({"ORGANIZATION_NAME": ""}, "account_missing", "ORGANIZATION_NAME"),
    ],
)
def test_what_is_wrong_is_told_at_its_row(bench: Bench, changes, code, column):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, {}, changes)

    finding = refused.value.findings[0]
    assert (finding.code, finding.row, finding.column) == (code, 2, column)


@pytest.mark.parametrize(
    "host", ["acme-main.snowflakecomputing.com", "XY12345.eu-central-1.privatelink.snowflakecomputing.com"]
)
def test_hosts_of_snowflake_are_taken(host):
    assert settings("https://proxy.example", host=host).base == f"https://{host.lower()}"


@pytest.mark.parametrize(
    "host",
    [
        "snowflakecomputing.com",
        "acme.snowflakecomputing.com.evil.example",
        "acme.snowflakecomputing.com@evil.example",
        "evil.example/.snowflakecomputing.com",
        "evil.example#.snowflakecomputing.com",
        "evil.example\\.snowflakecomputing.com",
        "acme-snowflakecomputing.com",
        "https://acme.snowflakecomputing.com",
        "acme.snowflakecomputing.com:8443",
        "acme.snowflakecomputing.com\n",
        "acme..snowflakecomputing.com",
        "",
    ],
)
def test_a_key_goes_to_no_other_host(host):
    with pytest.raises(ValidationError, match="Name a host that ends in .snowflakecomputing.com"):
        settings("https://proxy.example", host=host)
