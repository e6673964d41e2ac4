"""The sample company's exports, delivered to a bucket and pulled from it night after night."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from ingestion.models import Bill, BillRevision
from ingestion.services import create_source, request_import, run_import
from ingestion.services import deliveries as deliveries_module
from itfm.core.tenancy import tenant
from itfm.demo.company import write
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return write(tmp_path_factory.mktemp("company"), charges=3_000, months=3, last_month=date(2026, 10, 1))


@pytest.fixture
def service(settings):
    settings.PRIVATE_ENDPOINTS = True
    with s3_service() as url:
        yield url


def objects(folder, prefix):
    return {f"{prefix}/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def connect(organization, delivered, service):
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id,
            key=delivered.name,
            name=delivered.name,
            kind=delivered.kind,
            settings={
                "bucket": "bills",
                "prefix": delivered.name,
                "endpoint_url": service,
                "region": "us-east-1",
                "access_key_id": ACCESS_KEY_ID,
                "secret_access_key": SECRET_ACCESS_KEY,
                "role_arn": "arn:aws:iam::123456789012:role/bill-reader",
                "external_id": "tenant-7",
            },
            at=timezone.now(),
        )


def pull(source):
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="schedule", at=timezone.now())
    return run_import(source.organization_id, run_id=run.id, retries=False)


def billed(source):
    with tenant(source.organization_id):
        bills = Bill.objects.filter(source=source).select_related("current_revision")
        return {
            f"{bill.billing_period:%Y-%m}": Decimal(cost["billed_cost"])
            for bill in bills
            for cost in bill.current_revision.totals.values()
        }


@pytest.mark.parametrize(
    "number", range(8), ids=["cur2", "legacy", "focus", "azure-ea", "gcp", "azure-mca", "aws-focus", "azure-focus"]
)
def test_every_export_comes_out_of_the_bucket_as_it_was_made(acme, company, service, number):
    delivered = company.deliveries[number]
    put_objects(service, bucket="bills", objects=objects(delivered.folder, delivered.name))
    source = connect(acme, delivered, service)

    run = pull(source)

    assert (run.state, run.error_message) == ("imported", "")
    assert billed(source) == {month: total.cost for month, total in delivered.totals.items()}


def test_the_next_night_fetches_only_what_changed(acme, company, service, monkeypatch):
    delivered = company.deliveries[0]
    put_objects(service, bucket="bills", objects=objects(delivered.folder, delivered.name))
    source = connect(acme, delivered, service)
    pull(source)
    fetched = []
    archive = deliveries_module.archive
    monkeypatch.setattr(
        deliveries_module,
        "archive",
        lambda store, file, *, root: fetched.append(file.path) or archive(store, file, root=root),
    )

    assert pull(source).state == "unchanged"
    assert fetched == []

    put_objects(service, bucket="bills", objects=objects(company.restated.folder, delivered.name))
    assert pull(source).state == "imported"
    assert len(fetched) == 1
    assert billed(source) == {
        **{month: total.cost for month, total in delivered.totals.items()},
        **{month: total.cost for month, total in company.restated.totals.items()},
    }
    with tenant(acme.id):
        assert BillRevision.objects.count() == len(delivered.totals) + 1
