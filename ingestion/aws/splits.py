"""Split cost allocation data: what pods and tasks took of a node, and what nobody took. Pure but for asking for nodes.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/split-line-item-columns.html and
https://docs.aws.amazon.com/cur/latest/userguide/example-split-cost-allocation-data.html. A line item of a container
bills nothing itself. It tells which node it ran on, what it took of the node's amortized cost, and its part of what
nobody took. The node's own line items stay as they are, so each such line becomes charges that sum to zero:

| charge | effective cost | has the attributes of |
|---|---|---|
| workload | split cost | the line, its price and commitment those of the node |
| idle | unused cost | the node, as idle capacity, with the cluster's tags |
| counterpart | both, taken back | the node |

Billed and contracted cost move in the proportion that they have to the node's effective cost in the month: all of it
where the node is on demand, nothing billed where a commitment covers it. Whatever is rounded, the counterpart takes
back exactly what the other two have. Fargate's tasks have no node: they are billed themselves, and nothing moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import duckdb

from ingestion.aws.line_items import Columns
from ingestion.aws.nodes import IS_ROW_SPLIT, PARENT, PARTS, TOLD, cost_of, node_key, survey
from ingestion.focus.expressions import DECIMAL, literal
from ingestion.kubernetes.allocations import IDLE_SERVICE
from ingestion.normalize.plan import DerivedColumn, Double, Plan
from ingestion.normalize.tables import RawTables

NODE, CLUSTER, NAMESPACE = "x_split_node", "x_split_cluster", "x_split_namespace"
POD: Final = "^arn:[a-z-]+:eks:[^:]*:[^:]*:pod/([^/]+)/([^/]+)/"
"""The ARN of a pod, with its cluster and namespace."""
IS_KNOWN: Final = f"coalesce((SELECT is_known FROM split_node WHERE node = {NODE}), FALSE)"
"""Whether the node that an entry's lines ran on has line items of its own."""
IS_SPLIT: Final = "e_x_is_split"
OF_NODE: Final = (
    "pricing_category",
    "commitment_discount_id",
    "commitment_discount_category",
    "commitment_discount_type",
    "commitment_discount_status",
)
"""What a workload has of its node: the charges of a commitment then sum to the same, whoever they went to."""
IDLE_ECS: Final = "Amazon ECS idle capacity"
METHOD: Final = "AWS split cost allocation data"


def split(plan: Plan, raw: RawTables, connection: duckdb.DuckDBPyConnection, columns: Columns) -> Plan:
    """Return the plan of a report with the charges of its split costs; the same without any.

    :raises RejectedBillError: the rows cannot be read, or say what cannot be.
    """
    if not {PARENT, "line_item_resource_id"} <= columns.names:
        return plan
    findings = survey(plan, raw, connection, columns)
    derived = _derived(raw)
    return replace(
        plan,
        key=(*plan.key, *(column.name for column in derived)),
        entries=_entries(plan.entries),
        rows=_rows(plan.rows, columns),
        kept={**plan.kept, "x_split": "e_x_split"},
        findings=(*plan.findings, *findings),
        derived=(*plan.derived, *derived),
        doubles=(*plan.doubles, *_doubles(columns)),
    )


def _derived(raw: RawTables) -> tuple[DerivedColumn, ...]:
    """Return the node of a split line, and of a pod what its ARN says of where it ran."""
    cluster, namespace = (
        f"nullif(regexp_extract(line_item_resource_id, {literal(POD)}, {group}), '')" for group in (1, 2)
    )
    titles = raw.names()
    return tuple(
        DerivedColumn(name=name, title=titles[source].title, sql=f"CASE WHEN {IS_ROW_SPLIT} THEN {sql} END")
        for name, source, sql in (
            (NODE, PARENT, node_key(PARENT)),
            (CLUSTER, "line_item_resource_id", cluster),
            (NAMESPACE, "line_item_resource_id", namespace),
        )
    )


def _entries(entries: Mapping[str, str]) -> dict[str, str]:
    """Return the entries of line items, of which split ones have the price and commitment of their node."""
    own = {name: f"CASE WHEN {IS_KNOWN} THEN {_told('own_' + name)} ELSE {entries[name]} END" for name in OF_NODE}
    parts = {f"x_{name}": f"(SELECT {name} FROM split_part WHERE node = {NODE})" for name in PARTS}
    workload = _tag(entries["tags"], "aws:eks:workload-name", "aws_eks_workload_name")
    names = f"'kubernetes_cluster', {CLUSTER}, 'kubernetes_namespace', {NAMESPACE}, 'kubernetes_workload', {workload}"
    with_names = f"CAST(json_merge_patch({_object(entries['tags'])}, json_object({names})) AS VARCHAR)"
    return {
        **entries,
        **own,
        **parts,
        "tags": f"CASE WHEN {CLUSTER} IS NULL THEN {entries['tags']} ELSE {with_names} END",
        "x_is_split": IS_KNOWN,
        "x_split": f"CASE WHEN {IS_KNOWN} THEN 'workload' END",
    }


def _rows(rows: Mapping[str, str], columns: Columns) -> dict[str, str]:
    """Return the row columns of line items, to whose own costs what they took of their node is added."""
    taken = _moved(columns, "split")
    added = {name: f"CASE WHEN {IS_SPLIT} THEN {rows[name]} + {moved} ELSE {rows[name]} END" for name, moved in taken}
    usage = columns.number("split_line_item_split_usage")
    quantities = {
        name: f"CASE WHEN {IS_SPLIT} THEN coalesce({usage}, {rows[name]}) ELSE {rows[name]} END"
        for name in ("consumed_quantity", "pricing_quantity")
    }
    return {**rows, **added, **quantities, "allocated_method_id": f"CASE WHEN {IS_SPLIT} THEN {literal(METHOD)} END"}


def _doubles(columns: Columns) -> tuple[Double, Double]:
    """Return the charge of what nobody took of a node, and the one that takes back what a line was given of it."""
    split, unused = dict(_moved(columns, "split")), dict(_moved(columns, "unused"))
    node = {name: _told(f"own_{name}", node=f"k_{NODE}") for name in TOLD}
    # A row does not know whether its node is there.
    node["is_dropped"] = "NOT x_is_split"
    return (
        Double(
            is_due=f"{NODE} IS NOT NULL AND {cost_of(columns, 'unused')} <> 0",
            entries={**node, **_idle_entries(node), "x_split": "'idle'"},
            rows={**_of_node("Idle capacity of the node"), **unused},
        ),
        Double(
            is_due=f"{NODE} IS NOT NULL AND ({cost_of(columns, 'split')} <> 0 OR {cost_of(columns, 'unused')} <> 0)",
            entries={**node, "x_split": "'counterpart'"},
            rows={
                **_of_node("Split among the containers of the node"),
                **{name: f"-({moved} + {unused[name]})" for name, moved in split.items()},
            },
        ),
    )


def _told(column: str, *, node: str = NODE) -> str:
    return f"(SELECT {column} FROM split_node WHERE node = {node})"


def _moved(columns: Columns, part: str) -> list[tuple[str, str]]:
    """Return what a part moves of each cost."""
    cost = cost_of(columns, part)
    # Beyond 10^12, where the product has no room, none of it moves.
    scaled = f"coalesce(TRY(CAST({cost} * e_x_{{}} AS {DECIMAL})), 0)"
    public = columns.number(f"split_line_item_public_on_demand_{part}_cost")
    same = f"coalesce({columns.text('pricing_currency')}, line_item_currency_code) = line_item_currency_code"
    return [
        ("effective_cost", cost),
        ("billed_cost", scaled.format("billed_part")),
        ("contracted_cost", scaled.format("contracted_part")),
        ("list_cost", f"CASE WHEN {same} THEN coalesce({public}, {cost}) ELSE {cost} END"),
    ]


def _of_node(description: str) -> dict[str, str]:
    """Return the columns of a charge that is of a node, not of a container on it."""
    nothing = (
        *("consumed_quantity", "consumed_unit", "pricing_quantity", "pricing_unit", "list_unit_price"),
        *("sku_id", "sku_meter", "sku_price_id"),
    )
    return {
        **dict.fromkeys(nothing, "NULL"),
        "resource_id": PARENT,
        "charge_description": literal(description),
    }


def _idle_entries(node: Mapping[str, str]) -> dict[str, str]:
    """Return what idle capacity has in place of its node's entries: a service that rules can share out."""
    is_pod = f"k_{CLUSTER} IS NOT NULL"
    ecs = _tag("tags", "aws:ecs:clusterName", "aws_ecs_cluster_name")
    names = f"'kubernetes_cluster', k_{CLUSTER}, 'aws:ecs:clusterName', {ecs}"
    return {
        "service_name": f"CASE WHEN {is_pod} THEN {literal(IDLE_SERVICE)} ELSE {literal(IDLE_ECS)} END",
        "service_category": "'Compute'",
        "service_subcategory": "'Containers'",
        "tags": f"CAST(json_merge_patch({_object(node['tags'])}, json_object({names})) AS VARCHAR)",
    }


def _object(tags: str) -> str:
    return f"CASE WHEN json_valid({tags}) AND json_type({tags}) = 'OBJECT' THEN {tags} ELSE '{{}}' END"


def _tag(tags: str, *spellings: str) -> str:
    paths = (literal('$."' + one + '"') for one in spellings)
    found = ", ".join(f"json_extract_string({_object(tags)}, {path})" for path in paths)
    return f"nullif(coalesce({found}), '')"
