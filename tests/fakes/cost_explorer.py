"""AWS Cost Explorer on this machine, in its own JSON protocol: record types, days, groups and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from tests.fakes.service import Asked, FakeService, Told, service

Groups = Mapping[str, Sequence[tuple[str, str, str, str]]]
"""By record type: account, service, net unblended and net amortized cost of every day."""
JSON = {"Content-Type": "application/x-amz-json-1.1"}


@contextmanager
def cost_explorer(
    groups: Groups,
    *,
    days_a_page: int = 10,
    key: str = "AKIAIOSFODNN7EXAMPLE",
    accounts: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
) -> Iterator[FakeService]:
    """Run the service for whoever signs with the key.

    With `accounts`, name and tags by id, AWS Organizations answers at the same address; without them it refuses.
    """

    def answer(asked: Asked) -> Any:
        if f"Credential={key}/" not in asked.headers.get("authorization", ""):
            body = {"__type": "UnrecognizedClientException", "message": "The security token is invalid."}
            return Told(400, body, JSON)
        target = asked.headers["x-amz-target"].rpartition(".")[2]
        if target == "GetDimensionValues":
            assert asked.body["Dimension"] == "RECORD_TYPE"
            values = [{"Value": name, "Attributes": {}} for name in groups]
            return Told(200, {"DimensionValues": values, "ReturnSize": len(values), "TotalSize": len(values)}, JSON)
        if target in {"ListAccounts", "ListTagsForResource"}:
            return _organizations(target, asked.body, accounts)
        assert target == "GetCostAndUsage"
        assert [one["Key"] for one in asked.body["GroupBy"]] == ["LINKED_ACCOUNT", "SERVICE"]
        return Told(200, _page(asked.body, groups, days_a_page), JSON)

    with service(answer) as running:
        yield running


def _organizations(
    target: str, body: Mapping[str, Any], accounts: Mapping[str, tuple[str, Mapping[str, str]]] | None
) -> Told:
    if accounts is None:
        return Told(400, {"__type": "AccessDeniedException", "message": "You may not."}, JSON)
    if target == "ListAccounts":
        return Told(200, {"Accounts": [{"Id": one, "Name": name} for one, (name, _) in accounts.items()]}, JSON)
    _, tags = accounts[body["ResourceId"]]
    return Told(200, {"Tags": [{"Key": key, "Value": text} for key, text in tags.items()]}, JSON)


def _page(body: Mapping[str, Any], groups: Groups, size: int) -> dict[str, Any]:
    start, end = (date.fromisoformat(body["TimePeriod"][name]) for name in ("Start", "End"))
    (record_type,) = body["Filter"]["Dimensions"]["Values"]
    first = int(body.get("NextPageToken") or 0)
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    page: dict[str, Any] = {
        "ResultsByTime": [_day(day, groups[record_type]) for day in days[first : first + size]],
        "DimensionValueAttributes": [{"Value": "111111111111", "Attributes": {"description": "Shop"}}],
    }
    if first + size < len(days):
        page["NextPageToken"] = str(first + size)
    return page


def _day(day: date, groups: Sequence[tuple[str, str, str, str]]) -> dict[str, Any]:
    return {
        "TimePeriod": {"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()},
        "Estimated": False,
        "Groups": [
            {
                "Keys": [account, name],
                "Metrics": {
                    "UnblendedCost": {"Amount": billed, "Unit": "USD"},
                    "NetUnblendedCost": {"Amount": billed, "Unit": "USD"},
                    "NetAmortizedCost": {"Amount": amortized, "Unit": "USD"},
                },
            }
            for account, name, billed, amortized in groups
        ],
    }
