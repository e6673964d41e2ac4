"""The bills of `benchmarks.bill_import`: SQL by title, over a row `i`, resource `r`, amount `q` and start `s`.

Titles are those that providers publish; values repeat as they do in real bills, and belong to nobody.
"""

from __future__ import annotations

HOUR = "to_hours((i * 7919 % 744)::INTEGER)"


def _moment(value: str) -> str:
    return f"strftime({value}, '%Y-%m-%dT%H:%M:%SZ')"


def _one_of(*values: str) -> str:
    return f"[{', '.join(repr(value) for value in values)}][(r % {len(values)})::INTEGER + 1]"


CODE = _one_of("AmazonEC2", "AmazonS3", "AmazonRDS", "AWSLambda", "AmazonCloudWatch", "AmazonDynamoDB", "AmazonEKS")
REGION = "['us-east-1', 'eu-west-1', 'eu-central-1', 'us-west-2'][(r // 16 % 4)::INTEGER + 1]"
IS_COVERED = "(r % 50 = 7 AND i % 2 = 0)"
IS_NEGATION = "(r % 50 = 7 AND i % 2 = 1)"
PLAN = "CASE WHEN r % 50 = 7 THEN 'arn:aws:savingsplans::123456789012:savingsplan/1b7a' END"
ODD_ROW = "CASE WHEN i % 2 = 1 AND r % 50 = 7 THEN hash(i - 1) % 100000 ELSE q END"
AWS = {
    "identity/LineItemId": "md5(i::VARCHAR) || left(md5((i + 1)::VARCHAR), 20)",
    "identity/TimeInterval": f"{_moment('s')} || '/' || {_moment('s + INTERVAL 1 HOUR')}",
    "bill/InvoiceId": "'1234567890'",
    "bill/InvoicingEntity": "'Amazon Web Services, Inc.'",
    "bill/BillingEntity": "'AWS'",
    "bill/BillType": "'Anniversary'",
    "bill/PayerAccountId": "'123456789012'",
    "bill/BillingPeriodStartDate": "'2026-10-01T00:00:00Z'",
    "bill/BillingPeriodEndDate": "'2026-11-01T00:00:00Z'",
    "lineItem/UsageAccountId": "(200000000000 + r % 60)::VARCHAR",
    "lineItem/LineItemType": (
        f"CASE WHEN {IS_COVERED} THEN 'SavingsPlanCoveredUsage' WHEN {IS_NEGATION} THEN 'SavingsPlanNegation'"
        " WHEN i % 5000 = 3 THEN 'Tax' WHEN i % 7000 = 5 THEN 'Credit' ELSE 'Usage' END"
    ),
    "lineItem/UsageStartDate": _moment("s"),
    "lineItem/UsageEndDate": _moment("s + INTERVAL 1 HOUR"),
    "lineItem/ProductCode": CODE,
    "lineItem/UsageType": "'BoxUsage:m5.' || r % 9",
    "lineItem/Operation": "'Run' || r % 30",
    "lineItem/AvailabilityZone": f"{REGION} || 'a'",
    "lineItem/ResourceId": f"'arn:aws:' || {CODE} || ':' || {REGION} || ':' || md5(r::VARCHAR)",
    "lineItem/UsageAmount": "(q::DECIMAL(18,0) * 0.0000010000)::VARCHAR",
    "lineItem/NormalizationFactor": "'4'",
    "lineItem/NormalizedUsageAmount": "(q::DECIMAL(18,0) * 0.0000040000)::VARCHAR",
    "lineItem/CurrencyCode": "'USD'",
    "lineItem/UnblendedRate": "'0.0960000000'",
    "lineItem/UnblendedCost": (
        f"(({ODD_ROW})::DECIMAL(18,0) * CASE WHEN {IS_NEGATION} THEN -0.0000000960 ELSE 0.0000000960 END)::VARCHAR"
    ),
    "lineItem/BlendedRate": "'0.0960000000'",
    "lineItem/BlendedCost": "(q::DECIMAL(18,0) * 0.0000000960)::VARCHAR",
    "lineItem/LineItemDescription": "'$0.096 per On Demand Linux m5.' || r % 9 || ', Instance Hour'",
    "lineItem/TaxType": "NULL",
    "lineItem/LegalEntity": "'Amazon Web Services, Inc.'",
    "product/ProductName": f"{CODE} || ' product'",
    "product/clockSpeed": "'2.5 GHz'",
    "product/currentGeneration": "'Yes'",
    "product/databaseEngine": "NULL",
    "product/instanceFamily": "'General purpose'",
    "product/instanceType": "'m5.' || r % 9",
    "product/location": REGION,
    "product/locationType": "'AWS Region'",
    "product/memory": "'16 GiB'",
    "product/operatingSystem": "'Linux'",
    "product/physicalProcessor": "'Intel Xeon Platinum 8175'",
    "product/productFamily": "'Compute Instance'",
    "product/region": REGION,
    "product/regionCode": REGION,
    "product/servicecode": CODE,
    "product/servicename": f"{CODE} || ' name'",
    "product/sku": "upper(left(md5((r % 500)::VARCHAR), 16))",
    "product/storage": "'EBS only'",
    "product/tenancy": "'Shared'",
    "product/usagetype": "'BoxUsage:m5.' || r % 9",
    "product/vcpu": "'4'",
    "pricing/LeaseContractLength": "NULL",
    "pricing/RateCode": "upper(left(md5((r % 500)::VARCHAR), 16)) || '.JRTCKXETXF.6YS6EN2CT7'",
    "pricing/RateId": "(r % 500 + 1000)::VARCHAR",
    "pricing/currency": "'USD'",
    "pricing/publicOnDemandCost": "(q::DECIMAL(18,0) * 0.0000001000)::VARCHAR",
    "pricing/publicOnDemandRate": "'0.1000000000'",
    "pricing/term": "'OnDemand'",
    "pricing/unit": "'Hrs'",
    "reservation/EffectiveCost": "NULL",
    "reservation/ReservationARN": "NULL",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "NULL",
    "reservation/UnusedRecurringFee": "NULL",
    "savingsPlan/SavingsPlanARN": PLAN,
    "savingsPlan/SavingsPlanEffectiveCost": f"CASE WHEN {IS_COVERED} THEN (q::DECIMAL(18,0) * 0.00000006)::VARCHAR END",
    "savingsPlan/TotalCommitmentToDate": "NULL",
    "savingsPlan/UsedCommitment": "NULL",
    "resourceTags/aws:createdBy": "'IAMUser:deploy'",
    "resourceTags/user:team": "'team-' || r % 40",
    "resourceTags/user:env": _one_of("prod", "prod", "dev", "test"),
    "resourceTags/user:Name": "'resource-' || r",
}
"""A legacy Cost and Usage Report of 70 columns."""

_SERVICE = _one_of(
    "Virtual Machines", "Storage", "SQL Database", "Bandwidth", "Azure Kubernetes Service", "Log Analytics"
)
_AZURE_REGION = "['westeurope', 'northeurope', 'eastus', 'uksouth'][(r // 16 % 4)::INTEGER + 1]"
_SUBSCRIPTION = "'00000000-0000-0000-0000-0000000000' || lpad((r % 60)::VARCHAR, 2, '0')"
_AMOUNT = "(q::DECIMAL(18,0) * 0.0000000960)::VARCHAR"
AZURE = {
    "BillingAccountId": "'1234567'",
    "BillingAccountName": "'Benchmark'",
    "BillingPeriodStartDate": "'10/01/2026'",
    "BillingPeriodEndDate": "'10/31/2026'",
    "BillingProfileId": "'1234567'",
    "BillingProfileName": "'Benchmark'",
    "AccountOwnerId": "'owner@benchmark.example'",
    "AccountName": "'Department ' || r % 12",
    "SubscriptionId": _SUBSCRIPTION,
    "SubscriptionName": "'Subscription ' || r % 60",
    "Date": "strftime(s, '%m/%d/%Y')",
    "Product": f"{_SERVICE} || ' - B' || r % 9",
    "PartNumber": "'AAA-' || (r % 500 + 10000)",
    "MeterId": "md5((r % 500)::VARCHAR)",
    "ServiceFamily": "'Compute'",
    "MeterCategory": _SERVICE,
    "MeterSubCategory": "'BS Series'",
    "MeterRegion": _AZURE_REGION,
    "MeterName": "'B' || r % 9",
    "Quantity": "(q::DECIMAL(18,0) * 0.0000010000)::VARCHAR",
    "EffectivePrice": "'0.0960000000'",
    "Cost": _AMOUNT,
    "UnitPrice": "'0.1000000000'",
    "BillingCurrency": "'EUR'",
    "ResourceLocation": _AZURE_REGION,
    "AvailabilityZone": "NULL",
    "ConsumedService": "'Microsoft.Compute'",
    "ResourceId": f"'/subscriptions/' || {_SUBSCRIPTION} || '/resourceGroups/rg-' || r % 300"
    " || '/providers/Microsoft.Compute/virtualMachines/vm-' || r",
    "ResourceName": "'vm-' || r",
    "ServiceInfo1": "NULL",
    "ServiceInfo2": "NULL",
    "AdditionalInfo": '\'{"ServiceType":"Standard_B\' || r % 9 || \'s","VCPUs":2}\'',
    "Tags": '\'"team": "team-\' || r % 40 || \'","env": "\' || ' + _one_of("prod", "dev") + " || '\"'",
    "InvoiceSectionId": "'7'",
    "InvoiceSection": "'Section'",
    "CostCenter": "(r % 40 + 1000)::VARCHAR",
    "UnitOfMeasure": "'1 Hour'",
    "ResourceGroup": "'rg-' || r % 300",
    "ReservationId": "NULL",
    "ReservationName": "NULL",
    "ProductOrderId": "NULL",
    "ProductOrderName": "NULL",
    "OfferId": "'MS-AZR-0017P'",
    "IsAzureCreditEligible": "'True'",
    "Term": "NULL",
    "PublisherName": "'Microsoft'",
    "PlanName": "NULL",
    "ChargeType": "'Usage'",
    "Frequency": "'UsageBased'",
    "PublisherType": "'Azure'",
    "PayGPrice": "'0.1000000000'",
    "PricingModel": "'OnDemand'",
    "CostAllocationRuleName": "NULL",
    "benefitId": "NULL",
    "benefitName": "NULL",
}
"""An actual cost export of an Enterprise Agreement, 55 columns."""

_GOOGLE = _one_of("Compute Engine", "Cloud Storage", "Cloud SQL", "BigQuery", "Kubernetes Engine", "Cloud Logging")
_GOOGLE_REGION = "['europe-west1', 'europe-west4', 'us-east1', 'us-central1'][(r // 16 % 4)::INTEGER + 1]"
_CREDIT = '\'[{"name":"Sustained use","type":"SUSTAINED_USAGE_DISCOUNT","amount":-0.0001}]\''
GOOGLE = {
    "billing_account_id": "'AAAAAA-BBBBBB-CCCCCC'",
    "service.id": "upper(left(md5((r % 6)::VARCHAR), 4))",
    "service.description": _GOOGLE,
    "sku.id": "upper(left(md5((r % 500)::VARCHAR), 14))",
    "sku.description": "'E2 Instance Core ' || r % 9",
    "usage_start_time": "strftime(s, '%Y-%m-%d %H:%M:%S+00:00')",
    "usage_end_time": "strftime(s + INTERVAL 1 HOUR, '%Y-%m-%d %H:%M:%S+00:00')",
    "project.id": "'project-' || r % 60",
    "project.number": "(r % 60 + 1000)::VARCHAR",
    "project.name": "'Project ' || r % 60",
    "project.labels": "'[]'",
    "project.ancestry_numbers": "'/1/2/'",
    "labels": '\'[{"key":"team","value":"team-\' || r % 40 || \'"}]\'',
    "system_labels": '\'[{"key":"compute.googleapis.com/cores","value":"2"}]\'',
    "location.location": _GOOGLE_REGION,
    "location.country": "'BE'",
    "location.region": _GOOGLE_REGION,
    "location.zone": f"{_GOOGLE_REGION} || '-b'",
    "resource.name": "'vm-' || r",
    "resource.global_name": "'//compute.googleapis.com/projects/project-' || r % 60 || '/instances/vm-' || r",
    "export_time": "'2026-11-02 00:00:00+00:00'",
    "cost": _AMOUNT,
    "currency": "'EUR'",
    "currency_conversion_rate": "'0.92'",
    "usage.amount": "q::VARCHAR",
    "usage.unit": "'seconds'",
    "usage.amount_in_pricing_units": "(q::DECIMAL(18,0) * 0.0002777778)::VARCHAR",
    "usage.pricing_unit": "'hour'",
    "credits": f"CASE WHEN i % 10 = 3 THEN {_CREDIT} ELSE '[]' END",
    "invoice.month": "'202610'",
    "cost_type": "'regular'",
    "cost_at_list": "(q::DECIMAL(18,0) * 0.0000001000)::VARCHAR",
    "transaction_type": "'GOOGLE'",
    "seller_name": "NULL",
}
"""A detailed usage cost export as CSV, 34 columns."""

COLUMNS_OF = {"aws_cur": AWS, "azure_export": AZURE, "gcp_csv": GOOGLE}
