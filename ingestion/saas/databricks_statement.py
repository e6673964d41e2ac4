"""The question for a period of Databricks' usage and what it cost, in the SQL of Databricks. Pure.

Sources: https://docs.databricks.com/aws/en/admin/system-tables/billing and .../pricing. Usage is summed by day and
price, so that corrections (retractions and restatements) have met what they correct. Costs are products of decimals:
Databricks shortens the fraction of a product that would need more than 38 digits without a word, and therefore the
quantity is cast to `QUANTITY` and the price to `PRICE`, whose product needs exactly 38 and is whole. Everything is
answered as text.
"""

from __future__ import annotations

from datetime import date
from typing import Final

QUANTITY: Final = "DECIMAL(23,14)"
PRICE: Final = "DECIMAL(14,10)"
COST: Final = "DECIMAL(38,18)"
TEXTS: Final = {
    "account_id": "used.account_id",
    "workspace_id": "used.workspace_id",
    "cloud": "used.cloud",
    "sku_name": "used.sku_name",
    "usage_date": "used.usage_date",
    "usage_unit": "used.usage_unit",
    "billing_origin_product": "used.billing_origin_product",
    "custom_tags": "to_json(used.custom_tags)",
    "job_id": "used.usage_metadata.job_id",
    "job_name": "used.usage_metadata.job_name",
    "dlt_pipeline_id": "used.usage_metadata.dlt_pipeline_id",
    "warehouse_id": "used.usage_metadata.warehouse_id",
    "cluster_id": "used.usage_metadata.cluster_id",
    "endpoint_id": "used.usage_metadata.endpoint_id",
    "endpoint_name": "used.usage_metadata.endpoint_name",
    "notebook_id": "used.usage_metadata.notebook_id",
    "run_as": "used.identity_metadata.run_as",
}
"""What usage is summed by, next to its prices."""
AMOUNTS: Final = (
    "usage_quantity",
    "list_price",
    "contracted_price",
    "price_source",
    "list_cost",
    "contracted_cost",
    "currency_code",
)
COLUMNS: Final = (*TEXTS, *AMOUNTS)
HAS_ACCOUNT_PRICES: Final = "SHOW TABLES IN system.billing LIKE 'account_prices'"
"""Answers a row where the account has prices of its own as a table, which is a preview that few have."""


def statement(first: date, end: date, *, currency: str, has_account_prices: bool) -> str:
    """Return the question for the days from `first` up to and without `end`, in an order that is always the same."""
    grouped = ", ".join(f"{sql} AS {name}" for name, sql in TEXTS.items())
    tables = {"listed": "list_prices", **({"own": "account_prices"} if has_account_prices else {})}
    own = "own.price" if has_account_prices else f"CAST(NULL AS {PRICE})"
    source = f"CASE WHEN {own} IS NOT NULL THEN 'account' WHEN listed.price IS NOT NULL THEN 'list' END"
    prices = ", ".join(_prices(name, table, currency) for name, table in tables.items())
    texts = ", ".join(f"CAST(priced.{name} AS STRING) AS {name}" for name in TEXTS)
    quantity = f"CAST(priced.usage_quantity AS {QUANTITY})"
    return (
        f"WITH {prices}, priced AS (SELECT {grouped}, listed.published AS list_price,"
        f" coalesce({own}, listed.price) AS contracted_price, {source} AS price_source,"
        " SUM(used.usage_quantity) AS usage_quantity"
        f" FROM system.billing.usage AS used{''.join(map(_join, tables))}"
        f" WHERE used.usage_date >= DATE '{first}' AND used.usage_date < DATE '{end}' GROUP BY ALL)"
        f" SELECT {texts}, CAST(priced.usage_quantity AS STRING) AS usage_quantity,"
        " CAST(priced.list_price AS STRING) AS list_price,"
        " CAST(priced.contracted_price AS STRING) AS contracted_price, priced.price_source AS price_source,"
        f" CAST(CAST({quantity} * priced.list_price AS {COST}) AS STRING) AS list_cost,"
        f" CAST(CAST({quantity} * priced.contracted_price AS {COST}) AS STRING) AS contracted_cost,"
        f" '{currency}' AS currency_code FROM priced WHERE priced.usage_quantity <> 0"
        f" ORDER BY {', '.join(str(place) for place in range(1, len(COLUMNS) + 1))}"
    )


def _prices(name: str, table: str, currency: str) -> str:
    """Return prices by SKU and time: `published`, and `price`, what is asked for after promotions for everybody."""
    published = f"CAST(pricing.`default` AS {PRICE})"
    asked = f"CAST(coalesce(pricing.effective_list.`default`, pricing.`default`) AS {PRICE})"
    return (
        f"{name} AS (SELECT cloud, sku_name, usage_unit, price_start_time, price_end_time, {published} AS published,"
        f" {asked} AS price FROM system.billing.{table} WHERE currency_code = '{currency}')"
    )


def _join(prices: str) -> str:
    """Return the join of usage with the price at its time, as Databricks' own examples have it."""
    return (
        f" LEFT JOIN {prices} ON {prices}.cloud = used.cloud AND {prices}.sku_name = used.sku_name"
        f" AND {prices}.usage_unit = used.usage_unit AND used.usage_end_time >= {prices}.price_start_time"
        f" AND ({prices}.price_end_time IS NULL OR used.usage_end_time < {prices}.price_end_time)"
    )
