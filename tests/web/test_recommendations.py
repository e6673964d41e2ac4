"""The page of recommendations: what would save cost, by source and kind, with exact totals, and to take away."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from openpyxl import load_workbook

from ingestion.models import BillSource
from ingestion.services import remove_source
from itfm.accounts.models import Membership, Scope
from itfm.core.lake import organization_folder
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion.recommended import ROW, keep_list


def connected(organization, key, **more):
    with tenant(organization.id):
        return BillSource.objects.create(organization=organization, key=key, name=key.title(), kind="aws_cur", **more)


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


@pytest.fixture
def source(acme):
    """Four recommendations of today, two of them for one resource, and one of yesterday that counts no more."""
    found = connected(acme, "aws")
    keep_list(found, {"estimated_monthly_savings": "999"}, told_on=date(2026, 10, 4))
    keep_list(
        found,
        {"estimated_monthly_savings": "0.1", "resource_id": ROW["resource_id"], "tags": '{"team":"Ledger"}'},
        {"estimated_monthly_savings": "0.2", "resource_id": ROW["resource_id"], "action": "Stop"},
        {"estimated_monthly_savings": "30", "region_id": "us-east-1", "implementation_effort": "VeryLow"},
        {"estimated_monthly_savings": "7.25", "currency": "EUR", "sub_account_id": "000000000042"},
    )
    return found


def page_of(client, **asked):
    response = client.get(reverse("recommendations"), asked)
    assert response.status_code == 200
    return response.context["page"]


def sums(page):
    return {one.currency: str(one.estimated_monthly_savings.normalize()) for one in page.savings}


def column(page, key):
    at = [one.key for one in page.table.columns].index(key)
    return [row.cells[at].value for row in page.table.rows]


def test_the_newest_list_adds_up_exactly_by_currency_under_its_own_name(owner, source):
    page = page_of(owner)
    text = owner.get(reverse("recommendations")).content.decode()

    assert sums(page) == {"USD": "30.3", "EUR": "7.25"}
    assert column(page, "savings") == [Decimal("30"), Decimal("0.2"), Decimal("0.1")], (
        "the currency of most, dearest first"
    )
    assert text.count("<dt>Estimated monthly savings</dt>") == 2
    assert re.search(r'data-savings="USD"><data class="money" value="30.300000000000000000"', text)
    assert [(one.source_name, one.told_on, one.count) for one in page.lists] == [("Aws", date(2026, 10, 5), 4)]


def test_what_may_exclude_each_other_is_told(owner, source):
    assert page_of(owner).shared_count == 2
    assert (
        "2</span> of these are for a resource that another one is for as well"
        in owner.get(reverse("recommendations")).content.decode()
    )
    assert page_of(owner, region="us-east-1").shared_count == 0


def test_the_other_currency_is_one_click_away(owner, source):
    page = page_of(owner)
    euros = next(tab for tab in page.currencies if tab.label == "EUR")

    assert (euros.url, euros.is_current) == ("?currency=EUR", False)
    assert column(page_of(owner, currency="EUR"), "savings") == [Decimal("7.25")]
    assert column(page_of(owner, currency="XXX"), "savings") == column(page, "savings")


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({"q": "LEDGER"}, ["0.1"]),
        ({"q": "stop"}, ["0.2"]),
        ({"action": "Stop"}, ["0.2"]),
        ({"region": "us-east-1"}, ["30"]),
        ({"type": "Ec2Instance", "action": "Rightsize"}, ["30", "0.1"]),
        ({"region": "' OR 1=1 --"}, []),
        ({"q": "%"}, []),
        ({"source": "nonsense"}, ["30", "0.2", "0.1"]),
    ],
)
def test_recommendations_are_searched_and_chosen(owner, source, asked, ids):
    page = page_of(owner, **asked)

    assert [str(value.normalize()) if value != 30 else "30" for value in column(page, "savings")] == ids


@pytest.mark.parametrize(
    ("sort", "savings"),
    [
        ("savings", ["0.1", "0.2", "30"]),
        ("-savings", ["30", "0.2", "0.1"]),
        ("effort", ["30", "0.1", "0.2"]),
        ("-action", ["0.2", "0.1", "30"]),
        ("x; DROP TABLE told", ["30", "0.2", "0.1"]),
    ],
)
def test_the_table_sorts(owner, source, sort, savings):
    assert [f"{value.normalize():f}" for value in column(page_of(owner, sort=sort), "savings")] == savings


def test_long_lists_come_in_parts_and_the_totals_are_of_all(owner, acme):
    keep_list(connected(acme, "aws"), *({"estimated_monthly_savings": str(number)} for number in range(1, 121)))

    first, last = page_of(owner), page_of(owner, page="9")

    assert sums(first) == {"USD": "7.26E+3"}
    assert (len(first.table.rows), first.pagination.next_url, first.pagination.previous_url) == (50, "?page=2", "")
    assert column(last, "savings") == [Decimal(number) for number in range(20, 0, -1)]
    assert (last.pagination.first, last.pagination.last, last.pagination.total) == (101, 120, 120)


def test_sources_are_told_apart_and_a_removed_one_counts_no_more(owner, acme, source):
    other = connected(acme, "other")
    keep_list(other, {"estimated_monthly_savings": "5"})

    assert sums(page_of(owner)) == {"USD": "35.3", "EUR": "7.25"}
    assert sums(page_of(owner, source=other.id)) == {"USD": "5"}
    with tenant(acme.id):
        remove_source(other, withdraws_bills=False, at=NOW)
    assert sums(page_of(owner)) == {"USD": "30.3", "EUR": "7.25"}


def test_files_have_every_recommendation_with_all_digits_and_no_formula(owner, acme):
    exact = "12345678901234567.000000000000000001"
    keep_list(
        connected(acme, "aws"),
        {"estimated_monthly_savings": exact, "current_summary": "=HYPERLINK(1)"},
        {"estimated_monthly_savings": "1.5"},
        {"estimated_monthly_savings": "2", "action": "Stop"},
    )
    links = {link.label: link.url for link in page_of(owner, action="Rightsize").table.exports}

    rows = list(csv.DictReader(io.StringIO(owner.get(links["CSV"]).content.decode())))
    book = load_workbook(io.BytesIO(owner.get(links["XLSX"]).content))["Recommendations"]
    table = pq.read_table(io.BytesIO(owner.get(links["PARQUET"]).content))

    assert [row["estimated_monthly_savings"] for row in rows] == [exact, "1.5"]
    assert (rows[0]["current_summary"], rows[0]["told_on"], rows[0]["source_name"]) == (
        "'=HYPERLINK(1)", "2026-10-05", "Aws",
    )  # fmt: skip
    heads = [cell.value for cell in book[1]]
    assert [row[heads.index("estimated_monthly_savings")].value for row in book.iter_rows(min_row=2)] == [exact, 1.5]
    assert table["estimated_monthly_savings"].to_pylist() == [Decimal(exact), Decimal("1.5")]
    assert owner.get(reverse("recommendations_file"), {"format": "exe"}).status_code == 404


def test_without_any_the_page_says_where_they_come_from(owner, acme):
    assert "No recommendations yet" in owner.get(reverse("recommendations")).content.decode()
    assert page_of(owner).table.empty.action.url == reverse("source_new")

    source = connected(acme, "aws", is_draft=False)
    assert page_of(owner).table.empty.action.url == reverse("source_settings", args=[source.id])


def test_an_auditor_is_not_led_to_settings_that_are_not_theirs(client, acme):
    client.force_login(member(acme, Role.AUDITOR))

    assert page_of(client).table.empty.action is None


def test_a_list_that_is_gone_from_the_lake_is_told(owner, source):
    for file in organization_folder(source.organization_id).rglob("recommendations.parquet"):
        file.unlink()

    assert "of Aws of 2026-10-05 are not in the lake" in page_of(owner).table.error
    assert owner.get(reverse("recommendations_file")).status_code == 404


def test_who_sees_a_part_of_the_cost_sees_no_recommendation(client, acme, source):
    """They name accounts and resources and no cost center: nothing tells which are hers."""
    user = member(acme, Role.ENGINEER)
    with tenant(acme.id):
        place = Membership.objects.get(user=user)
        Scope.objects.create(organization=acme, membership=place, dimension="cost_center", value="1100")
    client.force_login(user)

    for name in ("recommendations", "recommendations_file"):
        answer = client.get(reverse(name))
        assert answer.status_code == 403
        assert "i-1" not in answer.content.decode()


def test_another_organization_has_its_own(client, globex, source):
    client.force_login(member(globex, Role.OWNER))

    page = page_of(client, source=source.id)

    assert (page.lists, page.savings, page.table.rows) == ((), (), ())
