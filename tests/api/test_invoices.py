"""Invoices by programs: kept once, changed from a version, held against charges."""

import pytest

from ingestion.models import Invoice
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of
from tests.ingestion.invoiced_bills import charge, deliver

BODY = {
    "issuer": "Cloud",
    "number": "7",
    "billing_period": "2026-10",
    "currency": "USD",
    "amount": "100.000000000000000001",
    "issue_date": "2026-11-04",
}


@pytest.fixture
def bills(acme, tmp_path):
    return deliver(acme, tmp_path, charge("60", number="7"), charge("40", number="7"))


def test_an_invoice_is_kept_once_beside_its_charges(owner, acme, bills):
    bill = bills[10].id
    before = owner.get(f"bills/{bill}").json()["invoice_state"]
    made = owner.post("invoices", BODY, **{"Idempotency-Key": "once"})
    repeated = owner.post("invoices", BODY, **{"Idempotency-Key": "once"})
    again = owner.post("invoices", BODY)

    assert (made.status_code, made["Location"]) == (201, f"/api/v1/invoices/{made.json()['id']}")
    assert (repeated["Idempotency-Replayed"], repeated.json()) == ("true", made.json())
    assert again.json()["id"] == made.json()["id"]
    found = owner.get(f"invoices/{made.json()['id']}").json()
    assert found["amount"] == "100.000000000000000001"
    assert {name: found["reconciliation"][name] for name in ("state", "charge_count", "is_by_number", "tax")} == {
        "state": "within_tolerance",
        "charge_count": 2,
        "is_by_number": True,
        "tax": None,
    }
    assert found["reconciliation"]["difference"] == "-0.000000000000000001"
    assert owner.get("invoices?period=2026-10&status=issued").json()["items"] == [found]
    assert owner.get("invoices?period=2026-09").json()["items"] == []
    assert (before, owner.get(f"bills/{bill}").json()["invoice_state"]) == ("estimated", "invoiced")


def test_another_invoice_of_the_same_number_is_refused(owner):
    owner.post("invoices", BODY)

    refused = owner.post("invoices", {**BODY, "amount": "5"})

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "is there already" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", " Cloud"),
        ("number", ""),
        ("currency", "usd"),
        ("amount", 100),
        ("amount", "1E20"),
        ("due_date", "2026-11-03"),
        ("status", "voided"),
        ("billing_account", "a\nb"),
        ("organization", "x"),
    ],
)
def test_what_cannot_be_is_pointed_at(owner, acme, field, value):
    refused = owner.post("invoices", {**BODY, field: value})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{field}"]
    with tenant(acme.id):
        assert not Invoice.objects.exists()


def test_an_invoice_is_changed_from_the_version_that_was_read(owner, acme):
    made = owner.post("invoices", BODY)
    address = f"invoices/{made.json()['id']}"

    changed = owner.ask("PATCH", address, {"amount": "99", "billing_account": "42"}, **{"If-Match": made["ETag"]})
    late = owner.ask("PATCH", address, {"amount": "98"}, **{"If-Match": made["ETag"]})

    assert (changed.status_code, changed.json()["amount"], changed.json()["billing_account"]) == (
        200,
        "99.000000000000000000",
        "42",
    )
    assert (late.status_code, late.json()["code"]) == (412, "version_differs")
    with tenant(acme.id):
        event = AuditEvent.objects.get(action="invoice.changed")
    assert event.changes == {"amount": [BODY["amount"], "99"], "billing_account_id": [None, "42"]}


def test_a_voided_invoice_counts_no_more_and_can_be_put_back(owner):
    address = f"invoices/{owner.post('invoices', BODY).json()['id']}"

    voided = [owner.ask("DELETE", address).json() for _ in range(2)]
    restored = owner.post(f"{address}/restorations").json()

    assert [(one["status"], one["reconciliation"]["state"]) for one in voided] == [("voided", "voided")] * 2
    assert restored["status"] == "issued"


def test_a_key_that_sees_a_part_of_the_cost_writes_no_invoices(acme):
    part = Program(key_of(acme, Role.FINANCE, scopes=(("team", "Payments"),)))

    assert part.get("invoices").status_code == 403
    assert part.post("invoices", BODY).status_code == 403
