"""OpenCost and Kubecost: what workloads take of a Kubernetes cluster, from the API or a CSV. Pure but for the asking.

The nodes stand in the bill of a cloud already. So every charge has a counterpart of the opposite amount, which carries
the tags that the nodes have there: the cost moves from the owner of the nodes to those of the workloads, and nothing is
counted twice. Clusters whose nodes no other source holds have no counterparts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Annotated, Any, ClassVar, Final, Literal

import duckdb
from pydantic import Field, SecretStr, field_validator

from ingestion.delivery.http import open_api
from ingestion.delivery.services import Record, Service, ServiceSettings, plain_text
from ingestion.delivery.settings import Endpoint
from ingestion.focus import attributes
from ingestion.focus.expressions import lenient_moment, literal, quoted
from ingestion.kubernetes.allocations import COLUMNS, IDLE, IDLE_SERVICE, SYSTEM, allocations
from ingestion.normalize.checks import CURRENCY_CODE, currency_check, period_check, require_columns
from ingestion.normalize.connector import ConnectorKind, settled
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn, Double, EntryCheck, Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.tables import RawTables

REQUIRED: Final = {name: name for name in ("start", "namespace", "cost")}
EXPORTED: Final = {"start": "date", "controller": "controller_name", "cost": "total_cost", "cluster": "cluster_id"}
"""Raw columns of OpenCost's own CSV export by what they are here."""
KEY: Final = ("start", "cluster", "namespace", "controller_kind", "controller", "component", "currency", "labels")
Billing = Literal["elsewhere", "here"]


class OpenCostSettings(ServiceSettings):
    """Settings of a cluster's costs. `nodes_billed` says whether the nodes stand in the bill of another source."""

    needed: ClassVar[tuple[str, ...]] = ("endpoint_url",)
    home: ClassVar[str] = "the endpoint of OpenCost"

    endpoint_url: Endpoint = Field(
        default=None,
        title="Address",
        description="That of OpenCost's API, such as https://opencost.example.com; of Kubecost with /model behind it.",
    )
    token: SecretStr | None = Field(
        default=None, title="Token", description="A bearer token, where a gateway before OpenCost asks for one."
    )
    currency: Annotated[str, Field(pattern=CURRENCY_CODE)] = Field(
        default="USD", description="The currency of OpenCost's prices, as three letters such as EUR."
    )
    nodes_billed: Billing = Field(
        default="elsewhere",
        title="Where are the nodes billed?",
        description="'elsewhere': a cloud's bill holds them, whose cost is split and not added to. 'here': none does.",
    )
    node_tags: str = Field(
        default="",
        max_length=1000,
        title="Tags of the nodes",
        description="Those that the nodes carry in the cloud's bill, such as team=platform, cluster=prod: what is split"
        " is taken from their owner.",
    )

    @field_validator("node_tags")
    @classmethod
    def _are_pairs(cls, text: str) -> str:
        for pair in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = pair.partition("=")
            if not (equals and name.strip() and value.strip()):
                raise ValueError(f"'{pair[:40]}' is no tag; write name=value, with commas in between.")
        return text

    @property
    def tags(self) -> dict[str, str]:
        """The nodes' tags."""
        pairs = (part.partition("=") for part in self.node_tags.split(",") if part.strip())
        return {name.strip(): value.strip() for name, _, value in pairs}


def read(settings: OpenCostSettings, month: date) -> Iterator[Record]:
    """Yield the allocations of a month."""
    token = {"Authorization": f"Bearer {settings.token.get_secret_value()}"} if settings.token else {}
    with open_api(settings, name="OpenCost", base=settings.endpoint or "", headers=token) as api:
        yield from allocations(api, month, currency=settings.currency)


SERVICE: Final = Service(columns=COLUMNS, read=read)


def planner_of(settings: OpenCostSettings) -> Planner:
    """Return the plan of allocations, with counterparts where the nodes are billed elsewhere."""
    return partial(plan, settings=settings)


def plan(
    raw: RawTables,
    connection: duckdb.DuckDBPyConnection,  # noqa: ARG001 - planners share one signature
    *,
    settings: OpenCostSettings,
) -> Plan:
    """Say how the columns of allocations become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    delivered = frozenset(raw.names())
    derived = _derived(raw, currency=settings.currency)
    require_columns(
        raw, REQUIRED, message="{file} has no column {title}. Is it from OpenCost or Kubecost?", derived=derived
    )
    fields = Fields(delivered | {column.name for column in derived})
    is_offset = settings.nodes_billed == "elsewhere"
    cost = fields.number("cost")
    return Plan(
        key=tuple(name for name in KEY if name in fields.names),
        entries=_entries(fields),
        rows=_rows(fields),
        decimals=tuple(name for name in ("cost", "quantity") if name in fields.names),
        date_times=tuple(name for name in ("start", "end") if name in fields.names),
        # What a counterpart takes back is billed by another source.
        source_amount=f"({cost} - {cost})" if is_offset else cost,
        needed=("cost", "start"),
        derived=derived,
        kept={f"x_{name}": quoted(name) for name in ("cluster", "namespace", "component") if name in fields.names},
        checks=_checks(),
        doubles=(_offset(fields, tags=settings.tags),) if is_offset else (),
    )


def _derived(raw: RawTables, *, currency: str) -> tuple[DerivedColumn, ...]:
    """Return the columns that OpenCost's own export calls otherwise, and the currency, which it does not tell."""
    names = raw.names()
    found = []
    for name, other in EXPORTED.items():
        if name not in names and other in names:
            found.append(DerivedColumn(name=name, title=names[other].title, sql=quoted(other)))
    if "currency" not in names:
        found.append(DerivedColumn(name="currency", title="currency", sql=literal(currency)))
    return tuple(found)


def _entries(fields: Fields) -> dict[str, str]:
    text = fields.text
    month = f"date_trunc('month', {lenient_moment(text('start'))})"
    namespace = text("namespace")
    pairs = ", ".join(
        f"{literal(key)}, {text(name)}"
        for key, name in (
            ("kubernetes_cluster", "cluster"),
            ("kubernetes_namespace", "namespace"),
            ("kubernetes_workload", "controller"),
        )
    )
    labels = f"CASE WHEN json_valid({text('labels')}) THEN {text('labels')} ELSE '{{}}' END"
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        "billing_period": f"CAST({month} AS DATE)",
        "billing_period_start": month,
        "billing_period_end": f"{month} + INTERVAL 1 MONTH",
        "billing_currency": text("currency"),
        "billing_account_id": text("cluster"),
        "billing_account_name": text("cluster"),
        "billing_account_type": f"CASE WHEN {text('cluster')} IS NOT NULL THEN 'Cluster' END",
        "sub_account_id": namespace,
        "sub_account_name": namespace,
        "sub_account_type": f"CASE WHEN {namespace} IS NOT NULL THEN 'Namespace' END",
        "invoice_issuer_name": "'Kubernetes'",
        "service_provider_name": "'Kubernetes'",
        "host_provider_name": "'Kubernetes'",
        "service_name": f"CASE {namespace} WHEN {literal(IDLE)} THEN {literal(IDLE_SERVICE)}"
        f" WHEN {literal(SYSTEM)} THEN 'Kubernetes system' ELSE 'Kubernetes' END",
        "service_category": "'Compute'",
        "service_subcategory": "'Containers'",
        "resource_type": f"coalesce({text('controller_kind')}, CASE WHEN {text('controller')} IS NOT NULL"
        f" THEN 'Controller' WHEN {namespace} IS NOT NULL THEN 'Namespace' ELSE 'Cluster' END)",
        "charge_category": "'Usage'",
        "charge_frequency": "'Usage-Based'",
        "pricing_category": "'Standard'",
        "tags": f"CAST(json_merge_patch({labels}, json_object({pairs})) AS VARCHAR)",
        "is_dropped": "FALSE",
    }


def _offset(fields: Fields, *, tags: dict[str, str]) -> Double:
    return Double(is_due=f"{fields.number('cost')} <> 0", entries=_offset_entries(tags), rows=_offset_rows(fields))


def _offset_entries(tags: dict[str, str]) -> dict[str, str]:
    return {
        "sub_account_id": "NULL",
        "sub_account_name": "NULL",
        "sub_account_type": "NULL",
        "resource_type": "'Cluster'",
        "service_name": "'Kubernetes nodes, split among workloads'",
        "charge_category": "'Adjustment'",
        "tags": literal(plain_text(tags)) if tags else "NULL",
    }


def _offset_rows(fields: Fields) -> dict[str, str]:
    cost, quantity = fields.number("cost"), fields.number("quantity")
    return {
        **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), f"-{cost}"),
        **dict.fromkeys(("consumed_quantity", "pricing_quantity"), f"-{quantity}"),
        "charge_description": "'Split among the workloads of the cluster'",
        "resource_id": fields.text("cluster"),
        "resource_name": fields.text("cluster"),
    }


def _rows(fields: Fields) -> dict[str, str]:
    text, number = fields.text, fields.number
    parts = ", ".join(text(name) for name in ("cluster", "namespace", "controller_kind", "controller"))
    end = quoted("t_end") if "end" in fields.names else "t_start + INTERVAL 1 DAY"
    costs: dict[str, Any] = dict.fromkeys(
        ("billed_cost", "effective_cost", "list_cost", "contracted_cost"), number("cost")
    )
    return {
        **costs,
        "charge_description": f"concat_ws(' of ', coalesce({text('component')}, 'All components'),"
        f" coalesce({text('controller')}, {text('namespace')}))",
        "charge_period_start": "t_start",
        "charge_period_end": end,
        "consumed_quantity": number("quantity"),
        "consumed_unit": text("unit"),
        "pricing_quantity": number("quantity"),
        "pricing_unit": text("unit"),
        "resource_id": f"concat_ws('/', {parts})",
        "resource_name": f"coalesce({text('controller')}, {text('namespace')})",
        "sku_meter": text("component"),
    }


def _checks() -> tuple[EntryCheck, ...]:
    return (
        period_check("start", words="the day starts at {value}, which is no date."),
        currency_check("currency"),
        EntryCheck(
            code="namespace_missing",
            is_wrong="coalesce(sub_account_id, '') = '' AND charge_category = 'Usage'",
            column="namespace",
            severity="warning",
            message="An allocation has no namespace (first in {file}, row {row}); it is known by its cluster alone.",
        ),
    )


KIND = ConnectorKind(
    label="Kubernetes (OpenCost or Kubecost)",
    description="What namespaces and workloads take of a cluster, asked from its OpenCost API day by day.",
    access=(
        "Reading allocations is enough. OpenCost itself asks for no key; put a gateway with a token before it.",
        "Where a cloud's bill holds the nodes, each charge has a counterpart that takes the cost from their owner.",
    ),
    params=OpenCostSettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=settled(planner_of),
    planner_of=planner_of,
)
