"""What AWS recommends to the made-up company to save cost, as a Data Export of its Cost Optimization Hub. Pure.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cor.html (the columns) and AWS Data Exports
user guide, "Understanding export delivery". What is recommended is made up; resources and accounts are those of the
company's bill. A resource is estimated to cost what it is aimed to cost in the newest month, in whole cents.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from itfm.core.periods import next_period
from itfm.demo import cur
from itfm.demo.csv_lines import csv_text
from itfm.demo.cur2 import BUCKET
from itfm.demo.cur_lines import Report
from itfm.demo.data_files import NumberedFiles
from itfm.demo.resources import MICRO, Resource

FOLDER: Final = "recommendations"
EXPORT: Final = "meridian-recommendations"
PREFIX: Final = f"{FOLDER}/{EXPORT}"
"""The folder of the export, below that of the bills it lies beside."""
COLUMNS: Final = (
    "account_id", "account_name", "action_type", "currency_code", "current_resource_details",
    "current_resource_summary", "current_resource_type", "estimated_monthly_cost_after_discount",
    "estimated_monthly_cost_before_discount", "estimated_monthly_savings_after_discount",
    "estimated_monthly_savings_before_discount", "estimated_savings_percentage_after_discount",
    "estimated_savings_percentage_before_discount", "implementation_effort", "last_refresh_timestamp",
    "recommendation_id", "recommendation_lookback_period_in_days", "recommendation_source",
    "recommended_resource_details", "recommended_resource_summary", "recommended_resource_type", "region",
    "resource_arn", "restart_needed", "rollback_possible", "tags",
)  # fmt: skip
CENT: Final = MICRO // 100
LOOKBACK_DAYS: Final = 14
PURCHASE_LOOKBACK_DAYS: Final = 30
REFRESHED_HOUR: Final = 3
EC2: Final = "arn:aws:ec2:{region}:{account}:{kind}/{name}"
ON_DEMAND: Final = frozenset({"BoxUsage:m6i.xlarge", "Lambda-GB-Second"})
SEARCH: Final = "ESInstance:r6g.large"
FOR_TESTS: Final = ("non-production", "Sandbox")
"""How the names of accounts end that are not for production."""
PLAN_COVERS: Final = 60
"""Percent of the use on demand that a savings plan is recommended for."""


@dataclass(frozen=True, kw_only=True)
class WrittenList:
    """An export of one day: its folder, how many recommendations it has, and what they would save in a month."""

    folder: Path
    told_on: date
    count: int
    savings: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Something to do with a resource: it saves so many `percent` of its cost.

    Every `every`-th resource of a meter has it, counted from `first`, among those of production or those that are not.
    """

    meter: str
    is_production: bool
    every: int
    first: int
    action: str
    percent: int
    effort: str
    kind: str
    current: str
    recommended: str = ""
    told_by: str = "ComputeOptimizer"
    restarts: bool = False
    is_reversible: bool = True
    cost_percent: int = 100
    """What the resource costs after discounts, of its list price."""


ADVICE: Final = (
    Advice(meter="BoxUsage:m6i.xlarge", is_production=True, every=4, first=0, action="Rightsize", percent=50,
           effort="Medium", kind="Ec2Instance", current="m6i.xlarge", recommended="m6i.large", restarts=True),
    Advice(meter="BoxUsage:m6i.xlarge", is_production=True, every=6, first=0, action="MigrateToGraviton", percent=15,
           effort="VeryHigh", kind="Ec2Instance", current="m6i.xlarge", recommended="m7g.xlarge", restarts=True),
    Advice(meter="BoxUsage:m6i.xlarge", is_production=False, every=3, first=0, action="Stop", percent=100,
           effort="Low", kind="Ec2Instance", current="m6i.xlarge"),
    Advice(meter="BoxUsage:m6i.xlarge", is_production=False, every=3, first=1, action="MigrateToGraviton", percent=15,
           effort="VeryHigh", kind="Ec2Instance", current="m6i.xlarge", recommended="m7g.xlarge", restarts=True),
    Advice(meter="EBS:VolumeUsage.gp3", is_production=False, every=2, first=0, action="Delete", percent=100,
           effort="Low", kind="EbsVolume", current="gp3/{size} GB", is_reversible=False),
    Advice(meter="EBS:VolumeUsage.gp3", is_production=True, every=5, first=2, action="Delete", percent=100,
           effort="Low", kind="EbsVolume", current="gp3/{size} GB", is_reversible=False),
    Advice(meter="Lambda-GB-Second", is_production=True, every=3, first=0, action="Rightsize", percent=42,
           effort="Low", kind="LambdaFunction", current="1769 MB", recommended="1024 MB"),
    Advice(meter="InstanceUsage:db.r6g.xl", is_production=False, every=2, first=0, action="Rightsize", percent=50,
           effort="Medium", kind="RdsDbInstance", current="db.r6g.xlarge", recommended="db.r6g.large", restarts=True,
           cost_percent=64),
)  # fmt: skip
"""What is recommended for which resources. Of some instances two things that exclude each other, as AWS has it too."""


def write(folder: Path, report: Report, last_month: date) -> WrittenList:
    """Write the export of the last day of a month below `folder`, for the resources of a report."""
    told_on = next_period(last_month) - timedelta(days=1)
    rows = [*_of_resources(report), *_purchases(report)]
    root, day = folder / EXPORT, f"date={told_on:%Y-%m-%d}"
    common = {
        "currency_code": cur.CURRENCY,
        "current_resource_details": "{}",
        "recommended_resource_details": "{}",
        "last_refresh_timestamp": cur.moment(told_on, REFRESHED_HOUR),
    }
    with NumberedFiles(
        lambda number: root / "data" / day / f"{EXPORT}-{number:05d}.csv.gz", header=_line(COLUMNS)
    ) as files:
        for number, row in enumerate(rows):
            values = common | row.values | {"recommendation_id": _id(number, row.values["account_id"])}
            files.write(_line([values.get(name, "") for name in COLUMNS]), lines=1)
    _write_manifest(root / "metadata" / day, files.paths, folder=folder, payer=report.payer.account, told_on=told_on)
    cents = sum(row.savings for row in rows)
    return WrittenList(
        folder=folder, told_on=told_on, count=len(rows), savings=Decimal(cents).scaleb(-2), currency=cur.CURRENCY
    )


@dataclass(frozen=True, kw_only=True)
class _Row:
    """The columns of a recommendation, and what it would save in a month in cents."""

    values: dict[str, str]
    savings: int


def _of_resources(report: Report) -> Iterator[_Row]:
    turns: Counter[tuple[str, bool]] = Counter()
    for resource in report.resources:
        key = (resource.meter.usage_type, not report.payer.account_names[resource.account].endswith(FOR_TESTS))
        for advice in ADVICE:
            is_meant = (advice.meter, advice.is_production) == key
            if is_meant and turns[key] % advice.every == advice.first:
                yield _row(advice, resource, report)
        turns[key] += 1


def _row(advice: Advice, resource: Resource, report: Report) -> _Row:
    listed = resource.budget // CENT
    cost = listed * advice.cost_percent // 100
    size = resource.budget // resource.meter.price
    arn = {"Ec2Instance": "instance", "EbsVolume": "volume"}
    name = resource.name
    if advice.kind in arn:
        # A bill tells these without the rest of their names.
        name = EC2.format(region=resource.region, account=resource.account, kind=arn[advice.kind], name=resource.name)
    values = {
        "account_id": resource.account,
        "account_name": report.payer.account_names[resource.account],
        "action_type": advice.action,
        "current_resource_summary": advice.current.format(size=f"{size:,}"),
        "current_resource_type": advice.kind,
        "implementation_effort": advice.effort,
        "recommendation_lookback_period_in_days": str(LOOKBACK_DAYS),
        "recommendation_source": advice.told_by,
        "recommended_resource_summary": advice.recommended,
        "recommended_resource_type": advice.kind if advice.recommended else "",
        "region": resource.region,
        "resource_arn": name,
        "restart_needed": str(advice.restarts).lower(),
        "rollback_possible": str(advice.is_reversible).lower(),
        "tags": json.dumps(dict(resource.tags), separators=(",", ":")),
    }
    return _saving(values, listed=listed, cost=cost, percent=advice.percent)


def _purchases(report: Report) -> Iterator[_Row]:
    """Yield what to commit to: a savings plan for use on demand, and reserved search instances by region."""
    on_demand = _listed(one for one in report.resources if one.meter.usage_type in ON_DEMAND)
    hourly = on_demand * PLAN_COVERS // 100 * 72 // 100 // 730
    yield _purchase(report, "PurchaseSavingsPlans", "ComputeSavingsPlans", region="", listed=on_demand,
                    percent=PLAN_COVERS * 28 // 100,
                    what=f"{cur.plain(hourly, 2)} USD an hour, 1 year, No Upfront")  # fmt: skip
    search = [one for one in report.resources if one.meter.usage_type == SEARCH]
    for region in sorted({one.region for one in search}):
        yield _purchase(report, "PurchaseReservedInstances", "OpenSearchReservedInstances", region=region,
                        listed=_listed(one for one in search if one.region == region), percent=31,
                        what="r6g.large.search, 1 year, No Upfront")  # fmt: skip


def _purchase(report: Report, action: str, kind: str, *, region: str, listed: int, percent: int, what: str) -> _Row:
    values = {
        "account_id": report.payer.account,
        "account_name": report.payer.name,
        "action_type": action,
        "current_resource_type": kind,
        "implementation_effort": "VeryLow",
        "recommendation_lookback_period_in_days": str(PURCHASE_LOOKBACK_DAYS),
        "recommendation_source": "CostExplorer",
        "recommended_resource_summary": what,
        "recommended_resource_type": kind,
        "region": region,
        "restart_needed": "false",
        "rollback_possible": "false",
        "tags": "{}",
    }
    return _saving(values, listed=listed, cost=listed, percent=percent)


def _saving(values: dict[str, str], *, listed: int, cost: int, percent: int) -> _Row:
    """Return the row with its amounts, of costs in cents before and after discounts."""
    savings = cost * percent // 100
    amounts = {
        "estimated_monthly_cost_after_discount": cur.plain(cost, 2),
        "estimated_monthly_cost_before_discount": cur.plain(listed, 2),
        "estimated_monthly_savings_after_discount": cur.plain(savings, 2),
        "estimated_monthly_savings_before_discount": cur.plain(listed * percent // 100, 2),
        "estimated_savings_percentage_after_discount": str(percent),
        "estimated_savings_percentage_before_discount": str(percent),
    }
    return _Row(values=values | amounts, savings=savings)


def _listed(resources: Iterable[Resource]) -> int:
    return sum(one.budget // CENT for one in resources)


def _id(number: int, account: str) -> str:
    return base64.b64encode(f"{account}-{number:08d}".encode()).decode()


def _line(fields: Sequence[str]) -> bytes:
    return f"{csv_text(fields)}\n".encode()


def _write_manifest(place: Path, files: Sequence[Path], *, folder: Path, payer: str, told_on: date) -> None:
    """Write the manifest of the files below `folder`, which lies beside the bills in their bucket."""
    keys = [f"s3://{BUCKET}/{FOLDER}/{path.relative_to(folder).as_posix()}" for path in files]
    manifest = {
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:{payer}:export/{EXPORT}-demo",
        "executionId": f"{told_on:%Y-%m-%d}",
        "createdAt": cur.moment(told_on, REFRESHED_HOUR + 1),
        "contentType": "text/csv",
        "compression": "GZIP",
        "columns": [{"name": name, "type": _type(name)} for name in COLUMNS],
        "dataFiles": keys,
    }
    place.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest, indent=2) + "\n"
    (place / f"{EXPORT}-Manifest.json").write_text(text, encoding="utf-8")


def _type(name: str) -> str:
    if name.startswith("estimated_"):
        return "double"
    others = {"last_refresh_timestamp": "timestamp", "tags": "map", "restart_needed": "boolean"}
    others |= {"rollback_possible": "boolean", "recommendation_lookback_period_in_days": "bigint"}
    return others.get(name, "string")
