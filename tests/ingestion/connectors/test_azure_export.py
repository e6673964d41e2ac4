"""What the rows of an Azure export become, worked by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.connectors.azure_export import plan
from ingestion.focus.findings import RejectedBillError
from ingestion.normalize import Limits
from ingestion.normalize.preview import preview_columns
from tests.ingestion.normalize.bills import AZURE_ROW, Bench, azure_rows, csv_text, decimals, gzipped, values

RESERVATION = "/providers/Microsoft.Capacity/reservationOrders/A965/reservations/F39D"
PLAN = "/providers/Microsoft.BillingBenefits/savingsPlanOrders/802A/savingsPlans/09FF"
MCA_ROW = {
    "invoiceId": "G012345678",
    "billingAccountId": "9e7b:4dfc_2019-05-31",
    "billingAccountName": "Northwind",
    "billingProfileId": "WQAM-ABCD",
    "billingProfileName": "Northwind EU",
    "billingPeriodStartDate": "10/01/2026",
    "billingPeriodEndDate": "10/31/2026",
    "subscriptionId": "1caaa5a3",
    "subscriptionName": "Shop",
    "date": "10/05/2026",
    "ProductId": "DZH318Z0BQ4B-00HJ",
    "product": "Virtual Machines D2",
    "meterName": "D2",
    "quantity": "10",
    "effectivePrice": "0.2",
    "costInBillingCurrency": "1.80",
    "costInPricingCurrency": "2",
    "unitPrice": "0.25",
    "payGPrice": "0.5",
    "paygCostInBillingCurrency": "4.50",
    "exchangeRatePricingToBilling": "0.9",
    "billingCurrency": "EUR",
    "pricingCurrency": "USD",
    "resourceLocation": "westeurope",
    "consumedService": "Microsoft.Compute",
    "ResourceId": "/subscriptions/1caaa5a3/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/Front-1",
    "tags": '{"team": "pay"}',
    "unitOfMeasure": "1 Hour",
    "chargeType": "Usage",
    "frequency": "UsageBased",
    "publisherType": "Microsoft",
    "pricingModel": "OnDemand",
}


def codes(delivery):
    return [(finding.severity, finding.code) for finding in delivery.findings]


def mca(bench: Bench, **changes: str):
    return bench.normalized("azure_export", bench.archived(csv_text([{**MCA_ROW, **changes}])))


def test_usage_on_demand_costs_what_it_is_billed(bench: Bench):
    # 24 hours at 0.11 agreed and 0.125 listed: 2.64 and 3.00.
    delivery = bench.azure(actual=[{}])

    assert values(delivery, "billed_cost, effective_cost, contracted_cost, list_cost") == [
        (Decimal("2.64"), Decimal("2.64"), Decimal("2.64"), Decimal("3.00"))
    ]
    assert values(delivery, "charge_category, charge_frequency, pricing_category, service_name, service_category") == [
        ("Usage", "Usage-Based", "Standard", "Virtual Machines", "Compute")
    ]
    assert delivery.findings == ()


def test_periods_and_days_end_where_the_next_begins(bench: Bench):
    delivery = bench.azure(actual=[{"Date": "10/31/2026"}])

    assert values(delivery, "billing_period_start, billing_period_end, charge_period_start, charge_period_end") == [
        (datetime(2026, 10, 1), datetime(2026, 11, 1), datetime(2026, 10, 31), datetime(2026, 11, 1))
    ]


def test_dates_may_be_written_iso(bench: Bench):
    delivery = bench.azure(
        actual=[
            {
                "BillingPeriodStartDate": "2026-10-01T00:00:00Z",
                "BillingPeriodEndDate": "2026-10-31T00:00:00Z",
                "Date": "2026-10-05T00:00:00Z",
            }
        ]
    )

    assert values(delivery, "billing_period_end, charge_period_start") == [
        (datetime(2026, 11, 1), datetime(2026, 10, 5))
    ]


@pytest.mark.parametrize("date", ["21/09/2026", "soon", "2026-13-01"])
def test_a_day_that_is_none_is_told_with_its_place(bench: Bench, date):
    with pytest.raises(RejectedBillError) as caught:
        bench.azure(actual=[{}, {"Date": date}])

    (finding,) = caught.value.findings
    assert (finding.code, finding.file, finding.row, finding.column) == ("not_a_moment", "ActualCost.csv", 2, "Date")
    assert date in finding.message


def test_prices_are_per_block_and_quantities_are_told_in_both(bench: Bench):
    # 0.0004 blocks of 10,000 at 0.10 a block are 4 operations and 0.00004; listed at 0.125 they are 0.00005.
    delivery = bench.azure(
        actual=[{"unit": "10K", "Quantity": "0.0004", "EffectivePrice": "0.1", "cost": "0.00004", "UnitPrice": "0.1"}]
    )

    assert values(delivery, "pricing_quantity, pricing_unit, consumed_quantity, consumed_unit") == [
        (Decimal("0.0004"), "10000 Units", Decimal(4), "Units")
    ]
    assert values(delivery, "contracted_cost, list_cost") == [(Decimal("0.00004"), Decimal("0.00005"))]


def test_a_quantity_in_single_units_is_known_by_its_amount(bench: Bench):
    # 4 operations at 0.10 per 10,000 are 0.00004, so here Quantity counts operations.
    delivery = bench.azure(
        actual=[{"unit": "10K", "Quantity": "4", "EffectivePrice": "0.1", "cost": "0.00004", "UnitPrice": "0.1"}]
    )

    assert values(delivery, "pricing_quantity, pricing_unit, consumed_quantity, consumed_unit") == [
        (Decimal("0.0004"), "10000 Units", Decimal(4), "Units")
    ]
    assert values(delivery, "contracted_cost") == decimals("0.00004")


def test_a_price_of_nothing_is_unknown_unless_the_row_is_free(bench: Bench):
    zero = {"UnitPrice": "0", "PayGPrice": "0"}

    delivery = bench.azure(
        amortized=[
            {"cost": "1.20", "model": "Reservation", "benefitId": RESERVATION, **zero},
            {"cost": "0", "EffectivePrice": "0", **zero},
            {"cost": "9", "PublisherType": "Marketplace", "PublisherName": "Contoso", **zero},
        ]
    )

    assert values(delivery, "list_unit_price, list_cost, contracted_unit_price, contracted_cost") == [
        (None, None, None, None),
        (Decimal(0), Decimal(0), Decimal(0), Decimal(0)),
        (None, None, None, None),
    ]


def test_a_commitment_is_told_by_its_benefit(bench: Bench):
    delivery = bench.azure(
        amortized=[
            {"cost": "1.20", "model": "Reservation", "benefitId": RESERVATION, "benefitName": "VMs"},
            {"cost": "0.80", "model": "SavingsPlan", "benefitId": PLAN, "benefitName": "All"},
            {"type": "UnusedReservation", "cost": "2.05", "model": "Reservation", "benefitId": RESERVATION},
            {"type": "UnusedSavingsPlan", "cost": "0.40", "model": "SavingsPlan", "benefitId": PLAN},
        ]
    )

    columns = "commitment_discount_category, commitment_discount_type, commitment_discount_status, pricing_category"
    assert values(delivery, columns) == [
        ("Usage", "Reservation", "Used", "Committed"),
        ("Spend", "Savings Plan", "Used", "Committed"),
        ("Usage", "Reservation", "Unused", "Committed"),
        ("Spend", "Savings Plan", "Unused", "Committed"),
    ]
    assert values(delivery, "commitment_discount_id, charge_category, commitment_discount_name")[0] == (
        "/providers/microsoft.capacity/reservationorders/a965/reservations/f39d",
        "Usage",
        "VMs",
    )


def test_what_was_not_used_has_no_list_price(bench: Bench):
    delivery = bench.azure(
        amortized=[{"type": "UnusedReservation", "cost": "2.05", "model": "Reservation", "benefitId": RESERVATION}]
    )

    assert values(delivery, "list_cost, contracted_cost, list_unit_price, consumed_quantity, effective_cost") == [
        (Decimal(0), Decimal(0), None, None, Decimal("2.05"))
    ]


def test_credits_taxes_refunds_and_roundings_keep_their_sign_and_kind(bench: Bench):
    delivery = bench.azure(
        actual=[
            {"type": "Credit", "cost": "-2.5", "model": "", "Frequency": "OneTime"},
            {"type": "Tax", "cost": "0.4", "model": "", "Frequency": "OneTime"},
            {"type": "Refund", "cost": "-1", "Frequency": "OneTime"},
            {"type": "RoundingAdjustment", "cost": "0.01", "model": "", "Frequency": ""},
        ]
    )

    columns = (
        "charge_category, charge_class, charge_frequency, pricing_category, billed_cost, effective_cost, list_cost"
    )
    assert values(delivery, columns) == [
        ("Credit", None, "One-Time", "Other", Decimal("-2.5"), Decimal("-2.5"), Decimal("-2.5")),
        ("Tax", None, "One-Time", None, Decimal("0.4"), Decimal("0.4"), Decimal("0.4")),
        ("Purchase", "Correction", "One-Time", "Standard", Decimal(-1), Decimal(-1), Decimal(-1)),
        ("Adjustment", None, None, None, Decimal("0.01"), Decimal("0.01"), Decimal("0.01")),
    ]


def test_spot_is_dynamic(bench: Bench):
    delivery = bench.azure(actual=[{"model": "Spot"}])

    assert values(delivery, "pricing_category") == [("Dynamic",)]


def test_ids_in_mixed_case_are_one_resource(bench: Bench):
    delivery = bench.azure(
        actual=[
            {},
            {"ResourceId": AZURE_ROW["ResourceId"].upper(), "SubscriptionId": AZURE_ROW["SubscriptionId"].lower()},
        ]
    )

    assert len(set(values(delivery, "resource_id, sub_account_id, resource_type, service_name"))) == 1
    assert values(delivery, "sub_account_id, resource_type, resource_name, region_id, region_name")[0] == (
        "1caaa5a3-2b66-438e-8ab4-bce37d518c5d",
        "microsoft.compute/virtualmachines",
        "Front-1",
        "eastus2",
        "East US 2",
    )
    assert len(values(delivery, "sub_account_id", file="attribute_sets")) == 1


def test_tags_are_read_with_and_without_braces(bench: Bench):
    delivery = bench.azure(
        actual=[{"Tags": '"team": "pay","env": "prod"'}, {"Tags": '{"env":"prod","team":"pay"}'}, {"Tags": ""}]
    )

    assert values(delivery, "tags") == [
        ('{"env":"prod","team":"pay"}',),
        ('{"env":"prod","team":"pay"}',),
        (None,),
    ]


def test_a_service_nobody_knows_imports_under_its_own_name(bench: Bench):
    new = "/subscriptions/1/providers/Microsoft.BrandNew/boxes/b"

    delivery = bench.azure(
        actual=[{"ConsumedService": "Microsoft.BrandNew", "MeterCategory": "Brand New", "ResourceId": new}, {}]
    )

    assert values(delivery, "service_name, service_category, x_service_code") == [
        ("Brand New", "Other", "microsoft.brandnew"),
        ("Virtual Machines", "Compute", "microsoft.compute"),
    ]
    (finding,) = delivery.findings
    assert (finding.code, finding.severity, finding.row) == ("service_unknown", "info", 1)
    assert "Microsoft.BrandNew" in finding.message


def test_a_sale_of_the_marketplace_is_of_its_publisher(bench: Bench):
    delivery = bench.azure(
        actual=[{"PublisherType": "Marketplace", "PublisherName": "Contoso", "ConsumedService": "", "ResourceId": ""}]
    )

    assert values(delivery, "service_provider_name, host_provider_name, invoice_issuer_name") == [
        ("Contoso", "Microsoft", "Microsoft")
    ]
    assert delivery.findings == ()


def test_a_customer_agreement_is_billed_by_profile_in_its_own_currency(bench: Bench):
    # 10 hours at 0.25 agreed and 0.50 listed, in USD at 0.9: 2.25 and 4.50 EUR; billed 1.80 EUR, in USD 2.
    delivery = mca(bench)

    assert values(delivery, "billing_account_id, billing_account_name, billing_account_type, invoice_id, sku_id") == [
        ("wqam-abcd", "Northwind EU", "Billing Profile", "G012345678", "DZH318Z0BQ4B-00HJ")
    ]
    costs = "billed_cost, contracted_unit_price, contracted_cost, list_unit_price, list_cost"
    assert values(delivery, costs) == [
        (Decimal("1.80"), Decimal("0.225"), Decimal("2.25"), Decimal("0.45"), Decimal("4.50"))
    ]
    in_dollars = "pricing_currency, pricing_currency_effective_cost, pricing_currency_contracted_unit_price"
    assert values(delivery, in_dollars) == [("USD", Decimal(2), Decimal("0.25"))]
    assert values(delivery, "resource_name, tags") == [("Front-1", '{"team":"pay"}')]
    assert delivery.bills[0].totals.keys() == {"EUR"}


def test_a_partner_issues_its_own_invoices(bench: Bench):
    delivery = mca(bench, PartnerName="Resale Ltd")

    assert values(delivery, "invoice_issuer_name, service_provider_name") == [("Resale Ltd", "Microsoft")]


def test_an_unknown_rate_leaves_prices_unknown(bench: Bench):
    delivery = mca(bench, exchangeRatePricingToBilling="", paygCostInBillingCurrency="")

    assert values(delivery, "contracted_unit_price, contracted_cost, list_cost, billed_cost") == [
        (None, None, None, Decimal("1.80"))
    ]


def test_titles_are_read_whatever_their_case_and_the_files_may_differ_in_it(bench: Bench):
    upper = csv_text([{title.upper(): value for title, value in azure_rows({})[0].items()}])
    plain = "\ufeff" + csv_text(azure_rows({"cost": "1"}))

    delivery = bench.normalized(
        "azure_export", bench.archived(upper, name="part_0.csv"), bench.archived(plain, name="part_1.csv")
    )

    assert values(delivery, "billed_cost, resource_name, x_resource_group, charge_period_start") == [
        (Decimal("2.64"), "Front-1", "Web", datetime(2026, 10, 5)),
        (Decimal(1), "Front-1", "Web", datetime(2026, 10, 5)),
    ]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Cost", "CostInBillingCurrency or Cost"),
        ("PricingModel", "PricingModel"),
        ("BillingCurrency", "BillingCurrencyCode or BillingCurrency"),
    ],
)
def test_a_missing_column_is_told_with_its_file(bench: Bench, title, named):
    rows = [{name: value for name, value in AZURE_ROW.items() if name != title}]

    with pytest.raises(RejectedBillError) as caught:
        bench.normalized("azure_export", bench.archived(csv_text(rows)))

    (finding,) = caught.value.findings
    assert finding.message == (
        f"bill.csv has no column {named}. Is it an export of actual or amortized cost from Azure Cost Management?"
    )
    assert (finding.code, finding.row) == ("column_missing", 0)


def test_a_column_in_two_spellings_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError, match="names the column COST twice"):
        bench.normalized("azure_export", bench.archived(csv_text([{**AZURE_ROW, "COST": "1"}])))


def test_a_cost_that_is_no_number_is_told_with_its_place(bench: Bench):
    with pytest.raises(RejectedBillError) as caught:
        bench.azure(actual=[{}, {"cost": "1,5"}])

    (finding,) = caught.value.findings
    assert (finding.code, finding.row, finding.column) == ("not_a_number", 2, "Cost")


def test_a_row_of_another_width_is_told_with_its_place(bench: Bench):
    text = csv_text(azure_rows({}, {})) + "short,row\n"

    with pytest.raises(RejectedBillError) as caught:
        bench.normalized("azure_export", bench.archived(text))

    assert (caught.value.findings[0].code, caught.value.findings[0].row) == ("row_width", 3)


def test_an_empty_cost_is_told_with_its_place(bench: Bench):
    with pytest.raises(RejectedBillError) as caught:
        bench.azure(actual=[{}, {"cost": ""}])

    (finding,) = caught.value.findings
    assert (finding.code, finding.row, finding.column) == ("value_missing", 2, "Cost")


def test_more_digits_than_are_stored_are_rounded_half_to_even_and_told(bench: Bench):
    delivery = bench.azure(actual=[{"cost": "0.0000000000000000025"}, {"cost": "0.0000000000000000035"}])

    assert values(delivery, "billed_cost") == decimals("0.000000000000000002", "0.000000000000000004")
    assert codes(delivery) == [("warning", "rounded")]


def test_gzip_and_parquet_hold_the_same_bill(bench: Bench, tmp_path: Path):
    rows = azure_rows({}, {"cost": "1"})
    columns = {title: pa.array([row[title] or None for row in rows], pa.string()) for title in rows[0]}
    columns["Cost"] = pa.array([Decimal("2.64"), Decimal("1.00")], pa.decimal128(20, 10))
    columns["Date"] = pa.array([datetime(2026, 10, 5), datetime(2026, 10, 5)], pa.timestamp("us"))
    pq.write_table(pa.table(columns), tmp_path / "cost.parquet")

    packed = bench.normalized("azure_export", bench.archived(gzipped(csv_text(rows)), name="part_0_0001.csv.gz"))
    table = bench.normalized(
        "azure_export", bench.archived((tmp_path / "cost.parquet").read_bytes(), name="part_0_0001.parquet")
    )

    shown = "billed_cost, charge_period_start, resource_id, service_name, list_cost"
    assert values(packed, shown) == values(table, shown)
    assert packed.bills[0].totals["USD"].billed_cost == Decimal("3.64")


def test_a_preview_says_what_a_column_becomes(bench: Bench, tmp_path: Path):
    file = bench.archived(csv_text(azure_rows({})))

    shown = preview_columns(file, planner=plan, limits=Limits(temp_folder=bench.folder, memory=256 << 20))

    becomes = {column.title: column.targets for column in shown}
    assert becomes["Date"] == ("ChargePeriodEnd", "ChargePeriodStart")
    assert "BilledCost" in becomes["Cost"]
    assert becomes["ResourceGroup"] == ("x_resource_group",)


COGNITIVE = "/subscriptions/1/providers/Microsoft.CognitiveServices/accounts/ours"
AI_ROW = {"ConsumedService": "Microsoft.CognitiveServices", "ResourceId": COGNITIVE}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {**AI_ROW, "MeterCategory": "Cognitive Services", "Product": "Azure OpenAI - gpt-4o - Input"},
            ("Azure AI Services", "AI and Machine Learning", "Generative AI"),
        ),
        (
            {**AI_ROW, "MeterCategory": "Foundry Models", "Product": "Grok 4 Outp"},
            ("Azure AI Services", "AI and Machine Learning", "Generative AI"),
        ),
        (
            {**AI_ROW, "MeterCategory": "Cognitive Services", "Product": "Speech to Text - Standard"},
            ("Azure AI Services", "AI and Machine Learning", "AI Platforms"),
        ),
        (
            {
                "ConsumedService": "Microsoft.SaaS",
                "ResourceId": "/subscriptions/1/providers/Microsoft.Somewhere/resources/c",
                "PublisherType": "Marketplace",
                "PublisherName": "Anthropic",
                "MeterCategory": "SaaS",
                "Product": "Claude Sonnet 4.5",
            },
            ("Anthropic", "AI and Machine Learning", "Generative AI"),
        ),
        ({"Product": "Machine named gpt-4"}, ("Virtual Machines", "Compute", "Virtual Machines")),
    ],
)
def test_generative_ai_is_known_by_the_names_of_its_meters(bench: Bench, row, expected):
    delivery = bench.azure(actual=[row])

    assert values(delivery, "service_name, service_category, service_subcategory") == [expected]
    assert delivery.findings == ()
