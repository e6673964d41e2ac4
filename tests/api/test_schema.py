"""The OpenAPI document is what the API does: checked in, and held to it by generated requests."""

from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import JsonResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from allocation.engine.rules import parse
from allocation.models import Reallocation
from allocation.services import allocate, publish_rules
from ingestion.models import Bill, BillRevision, Invoice, PurchaseOrder, RegionMapping, ServiceMapping
from ingestion.services import create_source, request_import, run_import
from itfm.accounts.models import ApiKey, Invitation, Membership
from itfm.api.operations import Resource
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.models import OutboxMessage
from itfm.notify.services import queue_message
from itfm.web.models import SavedView
from itfm.wsgi import application
from showback.models import CostCenter
from showback.services import CostCenterBranch, replace_cost_centers
from tests.allocation.engine.bills import OCTOBER
from tests.api.test_resources import RULES
from tests.conftest import NOW, key_of, member
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.recommended import keep_list

PARTS = 5
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.yaml"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def generated():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def open_connection():
    """Keep the test's transaction open between requests, as Django's own client does."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def known(acme, settings, tmp_path, open_connection):
    """Things to be asked for, by the name their ids have in addresses."""
    settings.API_REQUESTS_PER_CALLER = settings.API_REQUESTS_PER_ORGANIZATION = 10**9
    member(acme, Role.OWNER)
    user = member(acme, Role.ENGINEER)
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
        replace_cost_centers([CostCenterBranch(code="1000", name="Engineering")], organization_id=acme.id)
        invitation = Invitation.objects.create(
            organization=acme, email="new@example.com", role=Role.VIEWER, secret_sha256="x", expires_at=NOW
        )
    write_bill(tmp_path / "bills" / "october.csv", line("1.5"), line("2"))
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id,
            key="cloud",
            name="Cloud",
            kind="focus",
            settings={"path": str(tmp_path / "bills")},
            at=NOW,
        )
        imported, _ = request_import(source, trigger="command", at=NOW)
    run_import(acme.id, run_id=imported.id, retries=False)
    run = allocate(acme.id, period=OCTOBER)
    key_of(acme, Role.VIEWER)
    with tenant(acme.id):
        queue_message(organization_id=acme.id, key="x", recipient="ada@example.com", subject="Costs", text="hello")
        keep_list(source, {}, {"action": "Stop"})
        view = SavedView.objects.create(organization=acme, name="By team", params="by=team", is_shared=True)
        reallocation = Reallocation.objects.create(
            organization=acme, first_period=OCTOBER, last_period=OCTOBER, asked_at=NOW
        )
        return {
            "bill_id": Bill.objects.get().id,
            "invoice_id": Invoice.objects.create(
                organization=acme,
                issuer="Cloud",
                number="7",
                billing_period=OCTOBER,
                currency="USD",
                amount=1,
                entered_by="ada",
                entered_at=NOW,
                changed_at=NOW,
            ).id,
            "order_id": PurchaseOrder.objects.create(
                organization=acme,
                vendor="Cloud",
                number="PO-7",
                vendor_key="cloud",
                number_key="po-7",
                currency="USD",
                amount=1,
                order_date=OCTOBER,
                entered_by="ada",
                entered_at=NOW,
                changed_at=NOW,
            ).id,
            "mapping_id": ServiceMapping.objects.create(
                organization=acme,
                called="Storage",
                name="Store",
                category="Storage",
                subcategory="Object Storage",
                mapped_by="ada",
                mapped_at=NOW,
            ).id,
            "region_mapping_id": RegionMapping.objects.create(
                organization=acme, called="moon-1", name="Moon", mapped_by="ada", mapped_at=NOW
            ).id,
            "revision_id": BillRevision.objects.get().id,
            "center_id": CostCenter.objects.get().id,
            "source_id": source.id,
            "import_id": imported.id,
            "run_id": run.id,
            "reallocation_id": reallocation.id,
            "member_id": Membership.objects.get(user=user).id,
            "invitation_id": invitation.id,
            "notification_id": OutboxMessage.objects.get().id,
            "view_id": view.id,
            "key_id": ApiKey.objects.get().id,
            "driver": "headcount",
            "version": 1,
        }


def hold_to_the_document(acme, known, *, cases, part=slice(None)):
    schema = schemathesis.openapi.from_dict(generated())
    schema.app = application
    authorization = {"Authorization": f"Bearer {key_of(acme, Role.OWNER)}"}
    operations = [found.ok() for found in schema.get_all_operations()][part]
    tried = sum(try_out(operation, known, authorization, cases=cases) for operation in operations)
    return len(operations), tried


def try_out(operation, known, authorization, *, cases):
    seen = []

    @hypothesis_settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        ),
        hits=st.booleans(),
    )
    def ask(case, hits):
        if hits:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = str(known[name])
        seen.append(case)
        case.call_and_validate(headers=authorization, checks=CHECKS)

    ask()
    return len(seen)


def test_the_document_is_the_one_checked_in():
    text = OpenApiYamlRenderer().render(generated(), renderer_context={}).decode()

    assert text == DOCUMENT.read_text(encoding="utf-8"), "run make openapi and look at the difference"


def test_every_operation_is_in_the_document():
    from itfm.api.urls import resources

    documented = {
        (path, method)
        for path, methods in generated()["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }

    assert len(documented) == sum(len(pattern.callback.cls.operations()) for pattern in resources)


def test_a_few_hundred_requests_keep_to_the_document(acme, known):
    operations, tried = hold_to_the_document(acme, known, cases=8)

    assert operations >= 40
    assert tried >= 250


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_five_times_four_thousand_requests_keep_to_the_document(acme, known, part):
    _, tried = hold_to_the_document(acme, known, cases=400, part=slice(part, None, PARTS))

    assert tried >= 20_000 // PARTS


def test_an_answer_that_breaks_the_document_is_caught(acme, known, monkeypatch):
    """The control: without it the tests above could not fail."""
    monkeypatch.setattr(Resource, "handle", lambda *_: JsonResponse({"planted": "breach"}))

    with pytest.raises(FailureGroup):
        hold_to_the_document(acme, known, cases=2, part=slice(0, 1))


def test_the_document_and_its_readers_are_served(client, db):
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    swagger, redoc = client.get("/api/v1/reference"), client.get("/api/v1/reference/redoc")
    assert (swagger.status_code, redoc.status_code) == (200, 200)
    assert "unsafe-inline" not in swagger["Content-Security-Policy"]
    assert "script-src 'self';" in redoc["Content-Security-Policy"] + ";"
    assert b"<script>" not in swagger.content + redoc.content
