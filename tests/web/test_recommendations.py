"""The page of recommendations: what would save cost, by source and kind, with exact totals, and to take away."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from ingestion.models import BillSource
from ingestion.services import create_source, remove_source
from itfm.accounts.models import Membership, Scope
from itfm.core.lake import organization_folder
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.pulls import pull
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


def test_savings_by_action_add_up_to_the_total_and_lead_to_their_own(owner, source):
    page = page_of(owner)

    rows = [[cell.value for cell in row.cells] for row in page.actions.rows]
    assert [(name, f"{saved.normalize():f}", count) for name, saved, _, count in rows] == [
        ("Rightsize", "30.1", 2),
        ("Stop", "0.2", 1),
    ]
    assert sum(row[1] for row in rows) == page.savings[0].estimated_monthly_savings
    assert page.actions.rows[1].cells[0].url == "?action=Stop"
    assert page_of(owner, action="Stop").actions is None


def test_actions_are_told_in_words_with_what_changes(owner, acme):
    keep_list(
        connected(acme, "aws"),
        {"action": "MigrateToGraviton"},
        {
            "action": "PurchaseSavingsPlans", "resource_id": None, "resource_type": "ComputeSavingsPlans",
            "current_summary": None, "recommended_summary": "1 USD an hour", "estimated_monthly_savings": "1",
        },
        {"action": "NewToUs", "recommended_summary": None, "estimated_monthly_savings": "0.5", "region_id": None},
    )  # fmt: skip

    rows = page_of(owner).table.rows

    assert [(row.cells[2].value, row.cells[2].note) for row in rows] == [
        ("Migrate to Graviton", "m5.2xlarge → m5.xlarge"),
        ("Purchase savings plans", "1 USD an hour"),
        ("NewToUs", "m5.2xlarge"),
    ]
    assert [(row.cells[0].value, row.cells[0].note) for row in rows] == [
        ("i-10", "Ec2Instance, eu-central-1"),
        ("ComputeSavingsPlans", "eu-central-1"),
        ("i-12", "Ec2Instance"),
    ]


def with_bill(organization, folder, *charges):
    """Pull a bill of October 2026, and return its source."""
    folder.mkdir()
    (folder / "cur.csv").write_text(csv_text(cur_2_rows(*charges)))
    with tenant(organization.id):
        source = create_source(
            organization_id=organization.id,
            key="aws",
            name="Aws",
            kind="aws_cur",
            settings={"path": str(folder)},
            at=NOW,
        )
    pull(source)
    return source


@pytest.fixture
def november(monkeypatch):
    """Look at the page when October is over."""
    monkeypatch.setattr("itfm.web.recommendations.views.timezone", SimpleNamespace(now=lambda: NOW))


CHARGE = {"line_item_resource_id": "i-10", "line_item_usage_account_id": "111111111111"}


def test_what_a_resource_cost_stands_beside_and_leads_to_its_bill_lines(owner, acme, tmp_path, november):
    own = {**CHARGE, "line_item_unblended_cost": "0.25"}
    other = {**CHARGE, "line_item_resource_id": "i-2", "line_item_unblended_cost": "9"}
    source = with_bill(acme, tmp_path / "bills", own, own, other)
    keep_list(source, {}, {"resource_id": None}, {"currency": "EUR"})
    with tenant(acme.id):
        publish_rules(parse("version: 1\ndimensions: []\n"), organization_id=acme.id, published_by=None, at=NOW)
    assert allocate(acme.id, period=date(2026, 10, 1)).state == "published"

    page = page_of(owner)

    assert (page.month, [one.label for one in page.table.columns if one.key == "billed"]) == (
        date(2026, 10, 1), ["Cost, Oct 2026"],
    )  # fmt: skip
    costs = [row.cells[5] for row in page.table.rows]
    assert [cell.value for cell in costs] == [Decimal("0.5"), None]
    lines = owner.get(costs[0].url).context["page"]
    assert (lines.only.name, lines.only.line_count, lines.only.total) == ("i-10", 2, Decimal("0.5"))
    assert "Only the resource" in owner.get(costs[0].url).content.decode()
    everything = owner.get(lines.only.all_url).context["page"]
    assert (everything.only, everything.check.line_count, everything.check.agrees) == (None, 3, True)
    gone = owner.get(costs[0].url.replace("resource=i-10", "resource=i-3")).context["page"]
    assert (gone.only.line_count, gone.empty.title) == (0, "No bill lines")
    assert owner.get(costs[0].url.replace("resource=i-10", f"resource={'x' * 2001}")).status_code == 400


def test_a_bill_that_is_too_long_to_look_through_is_told(owner, acme, tmp_path, monkeypatch, november):
    source = with_bill(acme, tmp_path / "bills", CHARGE)
    keep_list(source, {})
    monkeypatch.setattr("ingestion.resource_costs.MOST_CHARGES", 0)

    page = page_of(owner)

    assert (page.month, len(page.table.rows)) == (None, 1)
    assert "October 2026 has more than" in page.costs_note
    assert "billed" not in [one.key for one in page.table.shown_columns]


def test_the_page_asks_the_database_as_often_for_many_as_for_one(
    owner, acme, tmp_path, november, django_assert_max_num_queries
):
    source = with_bill(acme, tmp_path / "bills", CHARGE)
    keep_list(source, {})
    with CaptureQueriesContext(connection) as few:
        page_of(owner)
    keep_list(source, *({} for _ in range(60)), told_on=date(2026, 10, 6))

    with django_assert_max_num_queries(len(few)):
        page_of(owner)


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
