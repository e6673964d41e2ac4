"""A split as its form has it; from and to the document. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from allocation.engine.splits import METHODS as ENGINE_METHODS
from itfm.web.allocation.dimensions import conditions
from itfm.web.allocation.dimensions.conditions import GroupFields, TestFields

METHODS: Final = (
    ("even", "Evenly"),
    ("fixed", "By fixed percentages"),
    ("proportional", "In proportion to own cost"),
    ("metric", "By a driver"),
    ("capacity", "By use of a capacity"),
    ("tiered", "A fee each, the rest by a driver"),
    ("rate_card", "At standard prices"),
)
MISSING: Final = (
    ("zero", "Count as nothing"),
    ("carry_forward", "Count as the last day measured"),
    ("interpolate", "Lie between the days measured"),
    ("hold", "Hold the amount in the pool"),
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
    ("proportional", "Share in proportion to own cost"),
    ("metric", "Share by a driver"),
    ("capacity", "Share by use of the capacity"),
    ("tiered", "Take the fee each, the rest by a driver"),
    ("rate_card", "Charge the standard prices"),
)
AS_IT_IS: Final = "document"
"""The fallback of the document, which has more to it than the form has fields for."""
_VALID: Final = (("valid_from", "from"), ("valid_to", "to"))
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
    capacity: str = ""
    capacity_value: str = ""
    fee: str = ""
    """One per line, as `USD = 10`."""
    prices: str = ""
    """One per line, as `USD = 2.50 from 2026-01 to 2026-06`; both periods optional."""
    price_drivers: str = ""
    """One per line, as `USD = price_usd`."""
    missing: str = "zero"
    window: str = "billing_period"
    days: str = "7"
    fallback: str = "hold"
    fallback_driver: str = ""
    fallback_as_it_is: Mapping[str, Any] | None = None
    """A fallback that the document has and the form keeps."""


def from_document(split: Mapping[str, Any]) -> SplitFields:
    """Return the fields of a split."""
    method, receivers, window = split["method"], split["receivers"], split.get("window", {})
    fallback = split.get("fallback", {"kind": "hold"})
    shares = method.get("shares") or fallback.get("shares") or {}
    told = {**fallback, **method}
    fields = SplitFields(
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
        cost=told.get("cost", "effective_cost"),
        charge_categories="\n".join(told.get("charge_categories", ("Usage",))),
        driver=method.get("driver", ""),
        capacity=told.get("capacity", ""),
        capacity_value=told.get("capacity_value") or "",
        fee=_pairs(told.get("fee", {})),
        prices="\n".join(map(_price_line, told.get("prices", ()))),
        price_drivers=_pairs(told.get("price_drivers", {})),
        missing=split.get("missing", "zero"),
        window=window.get("kind", "billing_period"),
        days=str(window.get("days") or 7),
        fallback=fallback["kind"],
        fallback_driver=fallback.get("driver", ""),
    )
    if _same_fallback(to_document(fields)["fallback"], fallback):
        return fields
    return replace(fields, fallback=AS_IT_IS, fallback_as_it_is=fallback)


def _same_fallback(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two fallbacks say the same, written out or by default."""
    if one["kind"] != other["kind"] or one["kind"] not in list(ENGINE_METHODS):
        return one == other
    form = ENGINE_METHODS[one["kind"]].params
    try:
        return form.model_validate(dict(one)) == form.model_validate(dict(other))
    except ValidationError:
        return False


def from_post(
    data: Mapping[str, str],
    *,
    partition_by: tuple[str, ...],
    where: Mapping[str, Any] | None,
    fallback: Mapping[str, Any] | None = None,
) -> SplitFields:
    """Return the fields that a form sent; `where` and `fallback` are what the document has."""
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
        capacity=data.get("capacity", ""),
        capacity_value=data.get("capacity_value", "").strip(),
        fee=data.get("fee", "").replace("\r\n", "\n"),
        prices=data.get("prices", "").replace("\r\n", "\n"),
        price_drivers=data.get("price_drivers", "").replace("\r\n", "\n"),
        missing=data.get("missing", "zero"),
        window=data.get("window", "billing_period"),
        days=data.get("days", "").strip(),
        fallback=data.get("fallback", "hold"),
        fallback_driver=data.get("fallback_driver", ""),
        fallback_as_it_is=fallback if data.get("fallback") == AS_IT_IS else None,
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
        "method": _method(fields, fields.method, driver=fields.driver),
        "window": window,
        "fallback": dict(fields.fallback_as_it_is or {})
        or _method(fields, fields.fallback, driver=fields.fallback_driver or fields.driver),
    }
    if fields.missing != "zero":
        split["missing"] = fields.missing
    return split | ({"partition_by": list(fields.partition_by)} if fields.partition_by else {})


def _method(fields: SplitFields, kind: str, *, driver: str) -> dict[str, Any]:
    """Return a method, or one that is fallen back on, by its kind."""
    if kind == "fixed":
        return {"kind": kind, **_shares(fields)}
    if kind == "proportional":
        return {"kind": kind, "cost": fields.cost, "charge_categories": _lines(fields.charge_categories)}
    if kind == "metric":
        return {"kind": kind, "driver": driver}
    if kind == "capacity":
        of = {"capacity_value": fields.capacity_value} if fields.capacity_value else {}
        return {"kind": kind, "driver": driver, "capacity": fields.capacity} | of
    if kind == "tiered":
        return {"kind": kind, "driver": driver, "fee": _mapping(fields.fee), "cost": fields.cost}
    if kind == "rate_card":
        prices = {"prices": [_price(line) for line in _lines(fields.prices)]} if _lines(fields.prices) else {}
        streams = {"price_drivers": _mapping(fields.price_drivers)} if _lines(fields.price_drivers) else {}
        return {"kind": kind, "driver": driver, "cost": fields.cost} | prices | streams
    return {"kind": kind}


def _pairs(mapping: Mapping[str, Any]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in mapping.items())


def _mapping(text: str) -> dict[str, str]:
    """Return the lines of `USD = 10` by what stands before the sign."""
    found = {}
    for line in _lines(text):
        key, _, value = line.partition("=")
        found[key.strip()] = value.strip()
    return found


def _price_line(price: Mapping[str, Any]) -> str:
    periods = "".join(f" {word} {price[name]}" for name, word in _VALID if price.get(name))
    return f"{price['currency']} = {price['price']}{periods}"


def _price(line: str) -> dict[str, str]:
    """Return a price of a line; what is not understood is left in the number, which is then refused by it."""
    currency, _, rest = line.partition("=")
    price = {"currency": currency.strip()}
    for name, word in reversed(_VALID):
        rest, found, period = rest.partition(f" {word} ")
        if found:
            price[name] = period.strip()
    return price | {"price": rest.strip()}


def _shares(fields: SplitFields) -> dict[str, Any]:
    shares = {}
    for line in _lines(fields.shares):
        receiver, _, share = line.rpartition("=")
        shares[receiver.strip() or line] = share.strip()
    return {"shares": shares} | ({"remainder": fields.remainder} if fields.remainder else {})


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
