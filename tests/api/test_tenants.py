"""Every operation of the API, by everybody: nothing of another organization, nothing beyond a role, nothing smuggled."""

from uuid import UUID, uuid4

import pytest
from django.apps import apps
from rest_framework import serializers

from allocation.engine.rules import parse
from allocation.models import AllocationRun, Reallocation
from allocation.services import publish_rules
from ingestion.models import (
    Bill,
    BillRevision,
    BillSource,
    Finding,
    ImportRun,
    Invoice,
    PurchaseOrder,
    RegionMapping,
    ServiceMapping,
)
from itfm.accounts.models import ApiKey, Invitation, Membership
from itfm.api.urls import resources
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.models import NotificationPreference
from itfm.notify.services import queue_message
from itfm.web.models import SavedView
from showback.models import CostCenter
from showback.services import CostCenterBranch, replace_cost_centers
from tests.api.conftest import Program
from tests.api.roles import MAY
from tests.conftest import NOW, key_of, member
from tests.ingestion.recommended import keep_list

CANARY = "Canary-7f3a"
RULES = f"""
version: 1
dimensions:
  - {{key: team, name: {CANARY}, rules: [{{when: {{tag: team, exists: true}}, value: {{tag: team}}}}]}}
drivers:
  - {{key: canary_driver, name: {CANARY}, dimension: team, unit: people}}
"""
OPERATIONS = [
    (pattern.callback.cls.__name__, method, str(pattern.pattern), declared)
    for pattern in resources
    for method, declared in pattern.callback.cls.operations().items()
]
BODIES = {
    "keys": {"name": "deploy", "role": "viewer"},
    "keys/<uuid:key_id>/rotations": {},
    "me/notifications": {"items": []},
    "views": {"name": "Mine", "question": "first=2026-10", "is_shared": True},
    "views/<uuid:view_id>": {"name": "Mine"},
    "invoices": {"issuer": "Mine", "number": "1", "billing_period": "2026-10", "currency": "USD", "amount": "1"},
    "invoices/<uuid:invoice_id>": {"payment_terms": "Mine"},
    "purchase-orders": {
        "vendor": "Mine",
        "number": "1",
        "currency": "USD",
        "amount": "1",
        "order_date": "2026-10-01",
    },
    "purchase-orders/<uuid:order_id>": {"description": "Mine"},
    "service-mappings": {"service": "Mine", "name": "Mine", "category": "Web", "subcategory": "Other (Web)"},
    "region-mappings": {"region": "Mine", "name": "Mine"},
    "outdated-bills": {"bills": ["00000000-0000-4000-8000-000000000000"]},
    "invitations": {"email": "mine@example.com", "role": "viewer"},
    "runs": {"billing_period": "2026-10"},
    "reallocations": {"first_period": "2026-10"},
    "rules": {"document": {"version": "1"}},
    "drivers/<slug:driver>/values": {"values": [{"date": "2026-10-01", "value": "Payments", "quantity": "1"}]},
    "cost-centers/tree": {"items": [{"code": "1", "name": "Mine"}]},
    "members/<uuid:member_id>": {"role": "viewer"},
    "members/<uuid:member_id>/scopes": {"scopes": []},
}
LETTERS = {role: role[0].upper() for role in Role} | {Role.AUDITOR: "U"}
QUERIES = {
    "costs": "first=2026-10",
    "costs/file": "first=2026-10",
    "costs/statement": "period=2026-10",
    "cost-centers/<uuid:center_id>/statement": "period=2026-10",
    "explain": "period=2026-10&currency=USD",
    "charges": "period=2026-10",
    "charges/file": "period=2026-10",
    "unknown-invoices": "period=2026-10",
    "bills-without-invoice": "period=2026-10",
    "bills/<uuid:bill_id>/comparison": "older=1&newer=1",
}


def named(case):
    return f"{case[1].upper()} {case[2]}"


@pytest.fixture
def acme_ids(acme, settings):
    """Things of Acme by the name their ids have in addresses, each with the canary in it."""
    settings.API_REQUESTS_PER_CALLER = settings.API_REQUESTS_PER_ORGANIZATION = 10**9
    member(acme, Role.OWNER)
    user = member(acme, Role.VIEWER, f"{CANARY}@acme.example")
    key_of(acme, Role.VIEWER)
    with tenant(acme.id):
        own = {"organization": acme}
        source = BillSource.objects.create(**own, key="aws", name=CANARY, kind="aws_cur")
        run = ImportRun.objects.create(
            **own, source=source, settings={}, trigger="command", state="failed", not_before=NOW, step=CANARY
        )
        keep_list(source, {"sub_account_name": CANARY})
        bill = Bill.objects.create(**own, source=source, billing_period="2026-10-01")
        revision = BillRevision.objects.create(
            **own, bill=bill, run=run, number=1, delivery=CANARY, fingerprint=CANARY, files=[], folder="x",
            row_count=0, totals={}, imported_at=NOW,
        )  # fmt: skip
        Finding.objects.create(**own, run=run, revision=revision, number=1, code="x", severity="error", message=CANARY)
        invoice = Invoice.objects.create(
            **own, issuer=CANARY, number=CANARY, billing_period="2026-10-01", currency="USD", amount=1,
            entered_by=CANARY, entered_at=NOW, changed_at=NOW,
        )  # fmt: skip
        order = PurchaseOrder.objects.create(
            **own, vendor=CANARY, number=CANARY, vendor_key=CANARY, number_key=CANARY, currency="USD", amount=1,
            order_date="2026-10-01", entered_by=CANARY, entered_at=NOW, changed_at=NOW,
        )  # fmt: skip
        mapping = ServiceMapping.objects.create(
            **own, provider=CANARY, called=CANARY, name=CANARY, category="Web", subcategory=CANARY,
            mapped_by=CANARY, mapped_at=NOW,
        )  # fmt: skip
        region_mapping = RegionMapping.objects.create(
            **own, provider=CANARY, called=CANARY, name=CANARY, mapped_by=CANARY, mapped_at=NOW
        )
        allocated = AllocationRun.objects.create(
            **own, billing_period="2026-10-01", state="failed", inputs_sha256=CANARY, revisions={}, started_at=NOW
        )
        reallocation = Reallocation.objects.create(
            **own, first_period="2026-10-01", last_period="2026-10-01", asked_at=NOW
        )
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
        replace_cost_centers([CostCenterBranch(code=CANARY, name=CANARY)], organization_id=acme.id)
        letter = queue_message(organization_id=acme.id, key="x", recipient="a@b.example", subject=CANARY, text=CANARY)
        NotificationPreference.objects.create(**own, email=CANARY, kind="showback", unsubscribed_at=NOW)
        view = SavedView.objects.create(**own, name=CANARY, params="first=2026-10", is_shared=True)
        invitation = Invitation.objects.create(
            **own, email=f"{CANARY}@example.com", role=Role.VIEWER, secret_sha256="x", expires_at=NOW
        )
        return {
            "bill_id": bill.id,
            "invoice_id": invoice.id,
            "order_id": order.id,
            "center_id": CostCenter.objects.get().id,
            "mapping_id": mapping.id,
            "region_mapping_id": region_mapping.id,
            "revision_id": revision.id,
            "source_id": source.id,
            "import_id": run.id,
            "run_id": allocated.id,
            "reallocation_id": reallocation.id,
            "member_id": Membership.objects.get(user=user).id,
            "invitation_id": invitation.id,
            "key_id": ApiKey.objects.get().id,
            "view_id": view.id,
            "notification_id": letter.id,
            "driver": "canary_driver",
            "version": 1,
        }


def address(route, ids):
    for name, value in ids.items():
        for converter in ("uuid", "slug", "int"):
            route = route.replace(f"<{converter}:{name}>", str(value))
    return route


def ask(program, case, ids, *, query="", body=None, **headers):
    _, method, route, declared = case
    asked = "&".join(part for part in (QUERIES.get(route, ""), query) if part)
    sent = None if declared.body is None else body if body is not None else BODIES[route]
    if declared.is_versioned:
        headers["If-Match"] = "*"
    return program.ask(method.upper(), f"{address(route, ids)}{f'?{asked}' if asked else ''}", sent, **headers)


def seen(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content


def test_every_operation_has_what_it_takes_to_be_tried():
    assert len(OPERATIONS) >= 55
    assert {route for _, _, route, declared in OPERATIONS if declared.body is not None} == set(BODIES)


def test_a_foreign_id_in_the_address_answers_exactly_as_an_unknown_one(acme_ids, globex):
    stranger = Program(key_of(globex, Role.OWNER))
    unknown_ids = {name: uuid4() if isinstance(value, UUID) else "nowhere" for name, value in acme_ids.items()}
    tried = 0

    for case in OPERATIONS:
        if "<uuid" in case[2] or "<slug" in case[2]:
            foreign, unknown = seen(ask(stranger, case, acme_ids)), seen(ask(stranger, case, unknown_ids))
            assert (foreign, foreign[0]) == (unknown, 404), named(case)
            tried += 1

    assert tried >= 15


def test_a_foreign_id_in_the_query_answers_exactly_as_an_unknown_one(acme_ids, globex):
    stranger = Program(key_of(globex, Role.OWNER))
    for case in OPERATIONS:
        for name, kind in [
            ("source", "source_id"),
            ("bill", "bill_id"),
            ("revision", "revision_id"),
            ("run", "run_id"),
        ]:
            if case[1] == "get":
                foreign = seen(ask(stranger, case, acme_ids, query=f"{name}={acme_ids[kind]}"))
                assert foreign == seen(ask(stranger, case, acme_ids, query=f"{name}={uuid4()}")), named(case)


def test_the_canary_sings_at_home_only(acme, acme_ids, globex):
    stranger, owner = Program(key_of(globex, Role.OWNER)), Program(key_of(acme, Role.OWNER))
    told = 0

    for case in OPERATIONS:
        assert CANARY.encode() not in seen(ask(stranger, case, acme_ids))[1], named(case)
        if case[1] == "get":
            told += CANARY.encode() in seen(ask(owner, case, acme_ids))[1]

    assert told >= 17


def test_the_table_has_every_operation_and_no_other():
    assert set(MAY) == {named(case) for case in OPERATIONS}, "write down in tests/api/roles.py who may use it"


@pytest.mark.parametrize("role", Role)
def test_an_operation_is_for_those_whose_role_holds_its_permission(acme, acme_ids, role):
    program = Program(key_of(acme, role))

    for case in OPERATIONS:
        if LETTERS[role] in MAY[named(case)]:
            if case[1] == "get":
                assert ask(program, case, acme_ids).status_code != 403, named(case)
        else:
            answer = ask(program, case, acme_ids)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), named(case)


def test_nobody_without_a_key_gets_in(client, acme_ids):
    for case in OPERATIONS:
        answer = client.generic(case[1].upper(), f"/api/v1/{address(case[2], acme_ids)}")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), named(case)


MODEL_FIELDS = sorted(
    {
        field.attname
        for model in apps.get_models()
        if model._meta.app_label in {"accounts", "audit", "notify", "ingestion", "allocation", "showback", "api", "web"}
        for field in model._meta.local_fields
    }
    | {"organization", "is_staff", "is_superuser", "pk"}
)


def test_no_field_of_a_model_can_be_smuggled_into_a_write(acme, acme_ids):
    owner = Program(key_of(acme, Role.OWNER))
    for case in (case for case in OPERATIONS if case[3].body is not None):
        declared = set(case[3].body().fields)
        more = dict.fromkeys(set(MODEL_FIELDS) - declared, str(acme.id))

        answer = ask(owner, case, acme_ids, body={**BODIES[case[2]], **more})

        assert answer.status_code == 422, named(case)
        assert {error["pointer"] for error in answer.json()["errors"]} == {f"/{field}" for field in more}


def test_answers_declare_what_they_tell():
    for _, _, _, declared in OPERATIONS:
        assert declared.answers is None or issubclass(declared.answers, serializers.Serializer)
