"""Lookup tables: a file is compared before it is taken in, rows are edited in a form, and rules keep what they use."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import Workbook

from allocation.engine.rules import parse
from allocation.lookup_files import MAX_ENTRIES, read, written
from allocation.models import RuleDraft
from allocation.services import publish_rules
from allocation.working import working_rules
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member

RULES = """
version: 1
lookups: {names: {pay: Payments, srch: Search}, free: {a: b}}
dimensions:
- key: team
  name: Team
  rules:
  - {name: by tag, when: {tag: team, exists: true}, value: {tag: team, transforms: [{lookup: names}]}}
"""
HEADER = "text,gives\n"
FILE = HEADER + "pay,Payments\nsrch,Find\nweb,Web shop\n"


@pytest.fixture
def with_lookups(acme, owner):
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)


def table(acme, key="names"):
    with tenant(acme.id):
        return dict(working_rules().rules.lookups[key])


def lock(acme):
    with tenant(acme.id):
        draft = RuleDraft.objects.filter(state=RuleDraft.State.OPEN).first()
    return draft.lock if draft else 0


def send(client, content, *, name="names.csv"):
    file = BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    return client.post(reverse("allocation_lookup_take_in", args=["names"]), {"file": file})


def test_the_list_tells_rows_and_users(with_lookups, client):
    page = client.get(reverse("allocation_lookups")).content.decode()

    assert "names" in page
    assert "Team, rule 1 (by tag)" in page
    assert "no rule" in page


def test_a_file_is_compared_before_anything_is_changed(acme, with_lookups, client):
    page = send(client, FILE).content.decode()

    assert "Take in names.csv?" in page
    assert '<th scope="row">srch</th><td>Changed</td><td>Search</td><td>Find</td>' in page
    assert '<th scope="row">web</th><td>New</td>' in page
    assert lock(acme) == 0


@pytest.mark.parametrize(
    ("mode", "content", "expected"),
    [
        ("merge", HEADER + "web,Web shop\n", {"pay": "Payments", "srch": "Search", "web": "Web shop"}),
        ("replace", HEADER + "web,Web shop\n", {"web": "Web shop"}),
    ],
)
def test_a_confirmed_file_goes_into_the_draft_and_is_undone(acme, with_lookups, client, mode, content, expected):
    data = {"content": content, "confirmed": mode, "file_name": "names.csv", "lock": "0"}

    client.post(reverse("allocation_lookup_take_in", args=["names"]), data)

    assert table(acme) == expected
    client.post(reverse("allocation_undo"), {"lock": lock(acme)})
    assert table(acme) == {"pay": "Payments", "srch": "Search"}


def test_a_workbook_is_read_like_its_text():
    book = Workbook()
    for row in (["Text", "Gives"], ["pay", "Payments"], [123456789012, "Search"]):
        book.active.append(row)
    buffer = BytesIO()
    book.save(buffer)

    assert read(buffer.getvalue(), name="x.xlsx").table == {"pay": "Payments", "123456789012": "Search"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n", "row 1: the columns must be text and gives"),
        (HEADER, "there is no row under the heading"),
        (HEADER + ",x\n", "row 2, column text: it is empty; write the text that the bills have"),
        (HEADER + "x,\n", "row 2, column gives: it is empty; write what the rule then gives"),
        (HEADER + "x,y,z\n", "row 2, it has 3 columns instead of 2"),
        (HEADER + "x,y\nx,z\n", "row 3, column text: 'x' stands in row 2 with another value"),
        (HEADER + f"{'x' * 2001},y\n", "row 2, column text: longer than 2,000 characters"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"x" * 2_000_001, "larger than 2,000,000 bytes"),
        (HEADER + "".join(f"{number},y\n" for number in range(MAX_ENTRIES + 1)), "more than 10,000 rows"),
    ],
)
def test_a_bad_file_is_refused_by_row_and_column_with_what_to_do(content, said):
    found = read(content if isinstance(content, bytes) else content.encode(), name="names.csv")

    assert found.table == {}
    assert found.problems[0].startswith("names.csv")
    assert said in found.problems[0]


def test_a_bad_file_changes_nothing(acme, with_lookups, client):
    answer = send(client, FILE + "x,\n")

    assert answer.status_code == 422
    assert "names.csv, row 5, column gives" in answer.content.decode()
    assert lock(acme) == 0


def test_what_a_spreadsheet_would_run_is_written_inert_and_read_back():
    rows = {"=cmd()": "-x", "plain": "+1"}

    assert "'=cmd()" in written(rows)
    assert read(written(rows).encode(), name="x").table == rows


def test_a_table_is_downloaded_as_it_was_sent(acme, with_lookups, client):
    answer = client.get(reverse("allocation_lookup_rows", args=["names"]))

    assert answer.content.decode() == HEADER + "pay,Payments\nsrch,Search\n"


def rows_of(*rows, **more):
    data = {"lock": "0", **more}
    for number, (was, text, gives) in enumerate(rows):
        data |= {f"row.{number}-was": was, f"row.{number}-text": text, f"row.{number}-gives": gives}
    return data


def test_rows_are_edited_added_and_deleted_by_the_form(acme, with_lookups, client):
    address = reverse("allocation_lookup_edit", args=["names"])

    data = rows_of(("pay", "pay", "Pay team"), ("srch", "srch", "Search"), ("", "web", "Web"), ("", "", ""), delete="1")
    client.post(address, data)

    assert table(acme) == {"pay": "Pay team", "web": "Web"}


def test_what_is_refused_stands_in_the_form_with_the_reason(acme, with_lookups, client):
    data = rows_of(("pay", "pay", ""), ("srch", "srch", "Search"))

    answer = client.post(reverse("allocation_lookup_edit", args=["names"]), data)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "The row &#x27;pay&#x27; gives nothing" in page
    assert 'data-guard="dirty"' in page
    assert table(acme)["pay"] == "Payments"


def test_an_unchanged_form_begins_no_draft(acme, with_lookups, client):
    client.post(reverse("allocation_lookup_edit", args=["names"]), rows_of(("pay", "pay", "Payments")))

    assert lock(acme) == 0


def test_search_looks_at_both_texts_in_any_case(with_lookups, client):
    page = client.get(reverse("allocation_lookup", args=["names"]), {"q": "PAYM"}).content.decode()

    assert 'value="pay"' in page
    assert 'value="srch"' not in page


def test_a_table_is_added_and_refused_with_a_key_that_is_none(acme, with_lookups, client):
    address = reverse("allocation_lookup_add")

    refused = client.post(address, {"key": "Bad Key", "lock": "0"}, follow=True).content.decode()
    client.post(address, {"key": "regions", "lock": "0"})

    assert "Not changed." in refused
    assert table(acme, "regions") == {}


def test_a_table_in_use_stays_and_says_who_uses_it(acme, with_lookups, client):
    kept = client.post(reverse("allocation_lookup_delete", args=["names"]), {"lock": "0"}, follow=True)
    client.post(reverse("allocation_lookup_delete", args=["free"]), {"lock": "0"})

    assert "Not deleted. These look up in it: Team, rule 1 (by tag)." in kept.content.decode()
    with tenant(acme.id):
        assert set(working_rules().rules.lookups) == {"names"}


def test_finance_reads_tables_and_changes_none(acme, with_lookups, client):
    client.force_login(member(acme, Role.FINANCE, "fin@acme.example"))

    assert client.get(reverse("allocation_lookup", args=["names"])).status_code == 200
    assert send(client, FILE).status_code == 403
    assert client.post(reverse("allocation_lookup_edit", args=["names"]), rows_of()).status_code == 403
    assert lock(acme) == 0


def test_another_organization_finds_no_table(acme, globex, with_lookups, client):
    client.force_login(member(globex, Role.OWNER))

    assert client.get(reverse("allocation_lookup", args=["names"])).status_code == 404
    assert client.get(reverse("allocation_lookup_rows", args=["names"])).status_code == 404
