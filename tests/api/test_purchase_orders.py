"""Purchase orders by programs: kept once, changed from a version, beside the invoices that name them."""

import pytest

from ingestion.models import PurchaseOrder
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of
from tests.ingestion.test_purchase_orders import HEAD, invoice

BODY = {
    "vendor": "Cloud",
    "number": "PO-7",
    "currency": "EUR",
    "amount": "1000.000000000000000001",
    "order_date": "2026-01-02",
    "end_date": "2099-12-31",
}


def numbers(answer):
    return [one["number"] for one in answer.json()["items"]]


def test_an_order_is_kept_once_beside_its_invoices(owner, acme):
    made = owner.post("purchase-orders", BODY, **{"Idempotency-Key": "once"})
    repeated = owner.post("purchase-orders", BODY, **{"Idempotency-Key": "once"})
    again = owner.post("purchase-orders", BODY)
    with tenant(acme.id):
        invoice(acme, "1", "400", order="po-7")
        invoice(acme, "2", "5", currency="USD")
        invoice(acme, "3", "6", status="open")
        invoice(acme, "4", "7", issuer="Mail")

    assert (made.status_code, made["Location"]) == (201, f"/api/v1/purchase-orders/{made.json()['id']}")
    assert (repeated["Idempotency-Replayed"], repeated.json()) == ("true", made.json())
    assert again.json() == made.json()
    found = owner.get(f"purchase-orders/{made.json()['id']}").json()
    assert {name: found[name] for name in ("amount", "billed", "remaining", "percent", "state", "status")} == {
        "amount": "1000.000000000000000001",
        "billed": "400.000000000000000000",
        "remaining": "600.000000000000000001",
        "percent": "39.9",
        "state": "open",
        "status": "open",
    }
    assert (found["invoice_count"], found["not_issued"], found["not_issued_count"]) == (1, "6.000000000000000000", 1)
    assert found["in_other_currencies"] == [{"currency": "USD", "billed": "5.000000000000000000", "invoice_count": 1}]
    assert owner.get("purchase-orders").json()["items"] == [found]
    named = owner.get(f"purchase-orders/{found['id']}/invoices")
    assert (numbers(named), named.json()["items"][0]["purchase_order"]) == (["1", "2", "3"], "po-7")
    [unknown] = owner.get("unknown-purchase-orders").json()["items"]
    assert unknown == {
        "issuer": "Mail", "number": "PO-7", "currency": "EUR", "billed": "7.000000000000000000", "invoice_count": 1,
        "not_issued": "0", "not_issued_count": 0, "vendors": ["Cloud"],
        "invoices": [{"id": unknown["invoices"][0]["id"], "number": "4"}],
    }  # fmt: skip


def test_orders_come_a_page_at_a_time_by_state_and_vendor(owner, acme):
    for number, day in (("A", "2026-03-01"), ("B", "2026-02-01"), ("C", "2026-02-01"), ("D", "2026-01-01")):
        owner.post("purchase-orders", {**BODY, "number": number, "order_date": day, "amount": "10"})
    owner.post("purchase-orders", {**BODY, "vendor": "Mail", "number": "M", "status": "closed"})
    with tenant(acme.id):
        invoice(acme, "1", "11", order="C")
        invoice(acme, "2", "11", order="D")

    first = owner.get("purchase-orders?limit=3")
    rest = owner.get(f"purchase-orders?limit=3&cursor={first.json()['next']}")
    drawn = owner.get("purchase-orders?state=overdrawn&limit=1")

    assert (numbers(first), numbers(rest), rest.json()["next"]) == (["A", "B", "C"], ["M", "D"], None)
    assert numbers(drawn) == ["C"]
    assert numbers(owner.get(f"purchase-orders?state=overdrawn&limit=1&cursor={drawn.json()['next']}")) == ["D"]
    assert numbers(owner.get("purchase-orders?vendor=MAIL")) == ["M"]
    assert numbers(owner.get("purchase-orders?vendor=Nobody")) == []
    assert owner.get("purchase-orders?state=late").status_code == 400


def test_another_order_of_the_same_number_is_refused(owner):
    owner.post("purchase-orders", BODY)

    refused = owner.post("purchase-orders", {**BODY, "number": "po-7", "amount": "5"})

    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "is there already" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vendor", " Cloud"),
        ("number", ""),
        ("currency", "eur"),
        ("currency", "XXQ"),
        ("amount", "abc"),
        ("amount", 100),
        ("amount", "0"),
        ("amount", "1E20"),
        ("order_date", "2.1.2026"),
        ("status", "expired"),
        ("description", "a\nb"),
        ("organization", "x"),
    ],
)
def test_what_cannot_be_is_pointed_at(owner, acme, field, value):
    refused = owner.post("purchase-orders", {**BODY, field: value})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{field}"]
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()


def test_an_end_before_the_start_is_pointed_at(owner):
    refused = owner.post("purchase-orders", {**BODY, "start_date": "2100-01-01"})

    assert refused.json()["errors"] == [{"pointer": "/end_date", "detail": "It lies before the start, 2100-01-01."}]


def test_an_order_is_changed_from_the_version_that_was_read(owner, acme):
    made = owner.post("purchase-orders", BODY)
    place = f"purchase-orders/{made.json()['id']}"

    without = owner.ask("PATCH", place, {"amount": "99"})
    changed = owner.ask(
        "PATCH", place, {"amount": "99", "end_date": None, "status": "closed"}, **{"If-Match": made["ETag"]}
    )
    late = owner.ask("PATCH", place, {"amount": "98"}, **{"If-Match": made["ETag"]})

    assert (without.status_code, without.json()["code"]) == (428, "version_required")
    assert (changed.status_code, changed.json()["amount"], changed.json()["end_date"], changed.json()["state"]) == (
        200,
        "99.000000000000000000",
        None,
        "closed",
    )
    assert (late.status_code, late.json()["code"]) == (412, "version_differs")
    with tenant(acme.id):
        event = AuditEvent.objects.get(action="purchase_order.changed")
    assert event.changes == {
        "amount": [BODY["amount"], "99"],
        "end_date": ["2099-12-31", None],
        "status": ["open", "closed"],
    }


def test_a_deleted_order_is_gone(owner, acme):
    place = f"purchase-orders/{owner.post('purchase-orders', BODY).json()['id']}"

    assert owner.ask("DELETE", place).status_code == 204
    assert owner.get(place).status_code == 404
    assert owner.ask("DELETE", place).status_code == 404
    with tenant(acme.id):
        assert AuditEvent.objects.get(action="purchase_order.deleted").changes["number"] == "PO-7"


def test_a_key_that_sees_a_part_of_the_cost_sees_no_orders(acme):
    part = Program(key_of(acme, Role.FINANCE, scopes=(("team", "Payments"),)))

    assert part.get("purchase-orders").status_code == 403
    assert part.get("unknown-purchase-orders").status_code == 403
    assert part.post("purchase-orders", BODY).status_code == 403


def send(program, *lines, query="", **headers):
    content = "\n".join([HEAD, *lines]).encode()
    named = {"Content-Type": "application/octet-stream", **headers}
    return program.ask("POST", f"purchase-orders/files?name=orders.csv{query}", content, **named)


def test_a_file_is_looked_at_and_taken_in_once(owner, acme):
    looked = send(owner, "PO-7,Cloud,EUR,1000,2026-01-02", query="&dry_run=true")
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()
    made = send(owner, "PO-7,Cloud,EUR,1000,2026-01-02", **{"Idempotency-Key": "once"})
    repeated = send(owner, "PO-7,Cloud,EUR,1000,2026-01-02", **{"Idempotency-Key": "once"})
    again = send(owner, "PO-7,Cloud,EUR,1000,2026-01-02")
    other = send(owner, "PO-7,Cloud,EUR,1200,2026-01-02", "PO-8,Cloud,EUR,1,2026-01-02")

    assert looked.json() == made.json() == {"added": 1, "changed": 0, "unchanged": 0}
    assert (repeated["Idempotency-Replayed"], repeated.json()) == ("true", made.json())
    assert again.json() == {"added": 0, "changed": 0, "unchanged": 1}
    assert other.json() == {"added": 1, "changed": 1, "unchanged": 0}


@pytest.mark.parametrize("query", ["", "&dry_run=true"])
def test_a_bad_cell_is_named_and_nothing_is_kept(owner, acme, query):
    refused = send(owner, "PO-7,Cloud,EUR,1000,2026-01-02", "PO-8,Cloud,EUR,abc,2026-01-02", query=query)

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    [problem] = refused.json()["errors"]
    assert problem["detail"].startswith("orders.csv, row 3, column Amount: 'abc' is not a number")
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()


def test_another_organization_has_orders_of_its_own(owner, acme, globex):
    place = f"purchase-orders/{owner.post('purchase-orders', BODY).json()['id']}"
    stranger = Program(key_of(globex, Role.OWNER))

    assert stranger.get("purchase-orders").json()["items"] == []
    assert stranger.get(place).status_code == 404
    assert stranger.get(f"{place}/invoices").status_code == 404
    assert stranger.ask("DELETE", place).status_code == 404
    assert owner.get(place).status_code == 200
