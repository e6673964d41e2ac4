"""Explore answers what the address asks, drills with sums that agree, and hands out what it shows."""

import csv
import io
import re
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from openpyxl import load_workbook

from itfm.accounts.models import Membership, Scope
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.explore.exports import FOCUS_KINDS
from itfm.web.sheets import Sheet, as_csv, as_parquet, as_xlsx
from tests.allocation.costs.conftest import company  # noqa: F401 - a fixture
from tests.conftest import member

OCTOBER = {"first": "2026-10", "last": "2026-10"}


@pytest.fixture
def owner(client, company):  # noqa: F811
    client.force_login(member(company, Role.OWNER))
    return client


def page(client, name="explore", **params):
    return client.get(reverse(name), {**OCTOBER, **params})


def totals(response):
    found = re.findall(r'data-total="(\w+)"><data class="money" value="([^"]+)"', response.content.decode())
    return {currency: Decimal(value) for currency, value in found}


def link(response, label):
    pattern = rf'<a class="cell-link" href="([^"]+)"><span class="name">{re.escape(label)}</span>'
    return re.search(pattern, response.content.decode())[1].replace("&amp;", "&")


def test_the_page_shows_totals_by_currency_and_says_that_sums_agree(owner):
    shown = page(owner, by="team")

    assert totals(shown) == {"USD": Decimal("124.25"), "EUR": Decimal(40)}
    assert shown.content.decode().count('data-agrees="yes"') == 2


def test_each_level_on_the_way_down_has_the_sum_of_the_line_above(owner):
    shown = page(owner, by="team", currency="USD")
    expected = {"Payments": "70", "Cards": "7.5", "S3": "7.5"}

    for label, cost in expected.items():
        shown = owner.get(link(shown, label))
        assert totals(shown) == {"USD": Decimal(cost)}, label
        assert 'data-agrees="no"' not in shown.content.decode()

    assert "Team: Payments" in shown.content.decode()
    assert "Product: Cards" in shown.content.decode()


def test_without_parameters_the_lens_decides_what_costs_are_grouped_by(owner):
    finance = owner.get(reverse("explore")).content.decode()
    engineering = owner.get(reverse("explore"), {"lens": "engineering"}).content.decode()

    assert "Effective cost by team, September 2026 to October 2026" in finance
    assert "Effective cost by product, then service" in engineering
    assert "Effective cost by team" in owner.get(reverse("explore")).content.decode()


def test_the_lens_somebody_chooses_is_kept_in_that_organization_also_after_a_new_login(client, company):  # noqa: F811
    user = member(company, Role.OWNER)
    client.force_login(user)

    chosen = client.post(reverse("explore_lens") + "?lens=engineering&by=product")

    assert chosen.status_code == 302
    assert chosen.url == "/explore?lens=engineering&by=product"
    client.logout()
    client.force_login(user)
    assert "by product, then service" in client.get(reverse("explore")).content.decode()
    with tenant(company.id):
        assert Membership.objects.get(user=user).lens == "engineering"


def test_a_link_that_names_a_lens_changes_nobodys_preference(client, company):  # noqa: F811
    user = member(company, Role.OWNER)
    client.force_login(user)

    client.get(reverse("explore"), {"lens": "engineering"})

    with tenant(company.id):
        assert Membership.objects.get(user=user).lens == ""


def test_a_lens_that_there_is_not_is_not_kept(owner, company):  # noqa: F811
    refused = owner.post(reverse("explore_lens") + "?lens=x-ray")

    assert refused.status_code == 400
    with tenant(company.id):
        assert not Membership.objects.exclude(lens="").exists()


def test_the_lens_is_one_members_own(client, company):  # noqa: F811
    colleague = member(company, Role.FINANCE)
    client.force_login(member(company, Role.OWNER))
    client.post(reverse("explore_lens") + "?lens=engineering")

    client.force_login(colleague)

    assert "Effective cost by team" in client.get(reverse("explore")).content.decode()


def test_a_filter_of_the_form_is_added_to_the_address(owner):
    sent = owner.get(
        reverse("explore"),
        {
            **OCTOBER,
            "is": "team:Payments",
            "filter_field": "service_name",
            "filter_relation": "not",
            "filter_value": "S3",
        },
    )

    assert sent.status_code == 302
    assert totals(owner.get(sent.url)) == {"USD": Decimal("62.5")}


def test_a_scoped_member_sees_her_part_in_page_values_and_export(client, company):  # noqa: F811
    user = member(company, Role.ENGINEER)
    with tenant(company.id):
        membership = Membership.objects.get(user=user)
        Scope.objects.create(organization=company, membership=membership, dimension="team", value="Payments")
    client.force_login(user)

    assert totals(page(client, by="team")) == {"USD": Decimal(70)}
    assert client.get(reverse("explore_values"), {"field": "team", "q": ""}).json()["items"][1:] == [
        {"value": "Payments", "label": "Payments", "hint": ""}
    ]
    assert page(client, "explore_export", by="team", granularity="total").content.decode().splitlines() == [
        '"Team","currency","total effective_cost"',
        '"Payments","USD",70',
    ]


def test_the_ledger_under_a_question_leaves_as_focus(client, company):  # noqa: F811
    client.force_login(member(company, Role.OWNER))
    chosen = {"is": "team:Payments", "currency": "USD"}

    answers = {form: page(client, "explore_export", format=form, **chosen) for form in FOCUS_KINDS}
    files = {form: b"".join(answer.streaming_content) for form, answer in answers.items()}

    table = pq.read_table(io.BytesIO(files["focus.parquet"]))
    lines = list(csv.DictReader(files["focus.csv"].decode().splitlines()))
    assert sum(table["EffectiveCost"].to_pylist()) == Decimal(70)
    assert sum(Decimal(line["EffectiveCost"]) for line in lines) == Decimal(70)
    assert {line["AllocatedMethodId"] for line in lines} == {"", "platform"}
    assert answers["focus.csv"]["Content-Disposition"] == 'attachment; filename="costs-2026-10-2026-10.focus.csv"'
    assert (
        "2026-08 is not allocated"
        in page(client, "explore_export", format="focus.csv", first="2026-08").content.decode()
    )


def test_a_colleague_without_a_scope_sees_no_cost(client, company):  # noqa: F811
    client.force_login(member(company, Role.ENGINEER))

    shown = page(client, by="team")

    assert totals(shown) == {}
    assert "No cost in October 2026" in shown.content.decode()
    assert "Payments" not in shown.content.decode()


def test_another_organization_sees_nothing(client, company, globex):  # noqa: F811
    client.force_login(member(globex, Role.OWNER))

    assert "Payments" not in page(client, by="service_name").content.decode()
    assert "Nothing is allocated yet" in owner_page(client)


def owner_page(client):
    return client.get(reverse("explore")).content.decode()


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"by": "planet"}, "by"),
        ({"first": "soon"}, "first"),
        ({"lens": "x-ray"}, "lens"),
        ({"measure": "<script>"}, "measure"),
        ({"is": "team:a\0b"}, "is"),
    ],
)
def test_a_bad_part_of_the_address_is_named(owner, params, named):
    shown = page(owner, **params)

    assert shown.status_code == 400
    assert f"<code>{named}</code>" in shown.content.decode()
    assert "<script>'" not in shown.content.decode()


def test_every_export_holds_what_the_table_shows(owner):
    as_text = page(owner, "explore_export", by="team", compare="previous").content.decode().splitlines()
    table = pq.read_table(io.BytesIO(page(owner, "explore_export", by="team", format="parquet").content))
    sheet = load_workbook(io.BytesIO(page(owner, "explore_export", by="team", format="xlsx").content)).active

    assert as_text[0] == '"Team","currency","2026-10-01","total effective_cost","comparison"'
    assert as_text[1] == '"Payments","USD",70,70,5'
    assert '"Unallocated","USD",0.25,0.25,0' in as_text
    assert sum(row["total effective_cost"] for row in table.to_pylist() if row["currency"] == "USD") == Decimal(
        "124.25"
    )
    assert [cell.value for cell in sheet[2]] == ["Payments", "USD", 70, 70]
    assert sheet["A2"].data_type == "s"
    assert sheet["C2"].data_type == "n"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", 'a"b', "a\x00b"]
)
def test_no_text_of_an_export_is_a_formula(text):
    sheet = Sheet(heads=(text, "total"), rows=((text, Decimal("-1234567.000000000000000001")),), text_count=1)

    written = as_csv(sheet).decode()
    cells = load_workbook(io.BytesIO(as_xlsx(sheet))).active["A2:B2"][0]

    first = written.split("\r\n")[-2].removeprefix('"')
    assert not first.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert written.endswith(",-1234567.000000000000000001\r\n")
    assert cells[0].data_type == "s"
    assert not cells[0].value.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert pq.read_table(io.BytesIO(as_parquet(sheet)))["total"][0].as_py() == Decimal("-1234567.000000000000000001")


def test_the_way_down_ends_at_bill_lines_with_file_and_row(owner):
    narrowed = {"currency": "USD", "is": ["team:Payments", "product:Cards", "service_name:S3", "sub_account_id:2"]}

    shown = page(owner, "explore_lines", **narrowed, level="lines").content.decode()

    assert "bill.csv, row 3" in shown
    assert "2</span> bill lines add up to" in shown
    assert 'data-agrees="yes"' in shown


def test_the_lines_of_a_pools_receiver_name_the_split(owner):
    shown = page(owner, "explore_lines", currency="USD", **{"is": "team:Payments"}).content.decode()

    assert 'data-agrees="yes"' in shown
    assert "Splits moved" in shown
    assert "platform</a>" in shown


@pytest.mark.parametrize(("params", "named"), [({"after": "x"}, "after"), ({"level": "atoms"}, "level")])
def test_a_bad_page_of_lines_is_named(owner, params, named):
    assert f"<code>{named}</code>" in page(owner, "explore_lines", **params).content.decode()
