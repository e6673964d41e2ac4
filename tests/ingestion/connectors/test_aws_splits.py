"""What the split costs of containers become, worked by hand: taken from their node, and never counted twice."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.focus.findings import RejectedBillError
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import Bench, csv_text, values

NODE = {
    "lineItem/ResourceId": "i-1",
    "lineItem/UsageType": "EU-BoxUsage:m5.xlarge",
    "resourceTags/user:team": "platform",
    "resourceTags/aws:eks:workload-name": "",
}
POD = {
    "cost": "0",
    "lineItem/ProductCode": "AmazonEKS",
    "lineItem/Operation": "EKSPod-EC2",
    "lineItem/UsageType": "EU-EKS-EC2-vCPU-Hours",
    "lineItem/UsageAmount": "9",
    "lineItem/ResourceId": "arn:aws:eks:eu-west-1:2222:pod/prod/shop/cart-1/uid",
    "pricing/unit": "vCPU-Hours",
    "pricing/publicOnDemandCost": "",
    "splitLineItem/ParentResourceId": "i-1",
    "splitLineItem/SplitUsage": "1.5",
    "resourceTags/aws:eks:workload-name": "cart",
}
TASK = {
    **POD,
    "lineItem/ProductCode": "AmazonECS",
    "lineItem/Operation": "ECSTask-EC2",
    "lineItem/UsageType": "EU-ECS-EC2-GB-Hours",
    "lineItem/ResourceId": "arn:aws:ecs:eu-west-1:2222:task/front/4711",
    "resourceTags/aws:ecs:clusterName": "front",
}
MACHINE = {
    "lineItem/ProductCode": "AmazonEC2",
    "lineItem/Operation": "RunInstances",
    "lineItem/UsageAmount": "1",
    "pricing/unit": "Hrs",
}
PLAN = {"savingsPlan/SavingsPlanARN": "arn:plan"}
SPLIT_TITLES = (
    *("splitLineItem/ParentResourceId", "splitLineItem/SplitUsage"),
    *("splitLineItem/SplitCost", "splitLineItem/UnusedCost"),
    *("lineItem/ResourceId", "lineItem/UsageType", "resourceTags/aws:eks:workload-name"),
    "resourceTags/aws:ecs:clusterName",
)


def split(line: dict[str, str], taken: str, unused: str, **changes: str) -> dict[str, str]:
    return {**line, "splitLineItem/SplitCost": taken, "splitLineItem/UnusedCost": unused, **changes}


def blank(*lines: dict[str, str]) -> list[dict[str, str]]:
    """Return lines with the columns of all of them, those of a machine unless they say otherwise."""
    titles = [*SPLIT_TITLES, *(name for line in lines for name in line if "/" in name)]
    return [{**dict.fromkeys(titles, ""), **MACHINE, **line} for line in lines]


def imported(bench: Bench, *lines: dict[str, str]):
    return bench.aws(*blank(*lines))


def test_a_node_becomes_its_two_pods_and_what_nobody_took(bench: Bench):
    # A node of 1.00: a pod took 0.30 and has 0.10 of what is idle, another 0.45 and 0.15. Nothing is left of the node.
    other = {"lineItem/ResourceId": "arn:aws:eks:eu-west-1:2222:pod/prod/pay/bill-1/uid"}
    delivery = imported(
        bench, {**NODE, "cost": "1.00"}, split(POD, "0.30", "0.10"), split(POD, "0.45", "0.15", **other)
    )

    kubernetes = "Amazon Elastic Kubernetes Service"
    machine = "Amazon Elastic Compute Cloud"
    assert values(delivery, "x_row_number, x_split, service_name, billed_cost, effective_cost, resource_id") == [
        (1, None, machine, Decimal("1.00"), Decimal("1.00"), "i-1"),
        (2, "workload", kubernetes, Decimal("0.30"), Decimal("0.30"), POD["lineItem/ResourceId"]),
        (2, "idle", "Kubernetes idle capacity", Decimal("0.10"), Decimal("0.10"), "i-1"),
        (2, "counterpart", machine, Decimal("-0.40"), Decimal("-0.40"), "i-1"),
        (3, "workload", kubernetes, Decimal("0.45"), Decimal("0.45"), other["lineItem/ResourceId"]),
        (3, "idle", "Kubernetes idle capacity", Decimal("0.15"), Decimal("0.15"), "i-1"),
        (3, "counterpart", machine, Decimal("-0.60"), Decimal("-0.60"), "i-1"),
    ]
    totals = delivery.bills[0].totals["USD"]
    assert totals.source == totals.billed_cost == totals.effective_cost == totals.contracted_cost == Decimal("1.00")
    assert delivery.findings == ()


def test_workloads_are_known_by_namespace_and_what_is_the_nodes_by_its_tags(bench: Bench):
    delivery = imported(bench, {**NODE, "cost": "1"}, split(POD, "0.75", "0.25"))

    pod = {
        "aws:eks:workload-name": "cart",
        "kubernetes_cluster": "prod",
        "kubernetes_namespace": "shop",
        "kubernetes_workload": "cart",
    }
    told = [tags and json.loads(tags) for (tags,) in values(delivery, "tags")]
    assert told == [{"team": "platform"}, pod, {"kubernetes_cluster": "prod", "team": "platform"}, {"team": "platform"}]
    attributes = "x_service_code, x_operation, consumed_quantity, consumed_unit, charge_description"
    assert values(delivery, attributes)[1:] == [
        ("AmazonEKS", "EKSPod-EC2", Decimal("1.5"), "vCPU-Hours", None),
        ("AmazonEC2", "RunInstances", None, None, "Idle capacity of the node"),
        ("AmazonEC2", "RunInstances", None, None, "Split among the containers of the node"),
    ]


def test_of_a_node_that_a_savings_plan_covers_only_the_effective_cost_moves(bench: Bench):
    # On demand 0.10, taken back by the negation; the plan's price is 0.06: a task took 0.04, 0.02 are idle.
    # Contracted: 0.10 / 0.06 = 1.66666667 of it, so 0.0666666668 and 0.0333333334.
    delivery = imported(
        bench,
        {**NODE, **PLAN, "type": "SavingsPlanCoveredUsage", "cost": "0.10", "savingsPlan/SavingsPlanEffectiveCost": "0.06"},
        {**PLAN, "type": "SavingsPlanNegation", "cost": "-0.10"},
        split(TASK, "0.04", "0.02"),
    )  # fmt: skip

    columns = (
        "x_split, billed_cost, effective_cost, contracted_cost, commitment_discount_id, commitment_discount_status"
    )
    assert values(delivery, columns) == [
        (None, Decimal(0), Decimal("0.06"), Decimal("0.10"), "arn:plan", "Used"),
        ("workload", Decimal(0), Decimal("0.04"), Decimal("0.0666666668"), "arn:plan", "Used"),
        ("idle", Decimal(0), Decimal("0.02"), Decimal("0.0333333334"), "arn:plan", "Used"),
        ("counterpart", Decimal(0), Decimal("-0.06"), Decimal("-0.1000000002"), "arn:plan", "Used"),
    ]
    totals = delivery.bills[0].totals["USD"]
    assert (totals.source, totals.billed_cost, totals.effective_cost) == (0, 0, Decimal("0.06"))
    assert totals.contracted_cost == Decimal("0.10")


def test_a_node_that_is_covered_for_a_while_is_billed_in_part(bench: Bench):
    # An hour on demand at 0.10, one covered at 0.06: 0.10 of 0.16 are billed, which is 0.625.
    delivery = imported(
        bench,
        {**NODE, "cost": "0.10"},
        {**NODE, **PLAN, "type": "SavingsPlanCoveredUsage", "cost": "0.10", "savingsPlan/SavingsPlanEffectiveCost": "0.06"},
        {**PLAN, "type": "SavingsPlanNegation", "cost": "-0.10"},
        split(TASK, "0.08", "0.08"),
    )  # fmt: skip

    assert values(delivery, "x_split, billed_cost, effective_cost")[2:] == [
        ("workload", Decimal("0.05"), Decimal("0.08")),
        ("idle", Decimal("0.05"), Decimal("0.08")),
        ("counterpart", Decimal("-0.10"), Decimal("-0.16")),
    ]
    totals = delivery.bills[0].totals["USD"]
    assert (totals.billed_cost, totals.effective_cost) == (Decimal("0.10"), Decimal("0.16"))


def test_a_reserved_node_is_split_at_its_part_of_the_fee(bench: Bench):
    reserved = {
        "type": "DiscountedUsage",
        "cost": "0",
        "reservation/ReservationARN": "arn:ri",
        "reservation/EffectiveCost": "0.07",
    }

    delivery = imported(bench, {**NODE, **reserved}, split(TASK, "0.07", "0"))

    assert values(delivery, "x_split, billed_cost, effective_cost, commitment_discount_type")[1:] == [
        ("workload", Decimal(0), Decimal("0.07"), "Reserved Instance"),
        ("counterpart", Decimal(0), Decimal("-0.07"), "Reserved Instance"),
    ]


def test_a_task_on_fargate_costs_what_it_is_billed(bench: Bench):
    task = {
        "cost": "0.04",
        "lineItem/ProductCode": "AmazonECS",
        "lineItem/Operation": "FargateTask",
        "lineItem/ResourceId": "arn:aws:ecs:eu-west-1:2222:task/front/4712",
        "pricing/publicOnDemandCost": "0.05",
    }

    delivery = imported(bench, split(task, "0.03", "0.01"), {**NODE, "cost": "1"}, split(POD, "1", "0"))

    assert values(delivery, "x_split, billed_cost, effective_cost, list_cost")[0] == (
        None, Decimal("0.04"), Decimal("0.04"), Decimal("0.05"),
    )  # fmt: skip
    assert delivery.bills[0].totals["USD"].effective_cost == Decimal("1.04")


def test_digits_that_aws_rounds_away_stay_with_the_node(bench: Bench):
    third = split(POD, "0.333333333", "0")

    delivery = imported(bench, {**NODE, "cost": "1"}, third, third, third)

    assert sum(value for (value,) in values(delivery, "effective_cost")) == 1
    assert sum(value for value, node in values(delivery, "effective_cost, resource_id") if node == "i-1") == Decimal(
        "0.000000001"
    )


def test_a_container_whose_node_is_not_in_the_bill_moves_nothing_and_is_told(bench: Bench):
    delivery = imported(
        bench,
        {**NODE, "cost": "1"},
        split(POD, "0.5", "0.1", **{"splitLineItem/ParentResourceId": "i-9"}),
        # Traffic of the node is no proof of what running it costs.
        {**NODE, "cost": "5", "lineItem/ResourceId": "i-9", "lineItem/UsageType": "EU-DataTransfer-Out-Bytes"},
    )

    assert values(delivery, "x_split, effective_cost, consumed_quantity") == [
        (None, 1, 1),
        (None, 0, 9),
        (None, 5, 1),
    ]
    (finding,) = delivery.findings
    assert (finding.code, finding.severity) == ("split_node_missing", "warning")
    assert finding.message.startswith(
        "Of 1 nodes that containers ran on (first i-9) this bill has no costs, so the 0.6"
    )


def test_more_than_a_node_costs_is_told_and_conserved(bench: Bench):
    delivery = imported(bench, {**NODE, "cost": "1"}, split(POD, "1.5", "0.5"))

    assert delivery.bills[0].totals["USD"].effective_cost == 1
    (finding,) = delivery.findings
    assert (finding.code, finding.severity) == ("split_exceeds_node", "warning")
    assert "of 1 nodes than these cost, by 1 USD in all (first i-1)" in finding.message


def test_net_columns_are_split_where_they_are_filled(bench: Bench):
    delivery = imported(
        bench,
        {**NODE, "cost": "1", "lineItem/NetUnblendedCost": "0.9"},
        split(POD, "0.6", "0.4", **{"splitLineItem/NetSplitCost": "0.54", "splitLineItem/NetUnusedCost": "0.36"}),
    )

    assert values(delivery, "x_split, billed_cost, effective_cost")[1:] == [
        ("workload", Decimal("0.54"), Decimal("0.54")),
        ("idle", Decimal("0.36"), Decimal("0.36")),
        ("counterpart", Decimal("-0.90"), Decimal("-0.90")),
    ]


def test_list_cost_moves_at_public_prices(bench: Bench):
    public = {
        "splitLineItem/PublicOnDemandSplitCost": "0.07",
        "splitLineItem/PublicOnDemandUnusedCost": "0.03",
    }

    delivery = imported(
        bench, {**NODE, "cost": "0.09", "pricing/publicOnDemandCost": "0.10"}, split(POD, "0.06", "0.03", **public)
    )

    assert values(delivery, "list_cost") == [(Decimal(text),) for text in ("0.10", "0.07", "0.03", "-0.10")]


def test_cur_2_tells_the_same_with_its_map_of_tags(bench: Bench):
    node = {
        "line_item_resource_id": "i-1",
        "line_item_usage_type": "BoxUsage:m5.large",
        "line_item_unblended_cost": "1",
    }
    pod = {
        "line_item_resource_id": POD["lineItem/ResourceId"],
        "line_item_product_code": "AmazonEKS",
        "line_item_unblended_cost": "0",
        "split_line_item_parent_resource_id": "i-1",
        "split_line_item_split_cost": "0.75",
        "split_line_item_unused_cost": "0.25",
    }
    blank = dict.fromkeys([*pod, *node], "")
    rows = cur_2_rows(
        {**blank, **node, "line_item_product_code": "AmazonEC2", "resource_tags": '{"user_team":"platform"}'},
        {**blank, **pod, "resource_tags": '{"aws_eks_workload_name":"cart","aws_eks_namespace":"shop"}'},
    )

    delivery = bench.normalized("aws_cur", bench.archived(csv_text(rows)))

    assert [(cost, tags and json.loads(tags)) for cost, tags in values(delivery, "effective_cost, tags")] == [
        (Decimal(1), {"team": "platform"}),
        (
            Decimal("0.75"),
            {
                "aws:eks:namespace": "shop",
                "aws:eks:workload-name": "cart",
                "kubernetes_cluster": "prod",
                "kubernetes_namespace": "shop",
                "kubernetes_workload": "cart",
            },
        ),
        (Decimal("0.25"), {"kubernetes_cluster": "prod", "team": "platform"}),
        (Decimal(-1), {"team": "platform"}),
    ]


@pytest.mark.parametrize("value", ["free", "NaN", "1e400", "12345678901234567890123", "=1+1"])
def test_a_split_cost_that_is_no_number_is_told_with_its_row(bench: Bench, value: str):
    with pytest.raises(RejectedBillError) as caught:
        imported(bench, {**NODE, "cost": "1"}, split(POD, value, "0"))

    finding = caught.value.findings[0]
    assert (finding.code, finding.row, finding.column) == ("not_a_number", 2, "splitLineItem/SplitCost")


@pytest.mark.parametrize("column", ["SplitCost", "PublicOnDemandUnusedCost"])
def test_a_split_cost_beyond_belief_is_refused(bench: Bench, column: str):
    huge = {f"splitLineItem/{column}": "99999999999999999999"}

    with pytest.raises(RejectedBillError) as caught:
        imported(bench, {**NODE, "cost": "1"}, {**split(POD, "1", "1"), **huge}, {**split(POD, "1", "1"), **huge})

    assert caught.value.code == "split_cost_unbelievable"


def test_a_column_of_the_name_of_a_worked_out_one_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError) as caught:
        imported(bench, {**NODE, "cost": "1", "x/split_node": "i-1"}, split(POD, "1", "0"))

    assert caught.value.code == "column_reserved"


AMOUNTS = st.decimals(min_value="-5", max_value="500", places=9).map(str)
ODD = st.sampled_from(["999999999999999", "-999999999999999.000000000000000001", "1e-18", "0"])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nodes=st.lists(AMOUNTS, min_size=1, max_size=3),
    taken=st.lists(
        st.tuples(st.sampled_from(["i-0", "i-1", "i-2", "i-9"]), AMOUNTS | ODD, AMOUNTS | ODD), min_size=1, max_size=4
    ),
)
def test_whatever_is_split_the_bill_stays_what_the_file_bills(bench: Bench, nodes, taken):
    lines = [{**NODE, "cost": cost, "lineItem/ResourceId": f"i-{number}"} for number, cost in enumerate(nodes)]
    pods = [split(POD, own, idle, **{"splitLineItem/ParentResourceId": node}) for node, own, idle in taken]

    totals = imported(bench, *lines, *pods).bills[0].totals["USD"]

    assert totals.source == totals.billed_cost == totals.effective_cost == sum(map(Decimal, nodes))
