"""Lay out the FOCUS 1.2 export of a further AWS organization, as AWS Data Exports delivers it. Pure.

Source: AWS Data Exports user guide, "FOCUS 1.2 with AWS columns".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from itfm.demo import catalog, cur, data_exports, focus_lines, organization
from itfm.demo.cur_lines import Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.fees import UNIT
from itfm.demo.focus_bills import Biller, Bought, Service
from itfm.demo.focus_columns import Other
from itfm.demo.focus_lines import FocusBill
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

BUCKET: Final = "meridian-care-demo-billing"
EXPORT: Final = "meridian-care-focus-1-2"
OWN_COLUMNS: Final = ("x_Discounts", "x_Operation", "x_ServiceCode")

SERVICES: Final = {
    "Amazon Elastic Compute Cloud": Service("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines"),
    "Amazon Simple Storage Service": Service("Amazon Simple Storage Service", "Storage", "Object Storage"),
    "AWS Lambda": Service("AWS Lambda", "Compute", "Serverless Compute"),
    "Amazon DynamoDB": Service("Amazon DynamoDB", "Databases", "NoSQL Databases"),
    "AmazonCloudWatch": Service("AmazonCloudWatch", "Management and Governance", "Observability"),
    "Amazon CloudFront": Service("Amazon CloudFront", "Networking", "Content Delivery"),
    "Amazon Simple Queue Service": Service("Amazon Simple Queue Service", "Integration", "Messaging"),
}
METERS: Final = tuple(
    # FOCUS tells use under a savings plan once, where a CUR tells it and takes its price away again.
    replace(meter, commitment="plan" if meter.commitment == "savings_plan" else "")
    for meter in catalog.AWS_METERS
    if meter.service in SERVICES
)
REGIONS: Final = {
    "eu-central-1": "Europe (Frankfurt)",
    "eu-west-1": "Europe (Ireland)",
    "us-east-1": "US East (N. Virginia)",
}

_SUPPORT: Final = "AWS Support (Business)"
_PLANS: Final = Service("Savings Plans for AWS Compute usage", "Compute", "Virtual Machines")
_CODES: Final = {meter.service: meter.code for meter in METERS} | {
    _SUPPORT: "AWSSupportBusiness",
    _PLANS.name: "ComputeSavingsPlans",
}
_CENT: Final = UNIT // 100


def bill(resources: list[Resource]) -> FocusBill:
    """Return the bill of these resources."""
    account, name = organization.CARE_PAYER
    plan = Bought(
        "Spend", "Savings Plan", cur.PLAN_ARN.format(payer=account), "1 year No Upfront Compute Savings Plan", _PLANS
    )
    biller = Biller(
        provider="AWS",
        publisher=cur.SELLER,
        issuer=cur.SELLER,
        account=account,
        account_name=name,
        account_type="BillingAccount",
        sub_accounts=organization.CARE_ACCOUNTS,
        sub_account_type="LinkedAccount",
        sub_account_form="{}",
        currency=cur.CURRENCY,
        invoice_number=partial(cur.invoice_number, account=account),
        regions=REGIONS,
        services=SERVICES,
        bought={"plan": plan},
        contracted_percent=100,
        own_columns=OWN_COLUMNS,
        of_resource=_of_resource,
        of_service=lambda service: {"x_Discounts": "{}", "x_ServiceCode": _CODES.get(service, "AmazonEC2")},
    )
    return FocusBill(biller, resources, _others, other_count=4)


def write(folder: Path, month: Month, *, bill: FocusBill, lines: int, random: np.random.Generator) -> Written:
    """Write one month's delivery of exactly `lines` charges below `folder`."""
    root = folder / "focus" / EXPORT
    data = root / "data" / data_exports.partition(month)
    with NumberedFiles(
        lambda number: data / f"{EXPORT}-{number:05d}.csv.gz", header=focus_lines.header(bill.biller)
    ) as files:
        written = focus_lines.write(bill, month, lines=lines, files=files, random=random)
    keys = [path.relative_to(folder).as_posix() for path in files.paths]
    types = {name: _type(name) for name in bill.biller.columns}
    data_exports.write_manifest(root, month, account=bill.biller.account, bucket=BUCKET, keys=keys, types=types)
    return written


def _of_resource(resource: Resource) -> dict[str, str]:
    meter = resource.meter
    return {
        "AvailabilityZone": f"{resource.region}a" if meter.unit == "Hrs" else "",
        "ResourceType": meter.family,
        "x_Discounts": "{}",
        "x_Operation": meter.operation,
        "x_ServiceCode": meter.code,
    }


def _others(billed: int) -> list[Other]:
    """Return support, a credit, a correction of the month before, and the tax on all of it."""
    compute, cent = SERVICES["Amazon Elastic Compute Cloud"], _CENT
    before_tax = [
        Other("Purchase", _SUPPORT, billed // 33 // cent * cent, _SUPPORT, "Other", "Recurring"),
        Other("Credit", "Demo migration credit", -(billed // 90 // cent * cent), compute.name, compute.category),
        Other("Usage", "Refund", -(billed // 400 // cent * cent), compute.name, compute.category, is_correction=True),
    ]
    tax = (billed + sum(other.cost for other in before_tax)) * 72 // 1_000 // cent * cent
    return [*before_tax, Other("Tax", "Value added tax", tax, compute.name, compute.category)]


def _type(name: str) -> str:
    if name in ("Tags", "x_Discounts", "SkuPriceDetails"):
        return "map"
    if name.endswith(("PeriodStart", "PeriodEnd")):
        return "timestamp"
    return "double" if name.endswith(("Cost", "Quantity", "UnitPrice")) else "string"
