"""Invoices by programs: kept once, changed from a version, held against charges."""

import pytest

from ingestion.models import Invoice
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of, member
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


DETAIL = (
    "InvoiceId,InvoiceIssuerName,InvoiceDetailId,ChargeCategory,BilledCost,BillingAccountId,BillingCurrency,"
    "BillingPeriodStart,InvoiceIssueStatus,InvoiceDetailDescription"
)


def detail(number, amount, *, description=""):
    return f"7,Cloud,{number},Usage,{amount},,USD,2026-10-01T00:00:00Z,Issued,{description}"


def send(program, *lines, name="october.csv", **headers):
    named = {"Content-Type": "application/octet-stream", **headers}
    return program.ask("POST", f"invoices/files?name={name}", "\n".join(lines).encode(), **named)


def test_a_file_is_taken_in_once_whatever_key_it_comes_with(owner, acme):
    lines = (DETAIL, detail(1, "60", description="Disks"), detail(2, "40.000000000000000001"))
    looked = send(owner, *lines, name="october.csv&dry_run=true")
    assert owner.get("invoices").json()["items"] == []
    made = send(owner, *lines, **{"Idempotency-Key": "once"})
    repeated = send(owner, *lines, **{"Idempotency-Key": "once"})
    again = send(owner, *lines)
    other = send(owner, DETAIL, detail(1, "61"), **{"Idempotency-Key": "once"})

    assert (made.status_code, made.json()) == (200, {"added": 1, "changed": 0, "unchanged": 0})
    assert looked.json() == made.json()
    assert (repeated["Idempotency-Replayed"], repeated.json()) == ("true", made.json())
    assert again.json() == {"added": 0, "changed": 0, "unchanged": 1}
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    (found,) = owner.get("invoices").json()["items"]
    assert (found["amount"], found["origin"], found["file_name"], found["line_count"]) == (
        "100.000000000000000001", "detail", "october.csv", 2,
    )  # fmt: skip
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="invoices.taken_in").count() == 1


def test_a_bad_cell_is_named_and_nothing_is_kept(owner, acme):
    refused = send(owner, DETAIL, detail(1, "60"), detail(2, "4_5"))

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    (problem,) = refused.json()["errors"]
    assert problem["detail"].startswith("october.csv, row 3, column BilledCost: ")
    with tenant(acme.id):
        assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("headers", "query", "status", "code"),
    [
        ({"Content-Type": "text/csv"}, "?name=a.csv", 415, "unsupported_media_type"),
        ({"Content-Type": "application/json"}, "?name=a.csv", 415, "unsupported_media_type"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "?name=a.csv", 415, "unsupported_media_type"),
        ({"Content-Type": "application/octet-stream"}, "", 400, "invalid_query"),
        ({"Content-Type": "application/octet-stream"}, "?name=a.exe", 422, "invalid"),
    ],
)
def test_a_file_comes_as_one_with_its_name(owner, headers, query, status, code):
    answer = owner.ask("POST", f"invoices/files{query}", b"x", **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(owner):
    headers = {"Content-Type": "application/octet-stream"}

    refused = owner.ask("POST", "invoices/files?name=a.csv", b"x" * 20_000_001, **headers)

    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_a_file_that_is_larger_than_a_json_body_may_be_is_taken(owner):
    lines = (detail(number, "0.01", description="x" * 200) for number in range(12_000))

    assert send(owner, DETAIL, *lines).json() == {"added": 1, "changed": 0, "unchanged": 0}


def test_lines_stand_beside_their_charges_a_page_at_a_time(owner, acme, tmp_path):
    deliver(acme, tmp_path, charge("60", number="7", detail="1"), charge("2.5", number="7", detail="3"))
    send(owner, DETAIL, detail(1, "60", description="Disks"), detail(2, "400"))
    invoice = owner.get("invoices").json()["items"][0]["id"]

    first = owner.get(f"invoices/{invoice}/lines?limit=2").json()
    rest = owner.get(f"invoices/{invoice}/lines?limit=2&cursor={first['next']}").json()

    assert [(one["key"], one["amount"], one["charges_amount"], one["state"]) for one in first["items"]] == [
        ("1", "60.000000000000000000", "60.000000000000000000", "matches"),
        ("2", "400.000000000000000000", None, "no_charges"),
    ]
    assert (first["items"][0]["description"], first["items"][0]["difference"]) == ("Disks", "0.000000000000000000")
    assert [(one["key"], one["amount"], one["state"], rest["next"]) for one in rest["items"]] == [
        ("3", None, "no_line", None)
    ]
    send(owner, DETAIL, detail(1, "60"))
    moved = owner.get(f"invoices/{invoice}/lines?cursor={first['next']}")
    assert (moved.status_code, moved.json()["code"]) == (400, "invalid_cursor")


def test_numbers_in_charges_that_no_invoice_has_are_told(owner, bills):
    (one,) = owner.get("unknown-invoices?period=2026-10").json()["items"]

    assert one == {
        "issuer": "Cloud", "number": "7", "billing_account": one["billing_account"], "currency": "USD",
        "billed_cost": "100.000000000000000000", "charge_count": 2,
    }  # fmt: skip
    owner.post("invoices", BODY)
    assert owner.get("unknown-invoices?period=2026-10").json()["items"] == []
    assert owner.get("unknown-invoices").status_code == 400


def test_bills_without_an_invoice_are_those_of_the_page_until_one_is_entered(owner, acme, client, bills):
    found = owner.get("bills-without-invoice?period=2026-10").json()["items"]

    assert [(one["id"], one["source_name"], one["invoice_state"]) for one in found] == [
        (str(bills[10].id), found[0]["source_name"], "estimated")
    ]
    assert found[0] == owner.get(f"bills/{bills[10].id}").json()
    client.force_login(member(acme, Role.OWNER, "page@acme.example"))
    shown = client.get("/bills/invoices?period=2026-10").context["page"].bills_without
    assert [str(one.id) for one in shown] == [one["id"] for one in found]

    owner.post("invoices", BODY)

    assert owner.get("bills-without-invoice?period=2026-10").json()["items"] == []
    assert owner.get("bills-without-invoice?period=2026-09").json()["items"] == []
    assert owner.get("bills-without-invoice").status_code == 400


def test_bills_without_an_invoice_come_page_by_page_and_to_their_organization_only(owner, acme, globex, tmp_path):
    for key in ("one", "two", "three"):
        deliver(acme, tmp_path, charge("5"), key=key, name=key)

    first = owner.get("bills-without-invoice?period=2026-10&limit=2").json()
    second = owner.get(f"bills-without-invoice?period=2026-10&limit=2&cursor={first['next']}").json()

    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    assert {one["source_name"] for one in first["items"] + second["items"]} == {"one", "two", "three"}
    member(globex, Role.OWNER)
    assert Program(key_of(globex, Role.OWNER)).get("bills-without-invoice?period=2026-10").json()["items"] == []
