"""Single charges from the lake, by the page and as a file."""

import csv
import io
from decimal import Decimal

import pytest

from itfm.core.policy import Role
from tests import duck
from tests.api.conftest import Program
from tests.conftest import key_of
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.pulls import connect, pull

OCTOBER = "period=2026-10"


@pytest.fixture
def source(acme, tmp_path):
    costs = ["1.5", "2.25", "0.000000000000000001"]
    lines = [line(cost, day=day, service="=SUM(A1)" if day == 3 else "Storage") for day, cost in enumerate(costs, 1)]
    write_bill(tmp_path / "bills" / "october.csv", *lines)
    source = connect(acme, tmp_path / "bills")
    assert pull(source).state == "imported"
    return source


def test_pages_tell_every_charge_once_to_the_last_digit(owner, source):
    first = owner.get(f"charges?{OCTOBER}&limit=2").json()
    second = owner.get(f"charges?{OCTOBER}&limit=2&cursor={first['next']}").json()

    told = [*first["items"], *second["items"]]
    assert [(row["x_row_number"], row["billed_cost"]) for row in told] == [
        (1, "1.500000000000000000"), (2, "2.250000000000000000"), (3, "0.000000000000000001"),
    ]  # fmt: skip
    assert (first["items"][0]["source"], second["next"]) == (str(source.id), None)
    assert told[0]["charge_period_start"] == "2026-10-01T00:00:00Z"


def test_a_filter_keeps_exactly_its_value(owner, source):
    found = owner.get(f"charges?{OCTOBER}&service_name==SUM(A1)").json()["items"]

    assert [row["x_row_number"] for row in found] == [3]
    assert owner.get(f"charges?{OCTOBER}&service_name=' OR 1=1 --").json()["items"] == []
    assert owner.get(f"charges?{OCTOBER}&tags=x").status_code == 400


def test_a_cursor_into_a_bill_that_was_restated_is_refused(owner, source, tmp_path):
    page = owner.get(f"charges?{OCTOBER}&limit=1").json()
    write_bill(tmp_path / "bills" / "october.csv", line("7"), line("8"))
    pull(source)

    answer = owner.get(f"charges?{OCTOBER}&cursor={page['next']}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_csv_file_holds_the_numbers_and_no_formula(owner, source, lake):
    answer = owner.get(f"charges/file?{OCTOBER}")

    content = b"".join(answer.streaming_content).decode()
    answer.close()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert answer["Content-Type"] == "text/csv"
    assert int(answer["Content-Length"]) == len(content)
    assert [row["BilledCost"] for row in rows] == [
        "1.500000000000000000", "2.250000000000000000", "0.000000000000000001",
    ]  # fmt: skip
    assert rows[2]["ServiceName"] == "'=SUM(A1)"
    assert list(lake.glob("*/scratch/*")) == []


def test_a_parquet_file_holds_the_texts_as_they_are(owner, source, tmp_path):
    answer = owner.get(f"charges/file?{OCTOBER}&format=parquet")

    (tmp_path / "x.parquet").write_bytes(b"".join(answer.streaming_content))
    found = duck.rows(f"SELECT ServiceName, BilledCost FROM '{tmp_path}/x.parquet' ORDER BY x_row_number")
    assert found[2][0] == "=SUM(A1)"
    assert f"{found[2][1]:f}" == "0.000000000000000001"


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_file_is_filtered_as_the_list_is(owner, source, tmp_path, file_format):
    def costs(query):
        answer = owner.get(f"charges/file?{OCTOBER}&format={file_format}&{query}")
        (tmp_path / "x").write_bytes(b"".join(answer.streaming_content))
        found = duck.rows(f"SELECT BilledCost FROM read_{file_format}('{tmp_path}/x') ORDER BY 1")
        return [f"{Decimal(str(cost)):f}" for (cost,) in found]

    listed = owner.get(f"charges?{OCTOBER}&service_name=%3DSUM(A1)").json()["items"]

    assert costs("service_name=%3DSUM(A1)") == [row["billed_cost"] for row in listed] == ["0.000000000000000001"]
    assert costs("service_name=x'+OR+'1'='1") == []
    assert owner.get(f"charges/file?{OCTOBER}&tags=x").status_code == 400


def test_nobody_reads_the_charges_of_another(foreign, source):
    assert foreign.get(f"charges?{OCTOBER}").json() == {"items": [], "next": None}
    assert foreign.get(f"charges/file?{OCTOBER}").status_code == 404
    assert foreign.get(f"charges?{OCTOBER}&source={source.id}").json()["items"] == []


def test_who_sees_a_part_of_the_cost_reads_no_charges(acme, source):
    narrowed = Program(key_of(acme, Role.FINANCE, scopes=(("team", "Search"),)))

    assert narrowed.get(f"charges?{OCTOBER}").status_code == 403
    assert narrowed.get(f"charges/file?{OCTOBER}").status_code == 403
