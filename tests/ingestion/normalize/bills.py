"""Small bills for tests: written, archived and normalized as an import does it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from ingestion import connectors
from ingestion.delivery import ArchivedFile, DeliveredFile, archive
from ingestion.delivery.stores import FolderStore
from ingestion.focus.mapped_services import MappedService
from ingestion.normalize import Limits, NormalizedDelivery
from itfm.core.kinds import Registry
from tests import duck

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
FOCUS_ROW = {
    "BilledCost": "1.50",
    "EffectiveCost": "1.50",
    "ListCost": "2",
    "ContractedCost": "1.75",
    "BillingCurrency": "EUR",
    "BillingAccountId": "a-1",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-05T00:00:00Z",
    "ChargePeriodEnd": "2026-10-05T01:00:00Z",
    "ChargeCategory": "Usage",
    "InvoiceIssuerName": "Example Cloud",
    "ServiceCategory": "Compute",
    "ServiceName": "Machines",
    "Tags": '{"team":"pay"}',
}
AWS_ROW = {
    "bill/BillType": "Anniversary",
    "bill/BillingEntity": "AWS",
    "bill/BillingPeriodStartDate": "2026-10-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-11-01T00:00:00Z",
    "bill/InvoicingEntity": "Amazon Web Services EMEA SARL",
    "bill/PayerAccountId": "111111111111",
    "lineItem/UsageAccountId": "222222222222",
    "lineItem/LineItemType": "Usage",
    "lineItem/ProductCode": "AmazonEC2",
    "lineItem/Operation": "RunInstances",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UsageStartDate": "2026-10-05T00:00:00Z",
    "lineItem/UsageEndDate": "2026-10-05T01:00:00Z",
    "lineItem/UsageAmount": "1",
    "lineItem/UnblendedCost": "0.096",
    "pricing/publicOnDemandCost": "0.1",
    "pricing/unit": "Hrs",
    "reservation/ReservationARN": "",
    "reservation/EffectiveCost": "",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "",
    "reservation/UnusedRecurringFee": "",
    "savingsPlan/SavingsPlanARN": "",
    "savingsPlan/SavingsPlanEffectiveCost": "",
    "savingsPlan/TotalCommitmentToDate": "",
    "savingsPlan/UsedCommitment": "",
    "resourceTags/user:team": "",
    "resourceTags/aws:createdBy": "",
}
AZURE_ROW = {
    "BillingAccountId": "8611537",
    "BillingAccountName": "Northwind",
    "BillingPeriodStartDate": "10/01/2026",
    "BillingPeriodEndDate": "10/31/2026",
    "BillingProfileId": "8611537",
    "BillingProfileName": "Northwind",
    "SubscriptionId": "1CAAA5A3-2B66-438E-8AB4-BCE37D518C5D",
    "SubscriptionName": "Shop",
    "Date": "10/05/2026",
    "Product": "Virtual Machines D2",
    "MeterCategory": "Virtual Machines",
    "MeterName": "D2",
    "Quantity": "24",
    "EffectivePrice": "0.11",
    "Cost": "2.64",
    "UnitPrice": "0.11",
    "BillingCurrency": "USD",
    "ResourceLocation": "EastUS2",
    "ConsumedService": "Microsoft.Compute",
    "ResourceId": "/subscriptions/1CAAA5A3/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/Front-1",
    "ResourceName": "Front-1",
    "ResourceGroup": "Web",
    "Tags": "",
    "UnitOfMeasure": "1 Hour",
    "ChargeType": "Usage",
    "Frequency": "UsageBased",
    "PublisherType": "Azure",
    "PublisherName": "Microsoft",
    "PayGPrice": "0.125",
    "PricingModel": "OnDemand",
    "benefitId": "",
    "benefitName": "",
}
AZURE_SHORT = {"type": "ChargeType", "cost": "Cost", "model": "PricingModel", "unit": "UnitOfMeasure"}

GCP_ROW = {
    "billing_account_id": "AAAAAA-BBBBBB-CCCCCC",
    "service.id": "6F81-5844-456A",
    "service.description": "Compute Engine",
    "sku.id": "D973-5D65-BAB2",
    "sku.description": "E2 Instance Core running in Belgium",
    "usage_start_time": "2026-10-05 00:00:00+00:00",
    "usage_end_time": "2026-10-05 01:00:00+00:00",
    "project.id": "shop-prod",
    "project.name": "Shop",
    "project.labels": "[]",
    "labels": "[]",
    "system_labels": "[]",
    "location.region": "europe-west1",
    "location.zone": "europe-west1-b",
    "cost": "1.25",
    "currency": "EUR",
    "usage.amount": "3600",
    "usage.unit": "seconds",
    "usage.amount_in_pricing_units": "1",
    "usage.pricing_unit": "hour",
    "credits": "[]",
    "invoice.month": "202610",
    "cost_type": "regular",
}


CONTRACT_ROW = {
    "contract_id": "C-1",
    "line_id": "1",
    "vendor": "Acme Software",
    "description": "Design suite",
    "service_name": "Acme Design",
    "service_category": "Business Applications",
    "start_date": "2026-10-01",
    "end_date": "2026-10-03",
    "amount": "100",
    "currency": "EUR",
    "payment_schedule": "upfront",
    "invoices": "",
    "seats": "10",
    "unit_price": "10",
    "seats_assigned": "8",
    "seats_active": "5",
    "renewal_notice_date": "2026-09-01",
    "auto_renews": "yes",
    "cost_center": "4711",
    "tag:team": "design",
}

ASSET_ROW = {
    "asset_id": "A-1",
    "name": "Rack 7",
    "class": "Server",
    "vendor": "Metal Works",
    "location": "FRA1",
    "purchase_date": "2026-01-15",
    "in_service_date": "2026-02-01",
    "cost": "1000.00",
    "currency": "EUR",
    "salvage_value": "100.00",
    "life_months": "2",
    "method": "straight_line",
    "rate": "",
    "factor": "",
    "disposal_date": "",
    "disposal_proceeds": "",
    "invoice_id": "INV-7",
    "tag:team": "core",
}

POSTING_ROW = {
    "date": "2026-10-05",
    "account": "6100",
    "account_name": "Salaries",
    "cost_center": "4711",
    "vendor": "",
    "description": "Payroll October",
    "amount": "1000.00",
    "currency": "EUR",
    "document": "J-1",
}

DATADOG_ROW = {
    "state": "historical",
    "date": "2026-10-01T00:00:00Z",
    "org_name": "Shop",
    "public_id": "org-1",
    "account_name": "Acme",
    "account_public_id": "acc-1",
    "region": "us",
    "total_cost": "150",
    "product_name": "infra_host",
    "charge_type": "committed",
    "cost": "100",
}

SNOWFLAKE_ROW = {
    "ORGANIZATION_NAME": "ACME",
    "CONTRACT_NUMBER": "4711",
    "ACCOUNT_NAME": "MAIN",
    "ACCOUNT_LOCATOR": "XY12345",
    "REGION": "AWS_EU_WEST_1",
    "SERVICE_LEVEL": "Enterprise",
    "USAGE_DATE": "2026-10-05",
    "USAGE_TYPE": "compute",
    "CURRENCY": "EUR",
    "USAGE": "12.345",
    "USAGE_IN_CURRENCY": "37.04",
    "BALANCE_SOURCE": "capacity",
    "BILLING_TYPE": "consumption",
    "RATING_TYPE": "compute",
    "SERVICE_TYPE": "WAREHOUSE_METERING",
    "IS_ADJUSTMENT": "false",
}


def csv_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def focus_rows(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return FOCUS rows, each with its changes."""
    return [{**FOCUS_ROW, **change} for change in changes]


def aws_rows(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return line items, each with its changes; `type` and `cost` stand for the usual columns."""
    short = {"type": "lineItem/LineItemType", "cost": "lineItem/UnblendedCost"}
    return [{**AWS_ROW, **{short.get(name, name): value for name, value in change.items()}} for change in changes]


def gcp_rows(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return lines of a Google Cloud export, each with its changes."""
    return [{**GCP_ROW, **change} for change in changes]


def azure_rows(*changes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return rows of an Enterprise Agreement's export, each with its changes; `AZURE_SHORT` names usual columns."""
    return [
        {**AZURE_ROW, **{AZURE_SHORT.get(name, name): value for name, value in change.items()}} for change in changes
    ]


class Bench:
    """A folder in which bills are written and imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.mapped_services: tuple[MappedService, ...] = ()

    def archived(self, content: bytes | str, *, name: str = "bill.csv") -> ArchivedFile:
        """Write a file and archive it."""
        source = self.folder / "delivered"
        source.mkdir(exist_ok=True)
        path = source / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        file = DeliveredFile(path=name, size=path.stat().st_size, version="1")
        return archive(FolderStore(source), file, root=self.folder)

    def normalized(
        self,
        kind: str,
        *files: ArchivedFile,
        tag_keys: frozenset[str] | None = None,
        limits: Mapping[str, int] | None = None,
        **settings: str,
    ) -> NormalizedDelivery:
        """Normalize archived files."""
        self.count += 1
        connector = Registry(connectors)[kind]
        return connector.normalize(
            files,
            settings=connector.params.model_validate({"path": str(self.folder), **settings}),
            output=self.folder / f"bills-{self.count}",
            limits=Limits(temp_folder=self.folder / "temp", **{"memory": 256 << 20, "threads": 1, **(limits or {})}),
            tag_keys=tag_keys,
            progress=lambda step: None,
            mapped_services=self.mapped_services,
        )

    def focus(self, *changes: Mapping[str, str]) -> NormalizedDelivery:
        """Normalize FOCUS rows."""
        return self.normalized("focus", self.archived(csv_text(focus_rows(*changes))))

    def aws(self, *changes: Mapping[str, str]) -> NormalizedDelivery:
        """Normalize line items."""
        return self.normalized("aws_cur", self.archived(csv_text(aws_rows(*changes))))

    def gcp(self, *changes: Mapping[str, str]) -> NormalizedDelivery:
        """Normalize lines of a Google Cloud export."""
        return self.normalized("gcp_csv", self.archived(csv_text(gcp_rows(*changes))))

    def contracts(self, *changes: Mapping[str, str], **settings: str) -> NormalizedDelivery:
        """Normalize lines of contracts, up to 2026-12 unless told otherwise."""
        rows = [{**CONTRACT_ROW, **change} for change in changes]
        return self.normalized("contracts", self.archived(csv_text(rows)), **{"last_month": "2026-12", **settings})

    def assets(self, *changes: Mapping[str, str], **settings: str) -> NormalizedDelivery:
        """Normalize assets, up to 2040-12 unless told otherwise."""
        rows = [{**ASSET_ROW, **change} for change in changes]
        return self.normalized("assets", self.archived(csv_text(rows)), **{"last_month": "2040-12", **settings})

    def ledger(self, *changes: Mapping[str, str], **settings: str) -> NormalizedDelivery:
        """Normalize postings."""
        rows = [{**POSTING_ROW, **change} for change in changes]
        return self.normalized("ledger", self.archived(csv_text(rows)), **settings)

    def azure(
        self, *, actual: Sequence[Mapping[str, str]] = (), amortized: Sequence[Mapping[str, str]] = ()
    ) -> NormalizedDelivery:
        """Normalize the rows of one or both Azure exports."""
        given = {"ActualCost.csv": actual, "AmortizedCost.csv": amortized}
        files = [self.archived(csv_text(azure_rows(*rows)), name=name) for name, rows in given.items() if rows]
        return self.normalized("azure_export", *files)


def gzipped(text: str) -> bytes:
    """Return the text as gzip with a fixed time."""
    return gzip.compress(text.encode(), mtime=0)


def values(
    delivery: NormalizedDelivery, columns: str, *, file: str = "charges", bill: int = 0
) -> list[tuple[object, ...]]:
    """Return columns of a bill's file, in file order."""
    path = delivery.bills[bill].folder / f"{file}.parquet"
    return duck.rows(f"SELECT {columns} FROM read_parquet('{path}', file_row_number=true) ORDER BY file_row_number")


def decimals(*texts: str) -> list[tuple[Decimal, ...]]:
    """Return one-column rows of decimals."""
    return [(Decimal(text),) for text in texts]
