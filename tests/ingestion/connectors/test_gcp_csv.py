"""What lines of Google Cloud's billing export become, worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.focus.findings import RejectedBillError
from tests.ingestion.normalize.bills import GCP_ROW, Bench, csv_text, gcp_rows, values


def given(*items: tuple[str, str], **more: str) -> str:
    return json.dumps(
        [{"name": f"{kind} of ours", "type": kind, "amount": float(amount), **more} for kind, amount in items]
    )


def test_discounts_lower_the_cost_and_a_promotion_pays_it(bench: Bench):
    # 10 less a sustained use discount of 3 is billed 7; the promotion of 5 is a credit of its own: 2 remain.
    delivery = bench.gcp(
        {"cost": "10", "credits": given(("SUSTAINED_USAGE_DISCOUNT", "-3"), ("PROMOTION", "-5"))},
        {"cost": "1"},
    )

    totals = delivery.bills[0].totals["EUR"]
    assert totals.source == totals.billed_cost == Decimal(3)
    assert delivery.row_counts == (2,)
    assert values(
        delivery,
        "x_row_number, charge_category, billed_cost, effective_cost, contracted_cost, list_cost, pricing_category",
    ) == [
        (1, "Usage", Decimal(7), Decimal(7), Decimal(10), Decimal(10), "Standard"),
        (1, "Credit", Decimal(-5), Decimal(-5), Decimal(-5), Decimal(-5), None),
        (2, "Usage", Decimal(1), Decimal(1), Decimal(1), Decimal(1), "Standard"),
    ]


def test_credits_are_added_to_the_last_digit(bench: Bench):
    # 0.1 - 0.000000012345 - 1e-7 = 0.099999887655
    text = '[{"type":"DISCOUNT","amount":-0.000000012345},{"type":"FREE_TIER","amount":-1e-7}]'

    delivery = bench.gcp({"cost": "0.1", "credits": text})

    assert values(delivery, "billed_cost") == [(Decimal("0.099999887655"),)]


@pytest.mark.parametrize("kind", ["DISCOUNT", "PROMOTION"])
@pytest.mark.parametrize(
    "amount", ["-0.10000000000000001", "-12345678901234567.12", "-0.123456789012345678", "-1.2345678901234567e-2"]
)
def test_a_credit_of_more_digits_than_a_double_has_keeps_them_all(bench: Bench, amount: str, kind: str):
    text = f'[{{"type": "{kind}", "name": "Up to 20000000000000.5 off", "amount" : {amount}}}]'

    delivery = bench.gcp({"cost": "0", "credits": text})

    assert delivery.bills[0].totals["EUR"].source == Decimal(amount)
    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal(amount)


def test_a_promotion_beside_a_discount_is_told_apart_to_the_last_digit(bench: Bench):
    # 1 - 0.000000000000000001 is billed; the promotions pay 0.2 and 1e-7 of it.
    amounts = (("DISCOUNT", "-1e-18"), ("PROMOTION", "-0.2"), ("PROMOTION", "-1e-7"))
    text = "[" + ",".join(f'{{"type":"{kind}","amount":{amount}}}' for kind, amount in amounts) + "]"

    delivery = bench.gcp({"cost": "1", "credits": text})

    assert values(delivery, "billed_cost") == [(Decimal("0.999999999999999999"),), (Decimal("-0.2000001"),)]
    assert delivery.bills[0].totals["EUR"].source == Decimal("0.799999899999999999")


@pytest.mark.parametrize(
    "text",
    ['[{"type":"DISCOUNT"}]', '[{"amount":null}]', '[{"amount":"1|2"}]', '[{"amount":-1},3]', '{"amount":-1}'],
)
def test_credits_without_a_number_for_each_are_refused(bench: Bench, text: str):
    with pytest.raises(RejectedBillError) as refused:
        bench.gcp({}, {"credits": text})

    assert [(found.code, found.row) for found in refused.value.findings] == [("credits_unreadable", 2)]


def test_types_of_credits_may_be_written_with_escapes(bench: Bench):
    promotion = r'[{"type": "PROMO\u0054ION", "amount": -0.5}]'
    commitment = r'[{"type": "COMMITTED\u005fUSAGE_DISCOUNT", "id": "c-1", "amount": -0.25}]'

    delivery = bench.gcp({"cost": "1", "credits": promotion}, {"cost": "2", "credits": commitment})

    assert values(delivery, "billed_cost, commitment_discount_id") == [
        (Decimal(1), None),
        (Decimal("-0.5"), None),
        (Decimal("1.75"), "c-1"),
    ]


def test_a_commitment_is_named_where_it_discounts_and_its_fee_is_a_purchase(bench: Bench):
    by_usage = given(("COMMITTED_USAGE_DISCOUNT", "-1"), id="cud-7")
    by_spend = given(("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "-1"))
    fee = {"sku.description": "Commitment v1: Cpu in Belgium for 1 Year", "cost": "9"}

    delivery = bench.gcp({"credits": by_usage}, {"credits": by_spend}, fee)

    columns = "charge_category, pricing_category, commitment_discount_id, commitment_discount_category"
    assert values(delivery, f"{columns}, commitment_discount_status") == [
        ("Usage", "Committed", "cud-7", "Usage", "Used"),
        ("Usage", "Committed", "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE of ours", "Spend", "Used"),
        ("Purchase", "Standard", None, None, None),
    ]


def test_a_fee_that_names_its_commitment_says_whether_it_is_to_use_or_to_an_amount(bench: Bench):
    named = {"subscription.instance_id": "cud-7"}

    delivery = bench.gcp(
        named | {"sku.description": "Commitment v1: N2 Cpu in Frankfurt for 1 Year"},
        named | {"sku.description": "Commitment - dollar based v1: Cloud SQL database Frankfurt for 1 year"},
        {"sku.description": "N2 Instance Core running in Frankfurt", "subscription.instance_id": ""},
    )

    columns = "commitment_discount_id, commitment_discount_category, commitment_discount_type"
    assert values(delivery, f"charge_category, {columns}, commitment_discount_status") == [
        ("Purchase", "cud-7", "Usage", "Committed Use Discount", None),
        ("Purchase", "cud-7", "Spend", "Committed Use Discount", None),
        ("Usage", None, None, None, None),
    ]


def test_a_resource_is_of_the_kind_that_its_global_name_tells(bench: Bench):
    name = "//compute.googleapis.com/projects/shop/zones/europe-west1-b/instances/web-1"

    delivery = bench.gcp({"resource.global_name": name}, {"resource.global_name": "web-1"}, {})

    assert values(delivery, "resource_id, resource_type") == [
        (name, "compute.googleapis.com/instances"),
        ("web-1", None),
        (None, None),
    ]


def test_accounts_regions_and_meters_are_told_in_words(bench: Bench):
    at_large = {"location.region": "", "location.location": "eu", "project.id": ""}

    delivery = bench.gcp({"location.location": ""}, at_large)

    assert values(delivery, "billing_account_type, sub_account_type, region_id, region_name, sku_meter") == [
        ("Billing Account", "Project", "europe-west1", "Belgium", "E2 Instance Core running in Belgium"),
        ("Billing Account", None, "eu", None, "E2 Instance Core running in Belgium"),
    ]


def test_cost_types_are_categories_whatever_their_case(bench: Bench):
    delivery = bench.gcp(
        {"cost_type": "TAX"}, {"cost_type": "adjustment"}, {"cost_type": "rounding_error"}, {"cost_type": ""}
    )

    assert values(delivery, "charge_category, pricing_category") == [
        ("Tax", None),
        ("Adjustment", "Standard"),
        ("Adjustment", "Standard"),
        ("Usage", "Standard"),
    ]


def test_spot_machines_have_dynamic_prices(bench: Bench):
    delivery = bench.gcp({"sku.description": "Spot Preemptible E2 Instance Core running in Belgium"})

    assert values(delivery, "pricing_category") == [("Dynamic",)]


def test_months_are_those_of_los_angeles_and_the_end_is_the_next_months_first(bench: Bench):
    delivery = bench.gcp({})

    assert delivery.bills[0].billing_period == date(2026, 10, 1)
    # Summer time at both: it ends two hours into 1 November.
    assert values(delivery, "billing_period_start, billing_period_end") == [
        (datetime(2026, 10, 1, 7), datetime(2026, 11, 1, 7)),
    ]


def test_two_invoice_months_make_two_bills(bench: Bench):
    delivery = bench.gcp({"cost": "1"}, {"cost": "2", "invoice.month": "202611"})

    assert [(bill.billing_period, bill.totals["EUR"].billed_cost) for bill in delivery.bills] == [
        (date(2026, 10, 1), Decimal(1)),
        (date(2026, 11, 1), Decimal(2)),
    ]


def test_a_resource_inherits_the_labels_of_its_project_that_it_does_not_set(bench: Bench):
    delivery = bench.gcp(
        {
            "labels": '[{"key":"team","value":"search"}]',
            "project.labels": '[{"key":"team","value":"platform"},{"key":"cost-center","value":"4711"}]',
            "system_labels": '[{"key":"compute.googleapis.com/cores","value":"2"}]',
        }
    )

    ((tags, inherited),) = values(delivery, "tags, x_project_labels")
    assert json.loads(str(tags)) == {"team": "search", "cost-center": "4711", "compute.googleapis.com/cores": "2"}
    assert json.loads(str(inherited))[0] == {"key": "team", "value": "platform"}


def test_a_service_nobody_knows_imports_under_its_name(bench: Bench):
    delivery = bench.gcp({"service.description": "Moon Base"}, {})

    assert values(delivery, "service_name, service_category, service_subcategory") == [
        ("Moon Base", "Other", "Other (Other)"),
        ("Compute Engine", "Compute", "Virtual Machines"),
    ]
    (finding,) = [finding for finding in delivery.findings if finding.code == "service_unknown"]
    assert finding.row == 1


def test_quantities_places_and_sellers_are_kept(bench: Bench):
    delivery = bench.gcp({"seller_name": "Example Software", "cost_at_list": "1.5"})

    assert values(
        delivery, "pricing_quantity, pricing_unit, consumed_quantity, consumed_unit, region_id, availability_zone"
    ) == [(Decimal(1), "hour", Decimal(3600), "seconds", "europe-west1", "europe-west1-b")]
    assert values(delivery, "service_provider_name, host_provider_name, list_cost, x_service_code, sub_account_id") == [
        ("Example Software", "Google Cloud", Decimal("1.5"), "6F81-5844-456A", "shop-prod")
    ]


def test_parquet_with_structs_is_the_same_bill(bench: Bench):
    nested: dict[str, dict[str, str] | str] = {}
    for title, value in GCP_ROW.items():
        struct, _, field = title.partition(".")
        if field:
            nested.setdefault(struct, {})[field] = value  # type: ignore[index]
        else:
            nested[title] = value
    path = bench.folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([nested]), path)

    flat = bench.gcp({})
    delivery = bench.normalized("gcp_csv", bench.archived(path.read_bytes(), name="rows.parquet"))

    columns = (
        "billed_cost, service_name, sub_account_id, region_id, availability_zone, pricing_quantity, pricing_unit,"
        " consumed_quantity, sku_id, charge_description, billing_period_start"
    )
    assert values(delivery, columns) == values(flat, columns)


@pytest.mark.parametrize("text", ["{}", "[", '[{"type":"DISCOUNT"}]', '[{"type":"DISCOUNT","amount":"much"}]', "none"])
def test_credits_that_cannot_be_read_reject_the_bill_at_their_row(bench: Bench, text):
    with pytest.raises(RejectedBillError) as refused:
        bench.gcp({}, {"credits": text})

    (finding,) = refused.value.findings
    assert (finding.code, finding.row, finding.column) == ("credits_unreadable", 2, "credits")


def test_an_invoice_month_that_is_none_is_named(bench: Bench):
    with pytest.raises(RejectedBillError) as refused:
        bench.gcp({"invoice.month": "October"})

    assert refused.value.findings[0].message == (
        "bill.csv, row 1: the invoice month is 'October', not one such as 202610. Deliver it again."
    )


@pytest.mark.parametrize("title", ["cost", "currency", "usage_start_time", "invoice.month", "service.description"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    rows = [{name: value for name, value in row.items() if name != title} for row in gcp_rows({})]

    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("gcp_csv", bench.archived(csv_text(rows)))

    assert [finding.column for finding in refused.value.findings] == [title]
    assert refused.value.findings[0].message == (
        f"bill.csv has no column {title}. Is it a billing export of Google Cloud?"
    )


def test_a_cost_that_is_no_number_is_named(bench: Bench):
    with pytest.raises(RejectedBillError) as refused:
        bench.gcp({}, {"cost": "1,5"})

    assert (refused.value.findings[0].row, refused.value.findings[0].column) == (2, "cost")


@pytest.mark.parametrize(
    ("service", "sku", "category", "subcategory"),
    [
        ("Vertex AI", "Gemini 2.5 Flash Input Text - Predictions", "AI and Machine Learning", "Generative AI"),
        ("Vertex AI", "Imagen 4 Image Generation", "AI and Machine Learning", "Generative AI"),
        ("Vertex AI", "Training Pipeline N1 in Belgium", "AI and Machine Learning", "AI Platforms"),
        ("Gemini API", "Generate content input token count", "AI and Machine Learning", "Generative AI"),
        ("Claude Sonnet 4.5", "Input tokens", "AI and Machine Learning", "Generative AI"),
        ("Compute Engine", "Machine for gemini", "Compute", "Virtual Machines"),
        ("Moon Base", "Gemini landing", "Other", "Other (Other)"),
    ],
)
def test_generative_ai_is_known_by_its_service_or_its_sku(bench: Bench, service, sku, category, subcategory):
    delivery = bench.gcp({"service.description": service, "sku.description": sku})

    assert values(delivery, "service_name, service_category, service_subcategory") == [(service, category, subcategory)]
    assert [finding.code for finding in delivery.findings] == ["service_unknown"] * (category == "Other")
