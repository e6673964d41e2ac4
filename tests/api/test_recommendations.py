"""Recommendations over the API: a page at a time, exact, for who sees the whole organization's cost."""

import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.models import BillSource
from itfm.core.lake import organization_folder
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of
from tests.ingestion.recommended import keep_list


@pytest.fixture
def source(acme):
    with tenant(acme.id):
        found = BillSource.objects.create(organization=acme, key="aws", name="AWS", kind="aws_cur")
    keep_list(
        found,
        {"estimated_monthly_savings": "0.1", "tags": '{"team":"Ledger"}'},
        {"estimated_monthly_savings": "0.2", "action": "Stop"},
        {"estimated_monthly_savings": "30", "region_id": "us-east-1", "currency": "EUR"},
    )
    return found


def ids(program, query=""):
    answer = program.get(f"recommendations{query}")
    assert answer.status_code == 200, answer.content
    return [one["recommendation_id"] for one in answer.json()["items"]]


def test_every_column_is_told_and_amounts_are_exact_texts(owner, source):
    (one, *_) = owner.get("recommendations").json()["items"]

    assert (one["source"], one["source_name"], one["recommendation_id"]) == (str(source.id), "AWS", "r-0")
    assert (one["estimated_monthly_savings"], one["currency"]) == ("0.100000000000000000", "USD")
    assert (one["estimated_monthly_cost"], one["refreshed_at"]) == (None, "2026-10-05T03:00:00Z")


def test_the_cursor_goes_through_every_list_once(owner, acme, source):
    with tenant(acme.id):
        other = BillSource.objects.create(organization=acme, key="other", name="Other", kind="aws_cur")
    keep_list(other, {}, {})
    seen, cursor = [], ""
    for _ in range(5):
        answer = owner.get(f"recommendations?limit=1{cursor}").json()
        seen += [(one["source_name"], one["recommendation_id"]) for one in answer["items"]]
        cursor = f"&cursor={answer['next']}"

    assert answer["next"] is None
    assert sorted(seen) == [("AWS", "r-0"), ("AWS", "r-1"), ("AWS", "r-2"), ("Other", "r-0"), ("Other", "r-1")]


def test_a_cursor_from_before_a_newer_list_is_refused(owner, source):
    cursor = owner.get("recommendations?limit=1").json()["next"]
    keep_list(source, {}, told_on=date(2026, 10, 6))

    answer = owner.get(f"recommendations?limit=1&cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
    assert "A newer list of recommendations came since." in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?action=Stop", ["r-1"]),
        ("?currency=EUR&region_id=us-east-1", ["r-2"]),
        ("?search=ledger", ["r-0"]),
        ("?sub_account_id=nobody", []),
        ("?resource_type=Ec2Instance&limit=2", ["r-0", "r-1"]),
    ],
)
def test_they_are_filtered(owner, source, query, found):
    assert ids(owner, query) == found


def test_the_newest_list_of_each_source_tells_what_it_would_save(owner, source):
    (one,) = owner.get("recommendation-lists").json()["items"]

    assert (one["source"], one["told_on"], one["recommendation_count"]) == (str(source.id), "2026-10-05", 3)
    assert one["estimated_monthly_savings"] == {"USD": "0.3", "EUR": "30"}


def read(answer):
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def test_the_file_has_exactly_what_the_list_has(owner, source):
    listed = owner.get("recommendations?currency=USD").json()["items"]

    answer = owner.get("recommendations/file?currency=USD&format=csv")
    rows = list(csv.DictReader(io.StringIO(read(answer).decode())))

    assert answer["Content-Disposition"] == 'attachment; filename="recommendations.csv"'
    assert [
        {name: row[name] for name in one if name != "refreshed_at"} for one, row in zip(listed, rows, strict=True)
    ] == [
        {name: "" if value is None else str(value) for name, value in one.items() if name != "refreshed_at"}
        for one in listed
    ]
    assert {row["told_on"] for row in rows} == {"2026-10-05"}
    assert {row["refreshed_at"] for row in rows} == {"2026-10-05 03:00:00"}


def test_texts_that_read_like_formulas_are_inert_in_csv_and_whole_in_parquet(owner, source):
    bad = {"current_summary": "=HYPERLINK(1)", "tags": "@x", "sub_account_name": " +1"}
    keep_list(source, {**bad, "estimated_monthly_savings": "-12345678901234567.000000000000000001"})

    (row,) = csv.DictReader(io.StringIO(read(owner.get("recommendations/file")).decode()))
    table = pq.read_table(io.BytesIO(read(owner.get("recommendations/file?format=parquet"))))

    assert [row[name] for name in bad] == ["'=HYPERLINK(1)", "'@x", "' +1"]
    assert row["estimated_monthly_savings"] == "-12345678901234567.000000000000000001"
    assert [table[name].to_pylist() for name in bad] == [[text] for text in bad.values()]
    assert table["estimated_monthly_savings"].to_pylist() == [Decimal("-12345678901234567.000000000000000001")]
    assert table["told_on"].to_pylist() == [date(2026, 10, 5)]


@pytest.mark.parametrize(
    ("query", "found"),
    [("action=Stop", ["r-1"]), ("search=LEDGER", ["r-0"]), ("region_id=' OR 1=1 --", []), ("search=%25", [])],
)
def test_the_file_is_filtered_as_the_list_is(owner, source, query, found):
    text = read(owner.get(f"recommendations/file?{query}")).decode()

    assert [row["recommendation_id"] for row in csv.DictReader(io.StringIO(text))] == found
    assert text.startswith("list,source,source_name,recommendation_id,")


def test_a_file_of_no_list_and_one_in_no_form_are_refused(owner, foreign, source):
    assert foreign.get("recommendations/file").status_code == 404
    assert foreign.get(f"recommendations/file?source={source.id}").status_code == 404
    assert owner.get("recommendations/file?format=exe").json()["code"] == "invalid_query"
    assert owner.get("recommendations/file?source=x").status_code == 400
    assert owner.get("recommendations/file?tag=x").status_code == 400
    for file in organization_folder(source.organization_id).rglob("recommendations.parquet"):
        file.unlink()
    answer = owner.get("recommendations/file")
    assert (answer.status_code, "are not in the lake" in answer.json()["detail"]) == (404, True)


def test_another_organization_gets_none(foreign, source):
    assert ids(foreign) == ids(foreign, f"?source={source.id}") == []
    assert foreign.get("recommendation-lists").json()["items"] == []


@pytest.mark.parametrize("address", ["recommendations", "recommendations/file", "recommendation-lists"])
def test_a_key_that_sees_a_cost_center_only_gets_none_whatever_its_role(acme, source, address):
    scoped = Program(key_of(acme, Role.OWNER, scopes=(("cost_center", "1100"),)))

    answer = scoped.get(address)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
