"""A split as its form has it; from and to the document. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from itfm.web.allocation.dimensions import conditions
from itfm.web.allocation.dimensions.conditions import GroupFields, TestFields

METHODS: Final = (
    ("even", "Evenly"),
    ("fixed", "By fixed percentages"),
    ("proportional", "In proportion to own cost"),
    ("metric", "By a driver"),
)
WINDOWS: Final = (
    ("billing_period", "The billing period"),
    ("day", "Each day by itself"),
    ("trailing", "Trailing days"),
)
FALLBACKS: Final = (
    ("hold", "Leave it in the pool"),
    ("even", "Share evenly"),
    ("fixed", "Share by the fixed percentages"),
    ("previous", "Share as in the period before"),
)
COSTS: Final = (
    ("effective_cost", "Effective cost"),
    ("billed_cost", "Billed cost"),
    ("list_cost", "List cost"),
    ("contracted_cost", "Contracted cost"),
)


@dataclass(frozen=True, kw_only=True)
class SplitFields:
    """Everything the form of a split has; lists stand one per line, shares as `Payments = 60`."""

    key: str = ""
    name: str = ""
    stage: str = "1"
    pool: GroupFields = field(
        default_factory=lambda: GroupFields(path="pool", parts=(TestFields(path="pool.0", kind="dimension"),))
    )
    dimension: str = ""
    receivers: str = "others"
    one_of: str = ""
    where: Mapping[str, Any] | None = None
    """A condition on the value, which the document has and the form keeps."""
    partition_by: tuple[str, ...] = ()
    method: str = "even"
    shares: str = ""
    remainder: str = ""
    cost: str = "effective_cost"
    charge_categories: str = "Usage"
    driver: str = ""
    window: str = "billing_period"
    days: str = "7"
    fallback: str = "hold"


def from_document(split: Mapping[str, Any]) -> SplitFields:
    """Return the fields of a split."""
    method, receivers, window = split["method"], split["receivers"], split.get("window", {})
    fallback = split.get("fallback", {"kind": "hold"})
    shares = method.get("shares") or fallback.get("shares") or {}
    return SplitFields(
        key=split["key"],
        name=split["name"],
        stage=str(split["stage"]),
        pool=conditions.from_document(split["pool"], path="pool"),
        dimension=receivers["dimension"],
        receivers="one_of" if receivers.get("one_of") else "where" if receivers.get("where") else "others",
        one_of="\n".join(receivers.get("one_of") or ()),
        where=receivers.get("where"),
        partition_by=tuple(split.get("partition_by", ())),
        method=method["kind"],
        shares="\n".join(f"{receiver} = {share}" for receiver, share in shares.items()),
        remainder=str(method.get("remainder") or fallback.get("remainder") or ""),
        cost=method.get("cost", "effective_cost"),
        charge_categories="\n".join(method.get("charge_categories", ("Usage",))),
        driver=method.get("driver", ""),
        window=window.get("kind", "billing_period"),
        days=str(window.get("days") or 7),
        fallback=fallback["kind"],
    )


def from_post(
    data: Mapping[str, str], *, partition_by: tuple[str, ...], where: Mapping[str, Any] | None
) -> SplitFields:
    """Return the fields that a form sent; `where` is what the document has."""
    return SplitFields(
        key=data.get("key", "").strip(),
        name=data.get("name", "").strip(),
        stage=data.get("stage", "").strip(),
        pool=conditions.from_post(data, path="pool"),
        dimension=data.get("dimension", ""),
        receivers=data.get("receivers", "others"),
        one_of=data.get("one_of", "").replace("\r\n", "\n"),
        where=where,
        partition_by=partition_by,
        method=data.get("method", "even"),
        shares=data.get("shares", "").replace("\r\n", "\n"),
        remainder=data.get("remainder", "").strip(),
        cost=data.get("cost", "effective_cost"),
        charge_categories=data.get("charge_categories", "").replace("\r\n", "\n"),
        driver=data.get("driver", ""),
        window=data.get("window", "billing_period"),
        days=data.get("days", "").strip(),
        fallback=data.get("fallback", "hold"),
    )


def edited(fields: SplitFields, command: str) -> SplitFields:
    """Return the fields after a button of the pool's condition."""
    verb, _, at = command.partition(":")
    return (
        replace(fields, pool=conditions.edited(fields.pool, command=verb, at=at)) if at.startswith("pool") else fields
    )


def to_document(fields: SplitFields) -> dict[str, Any]:
    """Return the split as the document has it."""
    receivers: dict[str, Any] = {"dimension": fields.dimension}
    if fields.receivers == "one_of":
        receivers["one_of"] = _lines(fields.one_of)
    elif fields.receivers == "where" and fields.where:
        receivers["where"] = fields.where
    window: dict[str, Any] = {"kind": fields.window}
    if fields.window == "trailing":
        window["days"] = int(fields.days) if fields.days.isdecimal() else fields.days
    split: dict[str, Any] = {
        "key": fields.key,
        "name": fields.name,
        "stage": int(fields.stage) if fields.stage.isdecimal() else fields.stage,
        "pool": conditions.to_document(fields.pool),
        "receivers": receivers,
        "method": _method(fields),
        "window": window,
        "fallback": {"kind": "fixed", **_shares(fields)} if fields.fallback == "fixed" else {"kind": fields.fallback},
    }
    return split | ({"partition_by": list(fields.partition_by)} if fields.partition_by else {})


def _method(fields: SplitFields) -> dict[str, Any]:
    if fields.method == "fixed":
        return {"kind": "fixed", **_shares(fields)}
    if fields.method == "proportional":
        categories = _lines(fields.charge_categories)
        return {"kind": "proportional", "cost": fields.cost, "charge_categories": categories}
    if fields.method == "metric":
        return {"kind": "metric", "driver": fields.driver}
    return {"kind": fields.method}


def _shares(fields: SplitFields) -> dict[str, Any]:
    shares = {}
    for line in _lines(fields.shares):
        receiver, _, share = line.rpartition("=")
        shares[receiver.strip() or line] = share.strip()
    return {"shares": shares} | ({"remainder": fields.remainder} if fields.remainder else {})


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
