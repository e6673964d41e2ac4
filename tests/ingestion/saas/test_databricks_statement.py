"""The statement that Databricks is asked, run here over tables of the same shape; amounts worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from ingestion.saas.databricks_statement import COLUMNS, statement

FIRST, END = date(2026, 10, 1), date(2026, 11, 1)
METADATA = (
    "STRUCT(job_id VARCHAR, job_name VARCHAR, dlt_pipeline_id VARCHAR, warehouse_id VARCHAR, cluster_id VARCHAR,"
    " endpoint_id VARCHAR, endpoint_name VARCHAR, notebook_id VARCHAR)"
)
PRICES = (
    "(cloud VARCHAR, sku_name VARCHAR, usage_unit VARCHAR, price_start_time TIMESTAMP, price_end_time TIMESTAMP,"
    ' currency_code VARCHAR, pricing STRUCT("default" VARCHAR, effective_list STRUCT("default" VARCHAR)))'
)
USAGE = (
    "(account_id VARCHAR, workspace_id VARCHAR, cloud VARCHAR, sku_name VARCHAR, usage_date DATE,"
    " usage_end_time TIMESTAMP, usage_unit VARCHAR, usage_quantity DECIMAL(38,18), billing_origin_product VARCHAR,"
    f" custom_tags MAP(VARCHAR, VARCHAR), usage_metadata {METADATA}, identity_metadata STRUCT(run_as VARCHAR))"
)


class Tables:
    """System tables in DuckDB."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("CREATE SCHEMA billing")
        self.connection.execute(f"CREATE TABLE billing.usage {USAGE}")
        for name in ("list_prices", "account_prices"):
            self.connection.execute(f"CREATE TABLE billing.{name} {PRICES}")

    def use(self, quantity: str, *, sku: str = "JOBS", end: str = "2026-10-05 08:00", job: str = "7") -> None:
        """Record use of a SKU in the hour that ends."""
        self.connection.execute(
            f"INSERT INTO billing.usage VALUES ('acc', 'w1', 'AWS', '{sku}', '{end[:10]}', '{end}', 'DBU', {quantity},"
            f" 'JOBS', MAP {{'team': 'pay'}}, {{'job_id': '{job}', 'job_name': 'Nightly'}}, {{'run_as': 'robot'}})"
        )

    def price(
        self, published: str, *, asked: str | None = None, table: str = "list_prices", since: str = "2026-01-01",
        until: str | None = None, currency: str = "USD",
    ) -> None:  # fmt: skip
        """Give the SKU a price."""
        end = f"'{until}'" if until else "NULL"
        self.connection.execute(
            f"INSERT INTO billing.{table} VALUES ('AWS', 'JOBS', 'DBU', '{since}', {end}, '{currency}',"
            f" {{'default': '{published}', 'effective_list': {{'default': {repr(asked) if asked else 'NULL'}}}}})"
        )

    def answer(self, *columns: str, has_account_prices: bool = False, currency: str = "USD") -> list[tuple[str, ...]]:
        """Run the statement and return columns of its rows."""
        asked = sqlglot.parse_one(
            statement(FIRST, END, currency=currency, has_account_prices=has_account_prices), read="databricks"
        )
        for table in asked.find_all(exp.Table):
            table.set("catalog", None)
        cursor = self.connection.execute(asked.sql(dialect="duckdb"))
        assert tuple(described[0] for described in cursor.description or ()) == COLUMNS
        found = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
        assert all(isinstance(value, str | None) for row in found for value in row.values())
        return [tuple(row[name] for name in columns) for row in found]


@pytest.fixture
def tables() -> Tables:
    return Tables()


def test_use_of_a_day_is_summed_and_costs_its_price_to_the_last_digit(tables: Tables):
    tables.price("0.15", asked="0.10")
    tables.use("1.000000000000000001")
    tables.use("0.123456789012345678", end="2026-10-05 09:00")
    tables.use("5", end="2026-10-06 09:00")

    # The quantity is rounded to 14 digits before it is multiplied: 1.12345678901235 x 0.15 and x 0.10.
    assert tables.answer("usage_date", "usage_quantity", "list_cost", "contracted_cost", "price_source") == [
        ("2026-10-05", "1.123456789012345679", "0.168518518351852500", "0.112345678901235000", "list"),
        ("2026-10-06", "5.000000000000000000", "0.750000000000000000", "0.500000000000000000", "list"),
    ]


def test_a_retraction_meets_what_it_takes_back(tables: Tables):
    tables.price("1")
    for quantity in ("5", "-5", "3"):
        tables.use(quantity)
    for quantity in ("2", "-2"):
        tables.use(quantity, job="8")

    assert tables.answer("job_id", "contracted_cost") == [("7", "3.000000000000000000")]


def test_a_price_holds_from_its_start_until_the_next_begins(tables: Tables):
    tables.price("1", until="2026-10-05 09:00")
    tables.price("2", since="2026-10-05 09:00")
    tables.price("9", currency="EUR")
    tables.use("10", end="2026-10-05 08:00")
    tables.use("10", end="2026-10-05 09:00")

    assert [Decimal(cost) for (cost,) in tables.answer("contracted_cost")] == [Decimal(10), Decimal(20)]
    assert [Decimal(cost) for (cost,) in tables.answer("contracted_cost", currency="EUR")] == [Decimal(180)]


def test_prices_of_the_account_are_what_is_billed(tables: Tables):
    tables.price("1")
    tables.price("0.7", table="account_prices")
    tables.use("10")

    columns = ("list_price", "contracted_price", "price_source", "list_cost", "contracted_cost", "currency_code")
    assert tables.answer(*columns, has_account_prices=True) == [
        ("1.0000000000", "0.7000000000", "account", "10.000000000000000000", "7.000000000000000000", "USD")
    ]
    assert tables.answer("price_source") == [("list",)]


def test_what_has_no_price_is_told_without_a_cost(tables: Tables):
    tables.use("10", sku="PREVIEW")

    assert tables.answer("sku_name", "usage_quantity", "contracted_cost", "price_source") == [
        ("PREVIEW", "10.000000000000000000", None, None)
    ]


def test_ids_tags_and_who_ran_it_are_told_and_other_months_are_not(tables: Tables):
    tables.price("1")
    tables.use("10")
    tables.use("10", end="2026-11-01 01:00")
    tables.use("10", end="2026-09-30 23:00")

    columns = ("account_id", "workspace_id", "cloud", "job_id", "job_name", "cluster_id", "custom_tags", "run_as")
    assert tables.answer(*columns) == [("acc", "w1", "AWS", "7", "Nightly", None, '{"team":"pay"}', "robot")]
