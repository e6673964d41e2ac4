"""Asking OpenCost for the allocations of a month, one record for each day, workload and component of its cost.

Source: the allocation API, https://opencost.io/docs/integrations/api/. Costs from outside the cluster (`externalCost`)
and costs that OpenCost hands round by itself (`sharedCost`) are left out: other bills hold them, and splits do that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ingestion.delivery import DeliveryError
from ingestion.delivery.http import Api
from ingestion.delivery.services import Record

AGGREGATE: Final = "cluster,namespace,controllerKind,controller"
COLUMNS: Final = (
    "start",
    "end",
    "cluster",
    "namespace",
    "controller_kind",
    "controller",
    "component",
    "cost",
    "quantity",
    "unit",
    "currency",
    "labels",
)
IDLE: Final = "__idle__"
SYSTEM: Final = "kube-system"
IDLE_SERVICE: Final = "Kubernetes idle capacity"
"""What nobody took of a cluster, whoever tells it."""


class Component(NamedTuple):
    """A part of an allocation's cost: fields that sum to it, and how much was taken of what."""

    name: str
    costs: tuple[str, ...]
    quantity: str | None = None
    unit: str | None = None


COMPONENTS: Final = (
    Component("CPU", ("cpuCost", "cpuCostAdjustment"), "cpuCoreHours", "Core-Hours"),
    Component("GPU", ("gpuCost", "gpuCostAdjustment"), "gpuHours", "GPU-Hours"),
    Component("Memory", ("ramCost", "ramCostAdjustment"), "ramByteHours", "Byte-Hours"),
    Component("Storage", ("pvCost", "pvCostAdjustment"), "pvByteHours", "Byte-Hours"),
    Component("Network", ("networkCost", "networkCostAdjustment")),
    Component("Load balancer", ("loadBalancerCost", "loadBalancerCostAdjustment")),
)


def allocations(api: Api, month: date, *, currency: str) -> Iterator[Record]:
    """Yield the allocations of a month, up to today: a question for each day keeps every answer small.

    :raises DeliveryError: the service does not answer, or not as documented.
    """
    today = datetime.now(UTC).date()
    day = month
    while (day.year, day.month) == (month.year, month.month) and day <= today:
        following = day + timedelta(days=1)
        answer = api.get(
            "allocation/compute",
            {
                "window": f"{day}T00:00:00Z,{following}T00:00:00Z",
                "aggregate": AGGREGATE,
                "includeIdle": "true",
                "accumulate": "true",
            },
        )
        for allocation in _told(answer):
            yield from _records(allocation, day=day, currency=currency)
        day = following


def _told(answer: Any) -> list[Mapping[str, Any]]:
    sets = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(sets, Sequence) or not all(one is None or isinstance(one, Mapping) for one in sets):
        raise DeliveryError("answer_unreadable", "OpenCost answered without allocations. Is the endpoint right?")
    found = [allocation for one in sets for allocation in (one or {}).values()]
    if not all(isinstance(allocation, Mapping) for allocation in found):
        raise DeliveryError("answer_unreadable", "OpenCost answered with odd allocations. Is the endpoint right?")
    return sorted(found, key=lambda allocation: str(allocation.get("name")))


def _records(allocation: Mapping[str, Any], *, day: date, currency: str) -> Iterator[Record]:
    properties = allocation.get("properties") or {}
    name = str(allocation.get("name") or "")
    common = {
        "start": f"{day}T00:00:00Z",
        "end": f"{day + timedelta(days=1)}T00:00:00Z",
        "cluster": properties.get("cluster") or name.partition("/")[0],
        "namespace": IDLE if IDLE in name else properties.get("namespace"),
        "controller_kind": properties.get("controllerKind"),
        "controller": properties.get("controller"),
        "currency": currency,
        "labels": properties.get("labels") or None,
    }
    for component in COMPONENTS:
        cost = sum((_number(allocation, field) for field in component.costs), Decimal(0))
        if cost:
            quantity = _number(allocation, component.quantity) if component.quantity else None
            yield {
                **common,
                "component": component.name,
                "cost": cost,
                "quantity": quantity,
                "unit": component.unit,
            }


def _number(allocation: Mapping[str, Any], field: str) -> Decimal:
    value = allocation.get(field) or 0
    if not isinstance(value, int | Decimal):
        raise DeliveryError("answer_unreadable", f"OpenCost answered {field} with something that is no number.")
    return Decimal(value)
