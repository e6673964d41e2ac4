"""What a cluster's allocations become: split among workloads, and taken from whoever owns the nodes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from ingestion.connectors.opencost import KIND, OpenCostSettings
from ingestion.delivery import DeliveryError, archive
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from tests.fakes.opencost import allocation, opencost
from tests.ingestion.normalize.bills import Bench, values

HEADER = "start,end,cluster,namespace,controller_kind,controller,component,cost,quantity,unit,currency,labels"
LINE = "2026-10-05T00:00:00Z,2026-10-06T00:00:00Z,prod,shop,deployment,cart,CPU,0.30000000000000004,2.5,Core-Hours,USD,"
EXPORTED = """Date,Namespace,ControllerKind,ControllerName,Pod,Container,CPUCost,RAMCost,TotalCost
2026-10-05,shop,deployment,cart,cart-1,web,0.2,0.1,0.3
2026-10-05,__idle__,,,,,1,0.5,1.5
"""


def imported(bench: Bench, *lines: str, header: str = HEADER, **settings: str):
    return bench.normalized("opencost", bench.archived("\n".join([header, *lines, ""])), **settings)


def test_each_charge_has_a_counterpart_that_the_owner_of_the_nodes_gets(bench: Bench):
    delivery = imported(bench, LINE, node_tags="team=platform, cluster = prod")

    assert values(
        delivery, "x_row_number, charge_category, service_name, sub_account_id, effective_cost, billed_cost, tags"
    ) == [
        (
            1, "Usage", "Kubernetes", "shop", Decimal("0.30000000000000004"), Decimal("0.30000000000000004"),
            '{"kubernetes_cluster":"prod","kubernetes_namespace":"shop","kubernetes_workload":"cart"}',
        ),
        (
            1, "Adjustment", "Kubernetes nodes, split among workloads", None, Decimal("-0.30000000000000004"),
            Decimal("-0.30000000000000004"), '{"cluster":"prod","team":"platform"}',
        ),
    ]  # fmt: skip
    totals = delivery.bills[0].totals["USD"]
    assert totals.source == totals.billed_cost == totals.effective_cost == 0


def test_nodes_that_nobody_else_bills_cost_what_is_told(bench: Bench):
    delivery = imported(bench, LINE, nodes_billed="here")

    totals = delivery.bills[0].totals["USD"]
    assert totals.source == totals.billed_cost == totals.effective_cost == Decimal("0.30000000000000004")
    assert values(delivery, "charge_category, consumed_quantity, consumed_unit, resource_id, sku_meter") == [
        ("Usage", Decimal("2.5"), "Core-Hours", "prod/shop/deployment/cart", "CPU")
    ]


def test_idle_and_system_are_charges_of_their_own(bench: Bench):
    idle, system = LINE.replace(",shop,", ",__idle__,"), LINE.replace(",shop,", ",kube-system,")

    delivery = imported(bench, idle, system, nodes_billed="here")

    assert values(delivery, "service_name") == [("Kubernetes idle capacity",), ("Kubernetes system",)]


def test_a_charge_is_of_a_workload_a_namespace_or_the_cluster(bench: Bench):
    lone = LINE.replace(",deployment,cart,", ",,,")

    delivery = imported(bench, LINE, lone)

    columns = "billing_account_type, sub_account_type, resource_id, resource_type"
    assert values(delivery, columns) == [
        ("Cluster", "Namespace", "prod/shop/deployment/cart", "deployment"),
        ("Cluster", None, "prod", "Cluster"),
        ("Cluster", "Namespace", "prod/shop", "Namespace"),
        ("Cluster", None, "prod", "Cluster"),
    ]


def test_labels_are_tags_beside_what_the_cluster_says(bench: Bench):
    delivery = imported(bench, LINE + '"{""team"":""pay"",""app"":""cart""}"', nodes_billed="here")

    assert values(delivery, "tags") == [
        (
            (
                '{"app":"cart","kubernetes_cluster":"prod","kubernetes_namespace":"shop","kubernetes_workload":"cart",'
                '"team":"pay"}'
            ),
        )
    ]


def test_the_csv_that_opencost_exports_is_read_by_its_own_names(bench: Bench):
    header, *lines = EXPORTED.strip().splitlines()

    delivery = imported(bench, *lines, header=header, nodes_billed="here", currency="EUR")

    assert values(delivery, "sub_account_id, resource_name, billed_cost, charge_period_end") == [
        ("shop", "cart", Decimal("0.3"), datetime(2026, 10, 6)),
        ("__idle__", "__idle__", Decimal("1.5"), datetime(2026, 10, 6)),
    ]
    assert delivery.bills[0].totals["EUR"].billed_cost == Decimal("1.8")


@pytest.mark.parametrize(
    ("header", "line", "code", "place"),
    [
        (HEADER.replace("namespace", "ns"), LINE, "column_missing", (0, "namespace")),
        (HEADER, LINE.replace("0.30000000000000004", "dear"), "not_a_number", (1, "cost")),
        (HEADER, LINE.replace(",USD,", ",dollar,"), "currency_unknown", (1, "currency")),
        (HEADER, LINE.replace("2026-10-05T", "05.10.26T"), "period_missing", (1, "start")),
    ],
)
def test_what_is_wrong_is_told_by_file_row_and_column(bench: Bench, header, line, code, place):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, line, header=header)

    found = refused.value.findings[0]
    assert found.file == "bill.csv"
    assert (found.row, found.column) == place
    assert found.code == code


def settings(url: str, **changes: str) -> OpenCostSettings:
    told = {"endpoint_url": url, "first_month": f"{datetime.now(UTC):%Y-%m}", **changes}
    return OpenCostSettings.model_validate(told, context=Reach(allows_private=True, attempts=1))


def test_the_api_is_asked_day_by_day_and_told_twice_gives_the_same_bytes(bench: Bench, tmp_path: Path):
    def day(name: str) -> dict:
        number = int(name[8:])
        return {
            "prod/shop": allocation(
                "prod/shop/deployment/cart", namespace="shop", controller="cart", cpuCost=0.1 * number, cpuCoreHours=24,
                ramCost=0.25, ramCostAdjustment=-0.05, externalCost=99, sharedCost=98, totalCost=0.1 * number + 0.2,
                labels={"team": "pay"},
            ),
            "prod/__idle__": allocation("prod/__idle__", networkCost=0, cpuCost=1),
        }  # fmt: skip

    with opencost(day, token="open") as fake:
        told = settings(fake.url, token="open")
        (delivery,) = KIND.discover(told)
        first, second = (archive(KIND.open(told), delivery.files[0], root=tmp_path) for _ in range(2))

    today = datetime.now(UTC).day
    assert first.sha256 == second.sha256
    normalized = bench.normalized("opencost", first, nodes_billed="here")
    # Each day: CPU 0.1 x day, memory 0.25 - 0.05, idle 1.
    cpu = sum((Decimal(str(0.1 * number)) for number in range(1, today + 1)), Decimal(0))
    assert normalized.bills[0].totals["USD"].billed_cost == cpu + today * (Decimal("0.2") + 1)
    assert normalized.row_counts == (3 * today,)


def test_a_bad_token_is_said_in_one_sentence():
    with opencost(lambda _: {}, token="open") as fake, pytest.raises(DeliveryError) as refused:
        KIND.discover(settings(fake.url, token="sesame"))

    assert refused.value.code == "bad_credentials"
    assert str(refused.value).startswith("OpenCost answered 401 (missing or bad token).")


def test_a_cluster_without_an_address_or_with_odd_tags_is_refused():
    with pytest.raises(ValidationError, match="Give a folder, or Address"):
        OpenCostSettings()
    with pytest.raises(ValidationError, match="'platform' is no tag; write name=value"):
        OpenCostSettings(endpoint_url="https://opencost.example", node_tags="platform")
