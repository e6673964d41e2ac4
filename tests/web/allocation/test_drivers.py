"""Values of a driver from a file: counted before they are taken in, refused row by row, stored whole or not at all."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import Workbook

from allocation.driver_files import read, written
from allocation.engine.rules import parse
from allocation.models import DriverValue
from allocation.services import allocate, due_periods, publish_rules
from allocation.table_files import MAX_ROWS
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.engine.bills import OCTOBER
from tests.conftest import NOW, member

RULES = """
version: 1
dimensions:
- {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
drivers: [{key: seats, name: Seats, dimension: team, unit: seats}]
"""
HEADER = "date,value,quantity\n"
GOOD = HEADER + "2026-10-01,payments,12.5\n2026-10-02,nobody,1\n"


@pytest.fixture
def with_driver(acme, october, owner):
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
    allocate(acme.id, period=OCTOBER)


def send(client, content, *, name="seats.csv"):
    file = BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    return client.post(reverse("allocation_driver_take_in", args=["seats"]), {"file": file})


def stored(acme):
    with tenant(acme.id):
        return list(DriverValue.objects.order_by("date").values_list("date", "value", "quantity"))


def test_rows_are_counted_and_nothing_is_stored_before_one_agrees(acme, with_driver, client):
    page = send(client, GOOD).content.decode()

    assert "Take in seats.csv?" in page
    assert "<strong>nobody</strong>" in page
    assert stored(acme) == []


def test_confirmed_values_are_stored_written_down_and_make_periods_due(acme, with_driver, client):
    data = {"content": GOOD, "confirmed": "1", "file_name": "seats.csv"}

    answer = client.post(reverse("allocation_driver_take_in", args=["seats"]), data, follow=True)

    assert "2 values taken in" in answer.content.decode()
    assert stored(acme)[0] == (date(2026, 10, 1), "payments", Decimal("12.5"))
    assert due_periods(acme.id) == [OCTOBER]
    with tenant(acme.id):
        assert AuditEvent.objects.get(action="driver.values_taken_in").target == "seats"


def test_a_workbook_is_read_like_its_text(acme, with_driver, client):
    book = Workbook()
    for row in (["Date", "Value", "Quantity"], [date(2026, 10, 1), "payments", 0.1], ["2026-10-02", "payments", 7]):
        book.active.append(row)
    buffer = BytesIO()
    book.save(buffer)

    values = read(buffer.getvalue(), name="seats.xlsx").values

    assert [(one.date.day, one.quantity) for one in values] == [(1, Decimal("0.1")), (2, Decimal(7))]
    assert "Take in seats.xlsx?" in send(client, buffer.getvalue(), name="seats.xlsx").content.decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n", "row 1: the columns must be date, value, quantity"),
        (HEADER, "there is no row under the heading"),
        (HEADER + "01/10/2026,x,1\n", "row 2, column date: '01/10/2026' is no date; write it as 2026-10-01"),
        (HEADER + "2026-10-01,x,1_000\n", "row 2, column quantity: '1_000' is not a number"),
        (HEADER + "2026-10-01,x,\uff11\n", "row 2, column quantity"),
        (HEADER + "2026-10-01,x,NaN\n", "row 2, column quantity: 'NaN' is not a number"),
        (HEADER + "2026-10-01,x,1e30\n", "a quantity has at most 20 digits before"),
        (HEADER + "2026-10-01,,1\n", "row 2, column value: write the value it is for"),
        (HEADER + "2026-10-01,x,1,2\n", "row 2, it has 4 columns instead of 3"),
        (HEADER + '2026-10-01,"x,1\n', "is no CSV"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"PK\x03\x04 not a zip", "no workbook that can be read"),
        (b"x" * 2_000_001, "larger than 2,000,000 bytes"),
        (HEADER + "\n".join(["2026-10-01,x,1"] * (MAX_ROWS + 1)), "more than 50,000 rows"),
    ],
)
def test_a_bad_file_is_refused_by_row_and_column_with_what_to_do(content, said):
    found = read(content if isinstance(content, bytes) else content.encode(), name="seats.csv")

    assert found.values == ()
    assert said in found.problems[0]
    assert found.problems[0].startswith("seats.csv")


def test_one_bad_row_keeps_the_good_ones_out(acme, with_driver, client):
    answer = send(client, GOOD + "2026-10-03,payments,many\n")

    assert answer.status_code == 422
    assert "seats.csv, row 4, column quantity" in answer.content.decode()
    assert stored(acme) == []


def test_what_a_spreadsheet_would_run_is_written_inert_and_read_back():
    rows = [(date(2026, 10, 1), '=cmd|"/c calc"', Decimal("1.50")), (date(2026, 10, 2), "-x", Decimal(100))]

    text = written(rows)

    assert "\n2026-10-02,'-x,100\n" in text
    assert "'=cmd" in text
    assert [(one.date, one.value, one.quantity) for one in read(text.encode(), name="x").values] == rows


def test_values_are_downloaded_as_they_came(acme, with_driver, client):
    client.post(reverse("allocation_driver_take_in", args=["seats"]), {"content": GOOD, "confirmed": "1"})

    assert client.get(reverse("allocation_driver_values", args=["seats"])).content.decode() == GOOD


def test_a_driver_is_added_to_the_draft(acme, with_driver, client):
    data = {"lock": "0", "key": "gb", "name": "Logs", "dimension": "team", "unit": "GB"}

    page = client.post(reverse("allocation_driver_add"), data, follow=True)

    assert "Logs" in page.content.decode()
    assert client.get(reverse("allocation_driver", args=["gb"])).status_code == 200


def test_finance_takes_values_in_and_changes_no_driver(acme, with_driver, client):
    client.force_login(member(acme, Role.FINANCE, "fin@acme.example"))

    assert "Check the file" in client.get(reverse("allocation_driver", args=["seats"])).content.decode()
    assert send(client, GOOD).status_code == 200
    assert client.post(reverse("allocation_driver_add"), {"key": "x"}).status_code == 403


def test_an_auditor_reads_values_and_takes_none_in(acme, with_driver, client):
    client.force_login(member(acme, Role.AUDITOR, "audit@acme.example"))

    assert "Check the file" not in client.get(reverse("allocation_driver", args=["seats"])).content.decode()
    assert send(client, GOOD).status_code == 403
    assert stored(acme) == []
