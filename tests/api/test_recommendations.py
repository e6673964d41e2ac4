"""Recommendations over the API: a page at a time, exact, for who sees the whole organization's cost."""

from datetime import date

import pytest

from ingestion.models import BillSource
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


def test_another_organization_gets_none(foreign, source):
    assert ids(foreign) == ids(foreign, f"?source={source.id}") == []
    assert foreign.get("recommendation-lists").json()["items"] == []


@pytest.mark.parametrize("address", ["recommendations", "recommendation-lists"])
def test_a_key_that_sees_a_cost_center_only_gets_none_whatever_its_role(acme, source, address):
    scoped = Program(key_of(acme, Role.OWNER, scopes=(("cost_center", "1100"),)))

    answer = scoped.get(address)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
