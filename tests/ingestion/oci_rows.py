"""Lines of Oracle's reports as they are delivered, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from tests.ingestion.normalize.bills import csv_text

TENANCY = "ocid1.tenancy.oc1..aaaaaaaaexample"
COST_ROW = {
    "lineItem/referenceNo": "7108a1f83bdbad70",
    "lineItem/tenantId": TENANCY,
    "lineItem/intervalUsageStart": "2026-10-05T10:00Z",
    "lineItem/intervalUsageEnd": "2026-10-05T11:00:00Z",
    "product/service": "COMPUTE",
    "product/compartmentId": "ocid1.compartment.oc1..shop",
    "product/compartmentName": "shop",
    "product/region": "eu-frankfurt-1",
    "product/availabilityDomain": "fra-1",
    "product/resourceId": "ocid1.instance.oc1.eu-frankfurt-1.front",
    "usage/billedQuantity": "4.000000000000000000",
    "usage/billedQuantityOverage": "",
    "cost/subscriptionId": "ocid1.organizationssubscription.oc1..s1",
    "cost/productSku": "B93114",
    "product/Description": "Standard - E4 - Memory",
    "cost/unitPrice": "0.000340210000000000",
    "cost/unitPriceOverage": "",
    "cost/myCost": "0.001360840000000000",
    "cost/myCostOverage": "",
    "cost/currencyCode": "EUR",
    "cost/billingUnitReadable": "1 GiB HOURS MEMORY",
    "cost/skuUnitDescription": "GB Hours",
    "cost/overageFlag": "false",
    "lineItem/isCorrection": "false",
    "lineItem/backreferenceNo": "17043",
    "tags/Oracle-Tags.CreatedBy": "",
    "tags/orcl-cloud.free-tier-retained": "",
    "tags/Ops.Team": "",
}
SHORT = {
    "cost": "cost/myCost",
    "start": "lineItem/intervalUsageStart",
    "end": "lineItem/intervalUsageEnd",
    "service": "product/service",
    "no": "lineItem/referenceNo",
}
USAGE_ROW = {
    "lineItem/referenceNo": "1",
    "lineItem/tenantId": TENANCY,
    "lineItem/intervalUsageStart": "2026-10-05T10:00Z",
    "lineItem/intervalUsageEnd": "2026-10-05T11:00Z",
    "product/service": "COMPUTE",
    "product/resource": "PIC_COMPUTE_STANDARD_E4_MEMORY",
    "usage/consumedQuantity": "14400000",
    "usage/billedQuantity": "4",
    "usage/consumedQuantityUnits": "MS",
    "usage/consumedQuantityMeasure": "MEMORY",
}
FOCUS_ROW = {
    "AvailabilityZone": "fra-1",
    "BilledCost": "1.25",
    "BillingAccountId": "12345678",
    "BillingAccountName": "",
    "BillingCurrency": "EUR",
    "BillingPeriodEnd": "2026-11-01T00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "Standard - E4 - Memory",
    "ChargeFrequency": "Usage-based",
    "ChargePeriodEnd": "2026-10-05T11:00Z",
    "ChargePeriodStart": "2026-10-05T10:00Z",
    "ChargeSubcategory": "",
    "CommitmentDiscountId": "",
    "EffectiveCost": "1.25",
    "InvoiceIssuer": "Oracle",
    "ListCost": "2.5",
    "ListUnitPrice": "0.625",
    "PricingCategory": "",
    "PricingQuantity": "4",
    "PricingUnit": "GB Hours",
    "Provider": "Oracle",
    "Publisher": "Oracle",
    "Region": "eu-frankfurt-1",
    "ResourceId": "ocid1.instance.oc1.eu-frankfurt-1.front",
    "ResourceType": "instance",
    "ServiceCategory": "Compute",
    "ServiceName": "COMPUTE",
    "SkuId": "B93114",
    "SubAccountId": TENANCY,
    "SubAccountName": "acme",
    "Tags": '{"Ops.Team":"pay"}',
    "UsageQuantity": "4",
    "UsageUnit": "GB Hours",
    "oci_ReferenceNumber": "7108a1f83bdbad70",
    "oci_CompartmentId": "ocid1.compartment.oc1..shop",
    "oci_CompartmentName": "shop",
    "oci_OverageFlag": "N",
    "oci_AttributedCost": "1.25",
    "oci_BackReferenceNumber": "17043",
}


def cost_rows(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return lines of a cost report, each with its changes; `SHORT` names usual columns."""
    return [{**COST_ROW, **{SHORT.get(name, name): value for name, value in change.items()}} for change in changes]


def cost_report(*changes: Mapping[str, str]) -> str:
    """Return a cost report of lines, each with its changes."""
    return csv_text(cost_rows(*changes))


def focus_report(*changes: Mapping[str, str]) -> str:
    """Return a FOCUS report of rows, each with its changes."""
    return csv_text([{**FOCUS_ROW, **change} for change in changes])
