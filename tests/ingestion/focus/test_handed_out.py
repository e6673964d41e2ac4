"""What stands in charges that are handed out, where FOCUS demands what a bill does not tell; worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ingestion.exports import write_focus
from ingestion.focus.columns import COLUMNS, SQL_TYPES
from tests import duck

CHARGE = {
    "billed_cost": "'10'",
    "billing_account_id": "'4711'",
    "billing_currency": "'EUR'",
    "charge_category": "'Usage'",
    "contracted_cost": "'10'",
    "effective_cost": "'8'",
    "list_cost": "'12'",
}


@pytest.fixture
def exported(tmp_path):
    """Return columns of a charge as it is handed out; `told` are SQL of what a bill tells otherwise."""

    def columns(*titles: str, version: str = "1.2", **told: str) -> tuple[Any, ...]:
        cells = CHARGE | told
        stored = ", ".join(
            f"CAST({cells.get(one.name, 'NULL')} AS {SQL_TYPES[one.type]}) {one.name}" for one in COLUMNS
        )
        duck.rows(f"COPY (SELECT {stored}) TO '{tmp_path / 'charges.parquet'}' (FORMAT parquet)")
        write_focus([tmp_path / "charges.parquet"], to=tmp_path / "focus.parquet", version=version)
        return duck.rows(f"SELECT {', '.join(titles)} FROM '{tmp_path / 'focus.parquet'}'")[0]

    return columns


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4"])
def test_an_account_or_region_without_a_name_is_shown_by_its_id(exported, version):
    names = ("BillingAccountName", "SubAccountName", "RegionName")

    found = exported(*names, version=version, sub_account_id="'42'", region_id="'moon-1'")
    told = exported(*names, version=version, billing_account_name="'Acme'", region_id="'moon-1'", region_name="'Moon'")

    assert found == ("4711", "42", "moon-1")
    assert told == ("Acme", None, "Moon")
    assert exported("SubAccountName", "RegionName", sub_account_name="'A'", region_name="'Moon'") == (None, None)


def test_an_account_of_a_kind_that_nobody_tells_is_called_what_focus_calls_it(exported):
    types = ("BillingAccountType", "SubAccountType")

    assert exported(*types, sub_account_id="'42'") == ("Billing Account", "Sub Account")
    assert exported(*types, billing_account_type="'Tenancy'") == ("Tenancy", None)


def test_prices_are_in_the_currency_of_the_bill_unless_it_tells_another(exported):
    columns = ("PricingCurrency", "PricingCurrencyEffectiveCost")

    assert exported(*columns) == ("EUR", Decimal(8))
    assert exported(*columns, pricing_currency="'USD'") == ("USD", None)
    assert exported(*columns, pricing_currency="'USD'", pricing_currency_effective_cost="'9'") == ("USD", Decimal(9))


@pytest.mark.parametrize(
    ("told", "contracted", "listed"),
    [
        ({}, 10, 12),
        ({"list_cost": "NULL"}, 10, 10),
        ({"list_cost": "NULL", "contracted_cost": "NULL"}, 10, 10),
        ({"contracted_cost": "NULL"}, 10, 12),
        # A commitment billed what its use costs, so that use bills nothing: it costs its part.
        (
            {
                "billed_cost": "'0'",
                "commitment_discount_status": "'Used'",
                "contracted_cost": "NULL",
                "list_cost": "NULL",
            },
            8,
            8,
        ),
    ],
)
def test_costs_at_prices_that_nobody_told_are_what_is_known(exported, told, contracted, listed):
    costs = exported("ContractedCost", "ListCost", "BilledCost", "EffectiveCost", **told)

    billed = 0 if "billed_cost" in told else 10
    assert costs == (Decimal(contracted), Decimal(listed), Decimal(billed), Decimal(8))


@pytest.mark.parametrize(
    ("told", "handed_out"),
    [
        ({"pricing_quantity": "'3'", "pricing_unit": "'Hrs'"}, (Decimal(3), "Hrs")),
        ({"pricing_quantity": "'1'"}, (Decimal(1), "Units")),
        ({"pricing_unit": "'Hrs'"}, (None, None)),
        ({"pricing_quantity": "'1'", "charge_category": "'Tax'"}, (None, None)),
    ],
)
def test_a_quantity_has_a_unit_and_a_tax_has_neither(exported, told, handed_out):
    assert exported("PricingQuantity", "PricingUnit", **told) == handed_out


def test_what_was_consumed_has_a_unit(exported):
    columns = ("ConsumedQuantity", "ConsumedUnit")

    assert exported(*columns, consumed_quantity="'2'") == (Decimal(2), "Units")
    assert exported(*columns, consumed_unit="'GB'") == (None, None)


def test_no_price_is_negative_and_a_tax_has_none(exported):
    columns = ("ContractedUnitPrice", "ListUnitPrice")
    prices = {"contracted_unit_price": "'-2'", "list_unit_price": "'0'"}

    assert exported(*columns, **prices) == (None, Decimal(0))
    assert exported(*columns, **prices, charge_category="'Tax'") == (None, None)


def test_what_is_said_of_a_resource_or_sku_needs_one(exported):
    columns = ("ResourceType", "ResourceName", "SkuMeter")
    told = {"resource_type": "'Posting'", "resource_name": "'Rent'", "sku_meter": "'Hours of m5'"}

    assert exported(*columns, **told) == (None, None, None)
    assert exported(*columns, **told, resource_id="'r'", sku_id="'s'") == ("Posting", "Rent", "Hours of m5")
    assert exported("SkuMeter", "SkuId", **told, sku_id="'s'", charge_category="'Tax'") == (None, None)
