"""Asking AWS Cost Explorer for the days of a month: by record type, account and service.

Sources: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html and, for record
types, https://docs.aws.amazon.com/cost-management/latest/userguide/ce-filtering.html. Each request costs 0.01 USD.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.delivery import DeliveryError
from ingestion.delivery.services import Record
from itfm.core.periods import next_period

COLUMNS: Final = (
    "date",
    "record_type",
    "account_id",
    "account_name",
    "service",
    "unblended_cost",
    "net_amortized_cost",
    "currency",
    "is_estimated",
)
METRICS: Final = ("UnblendedCost", "NetUnblendedCost", "NetAmortizedCost")
"""Net of discounts, where an account has some; elsewhere net and plain amounts are the same."""
GROUP_BY: Final = (
    {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
    {"Type": "DIMENSION", "Key": "SERVICE"},
)
ADVICE: Final = {
    "AccessDeniedException": ("access_denied", "Permit ce:GetCostAndUsage and ce:GetDimensionValues."),
    "UnrecognizedClientException": ("bad_credentials", "Check the source's access keys."),
    "InvalidClientTokenId": ("bad_credentials", "Check the source's access keys."),
    "ExpiredTokenException": ("bad_credentials", "Check the source's access keys."),
    "SignatureDoesNotMatch": ("bad_credentials", "Check the source's access keys."),
    "DataUnavailableException": ("not_ready", "Cost Explorer is enabled a day before it answers. Pull again tomorrow."),
    "LimitExceededException": ("throttled", "It is asked again later."),
    "ThrottlingException": ("throttled", "It is asked again later."),
}


def costs(client: Any, month: date) -> Iterator[Record]:
    """Yield the costs of a month's days up to yesterday, which is how far Cost Explorer goes.

    Two groups are all that a question may have, so that each record type (usage, tax, credit, ...) is one of its own.

    :raises DeliveryError: Cost Explorer does not answer.
    """
    end = min(next_period(month), datetime.now(UTC).date())
    if end <= month:
        return
    period = {"Start": month.isoformat(), "End": end.isoformat()}
    try:
        for record_type in _record_types(client, period):
            yield from _of_type(client, period, record_type)
    except (ClientError, BotoCoreError) as error:
        told = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        code, advice = ADVICE.get(told, ("unreachable", "Check region, endpoint and network."))
        raise DeliveryError(code, f"AWS Cost Explorer could not be read: {error} {advice}") from error


def _record_types(client: Any, period: dict[str, str]) -> list[str]:
    found: list[str] = []
    asked: dict[str, Any] = {"TimePeriod": period, "Dimension": "RECORD_TYPE"}
    while True:
        answer = client.get_dimension_values(**asked)
        found += [value["Value"] for value in answer["DimensionValues"]]
        if not answer.get("NextPageToken"):
            return sorted(found)
        asked["NextPageToken"] = answer["NextPageToken"]


def _of_type(client: Any, period: dict[str, str], record_type: str) -> Iterator[Record]:
    names: dict[str, str] = {}
    asked: dict[str, Any] = {
        "TimePeriod": period,
        "Granularity": "DAILY",
        "Metrics": list(METRICS),
        "GroupBy": list(GROUP_BY),
        "Filter": {"Dimensions": {"Key": "RECORD_TYPE", "Values": [record_type]}},
    }
    while True:
        answer = client.get_cost_and_usage(**asked)
        for value in answer.get("DimensionValueAttributes", []):
            names[value["Value"]] = value.get("Attributes", {}).get("description", "")
        for day in answer["ResultsByTime"]:
            for group in day["Groups"]:
                yield _record(day, group, record_type=record_type, names=names)
        if not answer.get("NextPageToken"):
            return
        asked["NextPageToken"] = answer["NextPageToken"]


def _record(day: dict[str, Any], group: dict[str, Any], *, record_type: str, names: dict[str, str]) -> Record:
    account, service = group["Keys"]
    metrics = group["Metrics"]
    unblended = metrics.get("NetUnblendedCost") or metrics["UnblendedCost"]
    return {
        "date": day["TimePeriod"]["Start"],
        "record_type": record_type,
        "account_id": account,
        "account_name": names.get(account),
        "service": service,
        "unblended_cost": unblended["Amount"],
        "net_amortized_cost": metrics["NetAmortizedCost"]["Amount"],
        "currency": unblended["Unit"],
        "is_estimated": day.get("Estimated", False),
    }
