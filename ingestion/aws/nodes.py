"""The nodes that containers ran on, what they cost, and what is said to be taken of them. Pure but for a question.

Sources: those of `ingestion.aws.splits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import duckdb

from ingestion.aws import line_items
from ingestion.aws.line_items import TYPE, Columns
from ingestion.focus import attributes
from ingestion.focus.expressions import DECIMAL, decimal, literal, quoted
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.diagnosing import answers_to
from ingestion.normalize.plan import Plan
from ingestion.normalize.tables import RawTables

PARENT: Final = "split_line_item_parent_resource_id"
NUMBERS: Final = (
    "split_line_item_net_split_cost",
    "split_line_item_net_unused_cost",
    "split_line_item_public_on_demand_split_cost",
    "split_line_item_public_on_demand_unused_cost",
    "split_line_item_reserved_usage",
    "split_line_item_actual_usage",
    "split_line_item_split_cost",
    "split_line_item_split_usage",
    "split_line_item_split_usage_ratio",
    "split_line_item_unused_cost",
)
IS_ROW_SPLIT: Final = f"coalesce({PARENT} IS NOT NULL AND {TYPE} = 'Usage', FALSE)"
"""Whether a line tells what it took of a node; every such line is usage."""
RUNNING: Final = "Usage(:|$)"
"""Found in the usage types of an instance that runs (BoxUsage:m5.large, SpotUsage:m5.large), not of what it sends."""
TOLD: Final = (*attributes.COLUMNS, "region_name", "tags", "x_cost_categories")
PARTS: Final = ("billed_part", "contracted_part")
PART: Final = "DECIMAL(12,8)"
MOST: Final = Decimal(1000)
BEYOND_BELIEF: Final = 10**15
"""No container took so much in a line of its own; sums of such numbers would have no room."""
EXCEEDED: Final = Decimal("1.01")


def survey(plan: Plan, raw: RawTables, connection: duckdb.DuckDBPyConnection, columns: Columns) -> tuple[Finding, ...]:
    """Write what is known of the nodes into the tables `split_node` and `split_part`; return what is worth saying.

    `split_node` has, by `node`, whether it `is_known` and the entry columns of `TOLD` as `own_<name>`, `split_part` the
    columns of `PARTS`.

    :raises RejectedBillError: the rows cannot be read, or say what cannot be.
    """
    query = _nodes(raw, columns, entries=plan.entries, numbers=plan.decimals)
    answers_to(
        f"CREATE OR REPLACE TEMP TABLE split_node AS {query}", raw=raw, connection=connection, numbers=plan.decimals
    )
    sums = (
        "SELECT node, node_name, is_known, currency, largest, handed_out, effective, billed, contracted"
        " FROM split_node ORDER BY node"
    )
    nodes = [_Node(*row) for row in connection.execute(sums).fetchall()]
    _refuse_beyond_belief(raw, nodes)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE split_part AS SELECT unnest(?::VARCHAR[]) AS node,"
        f" unnest(?::{PART}[]) AS billed_part, unnest(?::{PART}[]) AS contracted_part",
        [
            [node.key for node in nodes],
            [node.part(node.billed) for node in nodes],
            [node.part(node.contracted) for node in nodes],
        ],
    )
    return (*_missing(nodes), *_exceeded(nodes))


@dataclass(frozen=True)
class _Node:
    """A node of a month: what containers took of it or left idle, and what its own line items cost."""

    key: str
    name: str
    is_known: bool
    currency: str
    largest: Decimal
    handed_out: Decimal
    effective: Decimal
    billed: Decimal
    contracted: Decimal

    def part(self, cost: Decimal) -> Decimal:
        """Return a cost by effective cost, of 8 digits; 0 where the node costs nothing."""
        if self.effective <= 0:
            return Decimal(0)
        return min(max(cost / self.effective, Decimal(0)), MOST).quantize(Decimal("1e-8"))


def _refuse_beyond_belief(raw: RawTables, nodes: Iterable[_Node]) -> None:
    for node in nodes:
        if node.largest >= BEYOND_BELIEF:
            names = ", ".join(table.file.name for table in raw.tables)
            message = f"{names}: a container is said to have taken {node.largest:f} of {node.name}. Deliver it again."
            raise RejectedBillError(
                [Finding(code="split_cost_unbelievable", severity="error", file=names, column=PARENT, message=message)]
            )


def _missing(nodes: Iterable[_Node]) -> Iterator[Finding]:
    """Say what is not split, since the nodes have no line items of their own."""
    for currency, found in _by_currency(node for node in nodes if not node.is_known):
        cost = sum((node.handed_out for node in found), Decimal(0))
        message = (
            f"Of {len(found):,} nodes that containers ran on (first {found[0].name}) this bill has no costs, so the"
            f" {_plain(cost)} {currency} that AWS splits of them are not split. Export instances too, with their ids."
        )
        yield Finding(code="split_node_missing", severity="warning", column=PARENT, message=message)


def _exceeded(nodes: Iterable[_Node]) -> Iterator[Finding]:
    """Say by how much more was handed out than nodes cost: which stays with them, as a negative cost."""
    beyond = (node for node in nodes if node.is_known and node.handed_out > node.effective * EXCEEDED)
    for currency, found in _by_currency(beyond):
        excess = sum((node.handed_out - node.effective for node in found), Decimal(0))
        message = (
            f"Containers took more of {len(found):,} nodes than these cost, by {_plain(excess)} {currency} in all"
            f" (first {found[0].name}), which leaves the nodes with a negative cost. Split costs come late; pull again."
        )
        yield Finding(code="split_exceeds_node", severity="warning", column=PARENT, message=message)


def _plain(amount: Decimal) -> str:
    """Return an amount of 18 fractional digits without the zeros at its end."""
    return f"{amount:f}".rstrip("0").rstrip(".")


def _by_currency(nodes: Iterable[_Node]) -> list[tuple[str, list[_Node]]]:
    found: dict[str, list[_Node]] = {}
    for node in nodes:
        found.setdefault(node.currency, []).append(node)
    return sorted(found.items())


def node_key(resource: str) -> str:
    """Return what names a node within its bill and currency: a node that runs on into another month is two."""
    return f"concat_ws('|', {resource}, line_item_currency_code, bill_billing_period_start_date)"


def _nodes(raw: RawTables, columns: Columns, *, entries: Mapping[str, str], numbers: Iterable[str]) -> str:
    """Return the query of the nodes that containers ran on, each with its costs and its attributes.

    A node is known where it has line items of its own. The attributes are those of the dearest; of two that are as
    dear, of the one whose attributes sort behind.
    """
    # A proportion needs no digit beyond the 18th; what is no number is told later, with its place.
    read = ", ".join(f"TRY({decimal(quoted(name))}) AS {quoted('n_' + name)}" for name in numbers)
    node = f"CASE WHEN x_is_split THEN {quoted(PARENT)} ELSE line_item_resource_id END"
    rows = (
        f"SELECT *, {read}, {IS_ROW_SPLIT} AS x_is_split FROM ({raw.sql(numbered=False)})"
        f" WHERE {IS_ROW_SPLIT} OR {_is_running(columns)}"
    )
    # A window over all line items, as whether negations cancel, is none of a line's attributes.
    own = ", ".join(f"own_{name} := {entries[name]}" for name in TOLD)
    effective = line_items.effective_cost(columns)
    told = (
        f"SELECT {node_key(node)} AS node, {node} AS node_name,"
        " coalesce(line_item_currency_code, '') AS currency, x_is_split,"
        f" {_largest(columns)} AS largest, {_handed_out(columns)} AS handed_out, {effective} AS effective,"
        f" CASE WHEN {TYPE} = {literal(line_items.COVERED)} THEN 0 ELSE {line_items.amount(columns)} END AS billed,"
        f" {line_items.contracted_cost(columns)} AS contracted, struct_pack({own}) AS own FROM ({rows})"
    )
    sums = ", ".join(
        f"coalesce(sum({name}) FILTER (WHERE NOT x_is_split), 0)::{DECIMAL} AS {name}"
        for name in ("effective", "billed", "contracted")
    )
    found = (
        "SELECT node, any_value(node_name) AS node_name, any_value(currency) AS currency,"
        f" NOT bool_and(x_is_split) AS is_known, {sums},"
        f" coalesce(sum(handed_out) FILTER (WHERE x_is_split), 0)::{DECIMAL} AS handed_out,"
        " coalesce(max(largest) FILTER (WHERE x_is_split), 0) AS largest,"
        " max(struct_pack(cost := effective, own := own)) FILTER (WHERE NOT x_is_split).own AS own"
        f" FROM ({told}) GROUP BY node HAVING bool_or(x_is_split)"
    )
    return f"SELECT * EXCLUDE (own), unnest(own) FROM ({found})"


def _is_running(columns: Columns) -> str:
    """Return whether a line is of running an instance."""
    kinds = f"'Usage', {literal(line_items.COVERED)}, {literal(line_items.DISCOUNTED)}"
    usage_type = f"coalesce({columns.text('line_item_usage_type')}, 'Usage')"
    return (
        f"line_item_resource_id IS NOT NULL AND {TYPE} IN ({kinds})"
        f" AND regexp_matches({usage_type}, {literal(RUNNING)})"
    )


def cost_of(columns: Columns, part: str) -> str:
    """Return a part of a node's amortized cost, after private discounts where the report tells that; 0 if none."""
    names = (f"split_line_item_net_{part}_cost", f"split_line_item_{part}_cost")
    return f"coalesce({columns.first_number(*names)}, 0)"


def _handed_out(columns: Columns) -> str:
    """Return what a line was given of its node; 0 where that is beyond belief, and refused."""
    split, unused = cost_of(columns, "split"), cost_of(columns, "unused")
    return f"CASE WHEN {_largest(columns)} < {BEYOND_BELIEF} THEN {split} + {unused} ELSE 0 END"


def _largest(columns: Columns) -> str:
    public = (columns.number(f"split_line_item_public_on_demand_{part}_cost") for part in ("split", "unused"))
    costs = (cost_of(columns, "split"), cost_of(columns, "unused"), *public)
    return f"greatest({', '.join(f'abs({cost})' for cost in costs)})"
