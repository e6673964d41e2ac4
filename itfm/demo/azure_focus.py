"""Lay out a FOCUS 1.2 export of Azure Cost Management, with its manifest. Pure.

Source: https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/cost-usage-details-focus, 1.2-preview.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from itfm.demo import azure_catalog, azure_rows, focus_lines, organization
from itfm.demo.azure_ids import made_up_id
from itfm.demo.cost_exports import Run
from itfm.demo.cur_lines import Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.fees import UNIT
from itfm.demo.focus_bills import Biller, Bought, Service
from itfm.demo.focus_columns import Other
from itfm.demo.focus_lines import FocusBill
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

EXPORT: Final = "supply-chain-focus-cost"
VERSION: Final = "1.2-preview"
OWN_COLUMNS: Final = (
    "x_AmortizationClass", "x_BillingAccountId", "x_BillingAccountName", "x_BillingExchangeRate",
    "x_BillingExchangeRateDate", "x_BillingProfileId", "x_BillingProfileName", "x_CostAllocationRuleName",
    "x_InvoiceSectionId", "x_InvoiceSectionName", "x_PricingSubcategory", "x_PricingUnitDescription",
    "x_PublisherCategory", "x_ResourceGroupName", "x_ResourceType", "x_SkuDescription", "x_SkuIsCreditEligible",
    "x_SkuMeterCategory", "x_SkuMeterId", "x_SkuMeterSubcategory", "x_SkuRegion", "x_SkuServiceFamily", "x_SkuTerm",
)  # fmt: skip

METERS: Final = tuple(
    replace(meter, commitment="" if meter.commitment == "plan" else meter.commitment) for meter in azure_catalog.METERS
)
"""This profile has a reservation and no savings plan."""

SERVICES: Final = {
    "Virtual Machines": Service("Virtual Machines", "Compute", "Virtual Machines"),
    "SQL Database": Service("Azure SQL Database", "Databases", "Relational Databases"),
    "Storage": Service("Storage Accounts", "Storage", "Object Storage"),
    "Azure Kubernetes Service": Service("Azure Kubernetes Service", "Compute", "Containers"),
    "Azure Front Door Service": Service("Content Delivery Network", "Networking", "Content Delivery"),
    "Log Analytics": Service("Azure Monitor", "Management and Governance", "Observability"),
    "Cognitive Services": Service("Azure AI Services", "AI and Machine Learning", "Generative AI"),
}
_PLACE: Final = "/providers/microsoft.billing/billingaccounts/{account}/billingprofiles/{profile}"
_RESERVATION: Final = "/providers/Microsoft.Capacity/reservationOrders/{order}/reservations/{id}"
_CENT: Final = UNIT // 100


def bill(resources: list[Resource], subscriptions: Mapping[str, str]) -> FocusBill:
    """Return the bill of these resources in these subscriptions, names by id."""
    profile, name = organization.AZURE_FOCUS_PROFILE
    account = azure_rows.CUSTOMER_ACCOUNT
    reservation = Bought(
        category="Usage",
        type="Reservation",
        id=_RESERVATION.format(order=made_up_id(f"order {profile}"), id=made_up_id(f"reservation {profile}")),
        name="Demo_SQL_Reservation",
        service=SERVICES["SQL Database"],
    )
    own = {"x_BillingAccountId": account, "x_BillingProfileId": profile, "x_BillingProfileName": name}
    biller = Biller(
        provider=azure_rows.ISSUER,
        publisher=azure_rows.ISSUER,
        issuer=azure_rows.ISSUER,
        account=_PLACE.format(account=account, profile=profile),
        account_name=name,
        account_type="Billing Profile",
        sub_accounts=subscriptions,
        sub_account_type="Subscription",
        sub_account_form="/subscriptions/{}",
        currency="EUR",
        invoice_number=lambda period: f"G1DEMO{period:%y%m}",
        regions=azure_catalog.REGIONS,
        services=SERVICES,
        bought={"reservation": reservation},
        contracted_percent=azure_rows.CONTRACTED_PERCENT,
        own_columns=OWN_COLUMNS,
        of_resource=partial(_of_resource, own=own),
        of_service=lambda _: own,
    )
    return FocusBill(biller, resources, _others, other_count=3)


def write(folder: Path, month: Month, *, bill: FocusBill, lines: int, random: np.random.Generator) -> Written:
    """Write one month's delivery of exactly `lines` charges below `folder`."""
    run = Run(EXPORT, "FocusCost", VERSION, azure_rows.CUSTOMER_ACCOUNT, month)
    with NumberedFiles(partial(run.part, folder), header=focus_lines.header(bill.biller)) as files:
        written = focus_lines.write(bill, month, lines=lines, files=files, random=random)
    run.write_manifest(folder, files.paths, rows=lines)
    return written


def _of_resource(resource: Resource, *, own: Mapping[str, str]) -> dict[str, str]:
    meter = resource.meter
    group, *_, name = resource.name.split("/")[4:]
    return {
        **own,
        "ResourceName": name,
        "ResourceType": meter.service,
        "x_AmortizationClass": "Amortized Charge" if meter.commitment else "",
        "x_PricingUnitDescription": meter.unit,
        "x_PublisherCategory": "Cloud Provider",
        "x_ResourceGroupName": group,
        "x_ResourceType": "/".join(resource.name.split("/")[6:8]).lower(),
        "x_SkuMeterCategory": meter.service,
        "x_SkuMeterSubcategory": meter.operation,
        "x_SkuRegion": azure_catalog.REGIONS[resource.region],
        "x_SkuServiceFamily": meter.family,
    }


def _others(billed: int) -> list[Other]:
    """Return support, a correction of the month before, and what rounds the invoice up to whole cents."""
    machines = SERVICES["Virtual Machines"]
    corrected = -(billed // 210 // _CENT * _CENT)
    others = [
        Other("Purchase", "Azure Support, standard", 100 * UNIT, "Azure Support", "Other", "Recurring"),
        Other("Usage", "Refund after an outage", corrected, machines.name, machines.category, is_correction=True),
    ]
    rounding = -(billed + sum(other.cost for other in others)) % _CENT
    return [*others, Other("Adjustment", "Rounding", rounding, "Azure Billing", "Other")]
