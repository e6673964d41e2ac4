"""`itfm orders` as scripts meet it: entered once, taken in whole, listed with what is left."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ingestion.models import PurchaseOrder
from itfm.audit.models import AuditEvent
from itfm.core.tenancy import tenant
from tests.cli.commands import itfm
from tests.ingestion.test_purchase_orders import HEAD, invoice

FACTS = ("--vendor", "Cloud", "--number", "PO-7", "--currency", "EUR", "--order-date", "2026-01-02")


def run(action, *arguments):
    return itfm("orders", action, "--organization", "acme", *arguments)


def said(action, *arguments):
    out = StringIO()
    call_command("orders", action, "--organization", "acme", *arguments, stdout=out)
    return out.getvalue()


def file_of(folder, *lines, name="orders.csv"):
    file = folder / name
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return file


def test_an_order_is_added_once_and_listed_with_what_is_left(acme):
    code, made = run("add", *FACTS, "--amount", "1000.000000000000000001", "--end-date", "2099-12-31")
    again = run("add", *FACTS, "--amount", "1000.000000000000000001", "--end-date", "2099-12-31")
    with tenant(acme.id):
        invoice(acme, "1", "400")
        invoice(acme, "2", "7", order="PO-9")
        invoice(acme, "3", "5", currency="USD")
    _, listed = run("list", "--state", "open", "--vendor", "CLOUD")
    words = said("list")

    assert (code, set(made), made["status"], made["error"]) == (0, {"status", "order", "error"}, "added", None)
    assert (again[0], again[1]["status"], again[1]["order"]) == (0, "unchanged", made["order"])
    [order] = listed["orders"]
    assert (order["remaining"], order["entered_by"]) == ("600.000000000000000001", "command line")
    assert order["in_other_currencies"][0]["currency"] == "USD"
    assert [(one["number"], one["billed"], one["invoices"][0]["number"]) for one in listed["unknown"]] == [
        ("PO-9", "7.000000000000000000", "2")
    ]
    assert run("list", "--state", "overdrawn")[1]["orders"] == []
    assert run("list", "--vendor", "Mail")[1]["orders"] == []
    assert "PO-7    Cloud   EUR       1000.000000000000000001  400" in words
    assert "numbers on invoices that no order has" in words
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="purchase_order.entered", actor_name="command line").count() == 1


def test_an_order_that_cannot_be_so_is_rejected_in_a_sentence(acme):
    run("add", *FACTS, "--amount", "100")

    code, taken = run("add", *FACTS, "--amount", "5")
    _, late = run(
        "add", *FACTS[:3], "8", *FACTS[4:], "--amount", "5", "--start-date", "2026-02-01", "--end-date", "2026-01-01"
    )

    assert (code, taken["status"], taken["order"]) == (2, "rejected", None)
    assert taken["error"]["message"] == "Purchase order PO-7 of Cloud is there already. Change that one instead."
    assert (late["error"]["field"], late["error"]["message"]) == (
        "end_date", "End date lies before the start, 2026-02-01.",
    )  # fmt: skip
    with tenant(acme.id):
        assert PurchaseOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", *FACTS, "--amount", "abc"), "--amount: 'abc' is not a number"),
        (("add", *FACTS, "--amount", "1", "--end-date", "4.11.2026"), "'4.11.2026' is no day"),
        (("add", *FACTS[:-1], "", "--amount", "1"), "--order-date: it is empty"),
        (("import", "nowhere.csv"), "nowhere.csv cannot be read: No such file or directory."),
    ],
)
def test_wrong_usage_says_what_is_wrong(acme, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_a_file_is_looked_at_and_taken_in_once_or_not_at_all(acme, tmp_path):
    bad = file_of(tmp_path, "PO-7,Cloud,EUR,1,2026-01-02", "PO-8,Cloud,EUR,4_5,2026-01-02", name="bad.csv")
    good = file_of(tmp_path, "PO-7,Cloud,EUR,1,2026-01-02", "PO-8,Cloud,EUR,4,2026-01-02")

    code, rejected = run("import", bad)
    dry = run("import", good, "--dry-run")
    with tenant(acme.id):
        assert not PurchaseOrder.objects.exists()
    first, again, dry_again = run("import", good), run("import", good), run("import", good, "--dry-run")

    assert (code, rejected["status"], rejected["added"]) == (2, "rejected", 0)
    assert rejected["error"]["problems"][0].startswith("bad.csv, row 3, column Amount: ")
    assert dry == (0, {"status": "would_import", "added": 2, "changed": 0, "unchanged": 0, "error": None})
    assert first == (0, {"status": "imported", "added": 2, "changed": 0, "unchanged": 0, "error": None})
    assert again == dry_again == (0, {"status": "unchanged", "added": 0, "changed": 0, "unchanged": 2, "error": None})


def test_nothing_there_is_said(acme):
    assert said("list").strip() == "There is no such purchase order."


def test_another_organization_has_its_own(acme, globex):
    run("add", *FACTS, "--amount", "100")

    assert itfm("orders", "list", "--organization", "globex") == (0, {"orders": [], "unknown": []})
