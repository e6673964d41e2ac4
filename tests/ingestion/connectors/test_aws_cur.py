"""What line items become, worked by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.focus.findings import RejectedBillError
from tests.ingestion.normalize.bills import AWS_ROW, Bench, aws_rows, csv_text, decimals, values

PLAN = {"savingsPlan/SavingsPlanARN": "arn:plan"}
RESERVATION = {"reservation/ReservationARN": "arn:ri"}


def test_covered_usage_is_billed_nothing_when_its_negation_cancels_it(bench: Bench):
    # 0.10 + 0.20 on demand, taken back by -0.30; the plan's own price of it is 0.06 + 0.12; 1.00 stands beside it.
    delivery = bench.aws(
        {"type": "SavingsPlanCoveredUsage", "cost": "0.10", "savingsPlan/SavingsPlanEffectiveCost": "0.06", **PLAN},
        {"type": "SavingsPlanCoveredUsage", "cost": "0.20", "savingsPlan/SavingsPlanEffectiveCost": "0.12", **PLAN},
        {"type": "SavingsPlanNegation", "cost": "-0.30", **PLAN},
        {"type": "Usage", "cost": "1.00"},
    )

    totals = delivery.bills[0].totals["USD"]
    assert totals.source == totals.billed_cost == Decimal("1.00")
    assert totals.effective_cost == Decimal("1.18")
    assert values(delivery, "x_row_number, billed_cost, effective_cost, commitment_discount_status") == [
        (1, Decimal(0), Decimal("0.06"), "Used"),
        (2, Decimal(0), Decimal("0.12"), "Used"),
        (4, Decimal(1), Decimal(1), None),
    ]
    assert not [finding for finding in delivery.findings if finding.code == "negation_differs"]


def test_a_negation_that_does_not_cancel_stays_with_a_warning(bench: Bench):
    delivery = bench.aws(
        {"type": "SavingsPlanCoveredUsage", "cost": "0.10", "savingsPlan/SavingsPlanEffectiveCost": "0.06", **PLAN},
        {"type": "SavingsPlanNegation", "cost": "-0.09", **PLAN},
    )

    totals = delivery.bills[0].totals["USD"]
    assert totals.billed_cost == Decimal("0.01")
    assert totals.effective_cost == Decimal("0.06")
    (finding,) = [finding for finding in delivery.findings if finding.code == "negation_differs"]
    assert (finding.severity, finding.row) == ("warning", 2)


def test_plans_are_settled_each_for_itself(bench: Bench):
    delivery = bench.aws(
        {"type": "SavingsPlanCoveredUsage", "cost": "5", "savingsPlan/SavingsPlanARN": "arn:a"},
        {"type": "SavingsPlanNegation", "cost": "-5", "savingsPlan/SavingsPlanARN": "arn:b"},
    )

    assert values(delivery, "billed_cost") == decimals("5", "-5")


def test_unused_commitment_of_a_plan_is_a_charge_of_its_own_beside_the_fee(bench: Bench):
    # 10 committed, 7.5 used: the fee of 10 is a purchase without effect, 2.5 are unused.
    delivery = bench.aws(
        {
            "type": "SavingsPlanRecurringFee",
            "cost": "10",
            "savingsPlan/TotalCommitmentToDate": "10",
            "savingsPlan/UsedCommitment": "7.5",
            **PLAN,
        },
        {"type": "Usage", "cost": "1"},
    )

    assert delivery.row_counts == (2,)
    columns = "x_row_number, charge_category, commitment_discount_status, pricing_category, billed_cost, effective_cost"
    assert values(delivery, columns) == [
        (1, "Purchase", None, "Standard", Decimal(10), Decimal(0)),
        (1, "Usage", "Unused", "Committed", Decimal(0), Decimal("2.5")),
        (2, "Usage", None, "Standard", Decimal(1), Decimal(1)),
    ]
    assert values(delivery, "commitment_discount_status", file="attribute_sets").count(("Unused",)) == 1


def test_reserved_usage_costs_its_part_of_the_fee(bench: Bench):
    # Fee 30: 20 worth of hours used, 6 + 4 unused; the one-time fee of 100 before it is spread over those.
    delivery = bench.aws(
        {"type": "Fee", "cost": "100", **RESERVATION},
        {
            "type": "RIFee",
            "cost": "30",
            "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "6",
            "reservation/UnusedRecurringFee": "4",
            **RESERVATION,
        },
        {"type": "DiscountedUsage", "cost": "0", "reservation/EffectiveCost": "20", **RESERVATION},
    )

    columns = "charge_category, commitment_discount_category, commitment_discount_status, billed_cost, effective_cost"
    assert values(delivery, columns) == [
        ("Purchase", "Usage", None, Decimal(100), Decimal(0)),
        ("Purchase", "Usage", None, Decimal(30), Decimal(0)),
        ("Usage", "Usage", "Unused", Decimal(0), Decimal(10)),
        ("Usage", "Usage", "Used", Decimal(0), Decimal(20)),
    ]


def test_credits_taxes_and_refunds_keep_their_sign_and_kind(bench: Bench):
    delivery = bench.aws(
        {"type": "Credit", "cost": "-2.5"},
        {"type": "Tax", "cost": "0.4"},
        {"type": "Refund", "cost": "-1", "bill/BillType": "Refund"},
        {"type": "EdpDiscount", "cost": "-0.1"},
    )

    assert values(
        delivery, "charge_category, charge_class, pricing_category, billed_cost, effective_cost, list_cost"
    ) == [
        ("Credit", None, "Other", Decimal("-2.5"), Decimal("-2.5"), Decimal("-2.5")),
        ("Tax", None, None, Decimal("0.4"), Decimal("0.4"), Decimal("0.4")),
        ("Usage", "Correction", "Standard", Decimal(-1), Decimal(-1), Decimal(-1)),
        ("Usage", None, "Standard", Decimal("-0.1"), Decimal("-0.1"), Decimal("-0.1")),
    ]
    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("-3.2")


def test_net_columns_are_taken_where_they_are_filled(bench: Bench):
    rows = [
        {**row, "lineItem/NetUnblendedCost": net}
        for row, net in zip(aws_rows({"cost": "10"}, {"cost": "10"}), ["9", ""], strict=True)
    ]

    delivery = bench.normalized("aws_cur", bench.archived(csv_text(rows)))

    assert values(delivery, "billed_cost, contracted_cost, x_line_item_unblended_cost") == [
        (Decimal(9), Decimal(9), Decimal(10)),
        (Decimal(10), Decimal(10), Decimal(10)),
    ]


def test_user_tags_lose_their_prefix_and_tags_of_aws_keep_it(bench: Bench):
    delivery = bench.aws({"resourceTags/user:team": 'a "b"', "resourceTags/aws:createdBy": "IAM"}, {})

    assert values(delivery, "tags") == [('{"aws:createdBy":"IAM","team":"a \\"b\\""}',), (None,)]


def test_a_service_nobody_knows_imports_under_its_own_name(bench: Bench):
    delivery = bench.aws({"lineItem/ProductCode": "AmazonBrandNew"}, {})

    assert values(delivery, "service_name, service_category, x_service_code") == [
        ("AmazonBrandNew", "Other", "AmazonBrandNew"),
        ("Amazon Elastic Compute Cloud", "Compute", "AmazonEC2"),
    ]
    (finding,) = delivery.findings
    assert (finding.code, finding.severity, finding.row) == ("service_unknown", "info", 1)
    assert "AmazonBrandNew" in finding.message


def test_cur_2_in_csv_reads_its_json_columns(bench: Bench):
    text = csv_text(
        cur_2_rows(
            {"resource_tags": '{"user_team":"pay","aws_created_by":"IAM"}', "cost_category": '{"unit":"retail"}'}
        )
    )

    delivery = bench.normalized("aws_cur", bench.archived(text))

    assert values(delivery, "tags, x_cost_categories, billed_cost") == [
        (
            '{"aws:created_by":"IAM","costCategory/unit":"retail","team":"pay"}',
            '{"unit":"retail"}',
            Decimal("0.096"),
        )
    ]


def test_cur_2_in_parquet_reads_its_maps_and_floating_costs(bench: Bench, tmp_path: Path):
    row = cur_2_rows({})[0]
    del row["resource_tags"], row["cost_category"]
    columns = {name: pa.array([value]) for name, value in row.items()}
    columns["line_item_unblended_cost"] = pa.array([1e-7])
    columns["bill_billing_period_start_date"] = pa.array([1790812800000], pa.timestamp("ms", tz="UTC"))
    columns["resource_tags"] = pa.array([[("user_team", "pay")]], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table(columns), tmp_path / "cur.parquet")

    delivery = bench.normalized("aws_cur", bench.archived((tmp_path / "cur.parquet").read_bytes(), name="cur.parquet"))

    assert f"{delivery.bills[0].billing_period:%Y-%m}" == "2026-10"
    assert values(delivery, "tags, billed_cost") == [('{"team":"pay"}', Decimal("0.0000001"))]


PRODUCT = {"product_name": "Brand New", "region": "eu-west-1", "location": "EU (Ireland)", "product_family": "Box"}
PRODUCT_COLUMNS = "service_name, region_id, region_name, resource_type, x_cost_categories"


def test_cur_2_tells_product_and_cost_categories_in_json(bench: Bench):
    (row,) = cur_2_rows({"line_item_product_code": "AmazonBrandNew", "cost_category": '{"b": "2", "a/c": "1"}'})

    delivery = bench.normalized("aws_cur", bench.archived(csv_text([{**row, "product": json.dumps(PRODUCT)}])))

    assert values(delivery, PRODUCT_COLUMNS) == [
        ("Brand New", "eu-west-1", "EU (Ireland)", "Box", '{"a/c":"1","b":"2"}')
    ]


def test_a_region_whose_location_is_not_told_has_the_name_that_aws_gives_it(bench: Bench):
    row, unknown = cur_2_rows({}, {})
    told = [{"region_code": "eu-central-1"}, {"region_code": "moon-1"}]
    rows = [{**row, "product": json.dumps(told[0])}, {**unknown, "product": json.dumps(told[1])}]

    delivery = bench.normalized("aws_cur", bench.archived(csv_text(rows)))

    assert values(delivery, "region_id, region_name, billing_account_type, sub_account_type") == [
        ("eu-central-1", "Europe (Frankfurt)", "Account", "Account"),
        ("moon-1", None, "Account", "Account"),
    ]


def test_cur_2_tells_product_and_cost_categories_in_maps(bench: Bench, tmp_path: Path):
    (row,) = cur_2_rows({"line_item_product_code": "AmazonBrandNew"})
    maps = {"product": PRODUCT, "cost_category": {"b": "2", "a/c": "1"}, "resource_tags": {}}
    columns = {name: pa.array([value]) for name, value in row.items() if name not in maps}
    columns |= {name: pa.array([list(told.items())], pa.map_(pa.string(), pa.string())) for name, told in maps.items()}
    pq.write_table(pa.table(columns), tmp_path / "cur.parquet")

    delivery = bench.normalized("aws_cur", bench.archived((tmp_path / "cur.parquet").read_bytes(), name="cur.parquet"))

    assert values(delivery, PRODUCT_COLUMNS) == [
        ("Brand New", "eu-west-1", "EU (Ireland)", "Box", '{"a/c":"1","b":"2"}')
    ]


def test_athenas_spelling_of_arn_columns_is_the_same_column(bench: Bench):
    row = cur_2_rows({"line_item_line_item_type": "DiscountedUsage"})[0]
    row["reservation_reservation_a_r_n"] = "arn:ri"

    delivery = bench.normalized("aws_cur", bench.archived(csv_text([row])))

    assert values(delivery, "commitment_discount_id, commitment_discount_type") == [("arn:ri", "Reserved Instance")]


def test_a_report_without_the_billed_amount_is_refused(bench: Bench):
    rows = [{name: value for name, value in AWS_ROW.items() if name != "lineItem/UnblendedCost"}]

    with pytest.raises(RejectedBillError) as caught:
        bench.normalized("aws_cur", bench.archived(csv_text(rows)))

    (finding,) = caught.value.findings
    assert (finding.code, finding.file, finding.row, finding.column) == (
        "column_missing",
        "bill.csv",
        0,
        "lineItem/UnblendedCost",
    )


def cur_2_rows(*changes):
    row = {
        "bill_bill_type": "Anniversary",
        "bill_billing_period_start_date": "2026-10-01 00:00:00",
        "bill_billing_period_end_date": "2026-11-01 00:00:00",
        "bill_payer_account_id": "111111111111",
        "line_item_usage_account_id": "222222222222",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonEC2",
        "line_item_currency_code": "USD",
        "line_item_usage_start_date": "2026-10-05 00:00:00",
        "line_item_usage_end_date": "2026-10-05 01:00:00",
        "line_item_usage_amount": "1",
        "line_item_unblended_cost": "0.096",
        "pricing_unit": "Hrs",
        "resource_tags": "{}",
        "cost_category": "{}",
    }
    return [{**row, **change} for change in changes]


def test_cost_categories_of_the_legacy_report_are_tags_too(bench: Bench):
    delivery = bench.aws({"costCategory/Business Unit": "retail", "resourceTags/user:team": "pay"}, {})

    assert values(delivery, "tags, x_cost_categories") == [
        ('{"costCategory/Business Unit":"retail","team":"pay"}', '{"Business Unit":"retail"}'),
        (None, None),
    ]


def test_what_a_line_inherits_is_told_apart_from_its_own_tags(bench: Bench):
    tags = {
        "resourceTags/department": "teamA",
        "resourceTags/aws:createdBy": "IAM",
        "userAttribute/Department": "teamB",
        "accountTag/department": "teamC",
        "costCategory/department": "teamD",
    }
    (row,) = cur_2_rows({"resource_tags": '{"user_department":"teamA","user_app":"cart"}'})

    delivery = bench.normalized("aws_cur", bench.archived(csv_text([{**row, "tags": json.dumps(tags)}])))

    ((told, names),) = values(delivery, "tags, x_attribute_set_id")
    assert json.loads(str(told)) == {
        "accountTag/department": "teamC",
        "app": "cart",
        "aws:createdBy": "IAM",
        "costCategory/department": "teamD",
        "department": "teamA",
        "userAttribute/Department": "teamB",
    }
    assert names == 0
    assert values(delivery, "tags", file="attribute_sets") == [(told,)]


@pytest.mark.parametrize("key", ["accountTag/team", "costCategory/team", "userAttribute/team", "iamPrincipal/team"])
def test_a_tag_of_a_resource_is_never_taken_for_an_inherited_one(bench: Bench, key: str):
    (row,) = cur_2_rows({"resource_tags": json.dumps({f"user_{key}": "mine"})})
    told = {f"resourceTags/{key}": "mine", key: "inherited"}

    delivery = bench.normalized("aws_cur", bench.archived(csv_text([{**row, "tags": json.dumps(told)}])))

    ((tags,),) = values(delivery, "tags")
    assert json.loads(str(tags)) == {key: "inherited", f"resourceTags/{key}": "mine", f"user_{key}": "mine"}


@pytest.mark.parametrize("tags", ["no JSON", "[1]", '"team"', "{"])
def test_tags_that_are_no_object_are_told_beside_sound_ones(bench: Bench, tags: str):
    rows = [{**row, "tags": tags} for row in cur_2_rows({"resource_tags": '{"user_team":"pay"}'})]

    delivery = bench.normalized("aws_cur", bench.archived(csv_text(rows)))

    assert values(delivery, "tags, billed_cost") == [(None, Decimal("0.096"))]
    assert [finding.code for finding in delivery.findings] == ["tags_unreadable"]


AI = ("AI and Machine Learning", "Generative AI")


@pytest.mark.parametrize(
    ("code", "product", "expected"),
    [
        ("AmazonBedrock", "", ("Amazon Bedrock", "AI and Machine Learning", "Generative AI")),
        ("AmazonBedrockService", "", ("Amazon Bedrock Service", "AI and Machine Learning", "Generative AI")),
        ("AmazonSageMaker", "", ("Amazon SageMaker", "AI and Machine Learning", "Machine Learning")),
        (
            "bt81pe3lm5pf1sd0k4",
            "Claude 3.5 Sonnet (Amazon Bedrock Edition)",
            ("Claude 3.5 Sonnet (Amazon Bedrock Edition)", *AI),
        ),
        ("7f3kq", "Cohere Command (Amazon Bedrock Edition)", ("Cohere Command (Amazon Bedrock Edition)", *AI)),
        ("8g4lr", "Claudette's Database", ("Claudette's Database", "Other", "Other (Other)")),
        ("AmazonRDS", "Claude 3.5", ("Amazon Relational Database Service", "Databases", "Relational Databases")),
    ],
)
def test_generative_ai_is_known_by_its_service_or_the_name_of_its_product(bench: Bench, code, product, expected):
    delivery = bench.aws({"lineItem/ProductCode": code, "product/ProductName": product})

    assert values(delivery, "service_name, service_category, service_subcategory") == [expected]
    assert [finding.code for finding in delivery.findings] == ["service_unknown"] * (expected[1] == "Other")
