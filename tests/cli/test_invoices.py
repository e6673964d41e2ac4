"""`itfm invoices` as scripts meet it: entered once, taken in whole, held against charges, with exit codes that stay."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ingestion.models import Invoice
from itfm.audit.models import AuditEvent
from itfm.core.tenancy import tenant
from tests.api.test_invoices import DETAIL, detail
from tests.cli.commands import itfm
from tests.ingestion.invoiced_bills import charge, deliver

FACTS = ("--issuer", "Cloud", "--number", "7", "--period", "2026-10", "--currency", "USD", "--issue-date", "2026-11-04")


def run(action, *arguments):
    return itfm("invoices", action, "--organization", "acme", *arguments)


def said(action, *arguments):
    out = StringIO()
    try:
        call_command("invoices", action, "--organization", "acme", *arguments, stdout=out)
    except SystemExit as stop:
        return stop.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def bills(acme, tmp_path):
    return deliver(acme, tmp_path, charge("60", number="7", detail="1"), charge("40", number="7", detail="2"))


def file_of(folder, *lines, name="october.csv"):
    file = folder / name
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_an_invoice_is_added_once_and_listed_beside_its_charges(acme, bills):
    code, made = run("add", *FACTS, "--amount", "100.000000000000000001")
    again = run("add", *FACTS, "--amount", "100.000000000000000001")
    _, listed = run("list", "--period", "2026-10", "--status", "issued")

    assert (code, set(made), made["status"], made["error"]) == (0, {"status", "invoice", "error"}, "added", None)
    assert (again[0], again[1]["status"], again[1]["invoice"]) == (0, "unchanged", made["invoice"])
    assert listed == {"invoices": [made["invoice"]]}
    assert (made["invoice"]["amount"], made["invoice"]["entered_by"]) == ("100.000000000000000001", "command line")
    assert made["invoice"]["reconciliation"]["difference"] == "-0.000000000000000001"
    assert run("list", "--period", "2026-09") == (0, {"invoices": []})
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="invoice.entered", actor_name="command line").count() == 1


def test_an_invoice_that_cannot_be_so_is_rejected_in_a_sentence(acme):
    run("add", *FACTS, "--amount", "100")

    code, taken = run("add", *FACTS, "--amount", "5")
    _, late = run("add", *FACTS, "--amount", "5", "--due-date", "2026-11-01", "--number", "8")

    assert (code, taken["status"], taken["invoice"]) == (2, "rejected", None)
    assert taken["error"]["message"] == "Invoice 7 of Cloud is there already. Change that one instead."
    assert (late["error"]["field"], late["error"]["message"]) == (
        "due_date", "Due date lies before the invoice was issued, 2026-11-04.",
    )  # fmt: skip
    with tenant(acme.id):
        assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", *FACTS, "--amount", "1,5"), "'1,5' is not a number"),
        (("add", *FACTS, "--amount", "1", "--due-date", "4.11.2026"), "'4.11.2026' is no day"),
        (("list", "--period", "October"), "October"),
        (("import", "nowhere.csv"), "nowhere.csv cannot be read: No such file or directory."),
    ],
)
def test_wrong_usage_says_what_is_wrong(acme, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_a_file_is_taken_in_once_or_not_at_all(acme, tmp_path):
    bad = file_of(tmp_path, DETAIL, detail(1, "60"), detail(2, "4_5"), name="bad.csv")
    good = file_of(tmp_path, DETAIL, detail(1, "60"), detail(2, "40"))

    code, rejected = run("import", bad)
    dry = run("import", good, "--dry-run")
    first, again, dry_again = run("import", good), run("import", good), run("import", good, "--dry-run")

    assert (code, rejected["status"], rejected["added"]) == (2, "rejected", 0)
    assert rejected["error"]["problems"][0].startswith("bad.csv, row 3, column BilledCost: ")
    assert first == (0, {"status": "imported", "added": 1, "changed": 0, "unchanged": 0, "error": None})
    assert dry == (0, {"status": "would_import", "added": 1, "changed": 0, "unchanged": 0, "error": None})
    assert again == dry_again == (0, {"status": "unchanged", "added": 0, "changed": 0, "unchanged": 1, "error": None})


def test_a_month_that_agrees_exits_with_zero(acme, bills, tmp_path):
    run("import", file_of(tmp_path, DETAIL, detail(1, "60", description="Disks"), detail(2, "40")))

    code, told = run("difference", "--period", "2026-10", "--lines")

    assert (code, told["agrees"], told["unknown"], told["bills_without"]) == (0, True, [], [])
    (invoice,) = told["invoices"]
    assert [(one["key"], one["difference"], one["state"]) for one in invoice["lines"]] == [
        ("1", "0.000000000000000000", "matches"),
        ("2", "0.000000000000000000", "matches"),
    ]
    code, words = said("difference", "--period", "2026-10", "--lines")
    assert (code, words.splitlines()[0]) == (0, "2026-10: agrees")
    assert "lines of 7 of Cloud" in words


def test_a_month_that_does_not_agree_exits_with_two_and_tells_where(acme, tmp_path):
    deliver(acme, tmp_path, charge("60", number="7"), charge("8.25", number="9"))
    deliver(acme, tmp_path, charge("1").replace(",Cloud,Cloud", ",Mail,Mail"), key="mail", name="Mail account")
    run("add", *FACTS, "--amount", "70")

    code, told = run("difference", "--period", "2026-10")

    assert (code, told["billing_period"], told["agrees"]) == (2, "2026-10", False)
    assert [one["reconciliation"]["state"] for one in told["invoices"]] == ["differs"]
    assert "lines" not in told["invoices"][0]
    assert [(one["number"], one["billed_cost"], one["charge_count"]) for one in told["unknown"]] == [
        ("9", "8.250000000000000000", 1)
    ]
    assert [one["source"] for one in told["bills_without"]] == ["Mail account"]
    code, words = said("difference", "--period", "2026-10")
    assert (code, words.splitlines()[0]) == (2, "2026-10: does not agree")
    assert "no invoice for the bill of Mail account, whose total is estimated" in words


def test_invoices_that_are_held_together_say_so_beside_their_own_amounts(acme, tmp_path):
    deliver(acme, tmp_path, charge("100"))
    run("add", *FACTS, "--amount", "70")
    run("add", *FACTS, "--amount", "29", "--number", "8")

    _, words = said("list")

    rows = {line.split()[0]: line.split(maxsplit=4)[4] for line in words.splitlines()[1:]}
    assert sorted(rows) == ["7", "8"]
    assert [rows[number].split()[0] for number in ("7", "8")] == ["70", "29"]
    assert all(row.endswith("2 held together") for row in rows.values())


def test_an_open_or_voided_invoice_disagrees_with_nothing(acme, bills):
    run("add", *FACTS[:-2], "--amount", "70", "--status", "open")

    code, told = run("difference", "--period", "2026-10")

    assert (code, told["agrees"], told["invoices"][0]["reconciliation"]["state"]) == (0, True, "not_issued")


def test_another_organization_has_its_own(acme, globex, bills):
    run("add", *FACTS, "--amount", "100")

    assert itfm("invoices", "list", "--organization", "globex") == (0, {"invoices": []})
