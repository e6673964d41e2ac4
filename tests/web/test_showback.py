"""The showback pages: their figures are the statement's, and everybody sees their own branch only."""

import csv
import io

import pytest
from django.urls import reverse

from itfm.accounts.models import Membership, Scope
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from showback.models import CostCenter
from tests.conftest import member
from tests.showback.advised import advised
from tests.showback.ledgers import ledgers

OCTOBER = {"period": "2026-10"}


@pytest.fixture
def acme_ledgers(acme):
    return ledgers(acme)


def scoped(organization, code):
    user = member(organization, Role.ENGINEER)
    with tenant(organization.id):
        place = Membership.objects.get(user=user)
        Scope.objects.create(organization=organization, membership=place, dimension="cost_center", value=code)
    return user


def test_the_scorecard_shows_the_statement(client, acme, acme_ledgers):
    client.force_login(member(acme, Role.OWNER))

    page = client.get(reverse("scorecard", args=["2010"]), OCTOBER).content.decode()

    assert 'value="1225.000000000000000001"' in page
    assert "75.0\N{NO-BREAK SPACE}% of this pool, by Ingested log volume" in page
    assert "Up 25.00\N{NO-BREAK SPACE}USD: \N{MINUS SIGN}250.00\N{NO-BREAK SPACE}Storage (gone)" in page
    assert "Nothing: this month and the one before stand on version 3." in page


def test_the_file_has_every_digit_and_sums_up(client, acme, acme_ledgers):
    client.force_login(member(acme, Role.OWNER))

    response = client.get(reverse("scorecard_csv", args=["2010"]), OCTOBER)
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))

    assert [(row["part"], row["amount"][:7]) for row in rows] == [
        ("Direct cost", "1200.00"),
        ("Logging", "75.0000"),
        ("Credits", "-50.000"),
        ("Total", "1225.00"),
    ]
    assert rows[0]["amount"] == "1200.000000000000000001"


def test_a_name_that_is_a_formula_stays_text_in_the_file(client, acme, acme_ledgers):
    with tenant(acme.id):
        CostCenter.objects.filter(code="2010").update(name="=1+1")
    client.force_login(member(acme, Role.OWNER))

    response = client.get(reverse("scorecard_csv", args=["2010"]), OCTOBER)

    assert "2010,'=1+1,2026-10" in response.content.decode()


def test_a_scoped_member_sees_their_branch_only(client, acme, acme_ledgers):
    client.force_login(scoped(acme, "2010"))

    tree = client.get(reverse("showback"), OCTOBER).content.decode()

    assert 'data-center="2010"' in tree
    for hidden in ('data-center="2000"', 'data-center="2020"', "No cost center", "1,550.00"):
        assert hidden not in tree
    assert client.get(reverse("scorecard", args=["2010"]), OCTOBER).status_code == 200
    assert client.get(reverse("scorecard", args=["2000"]), OCTOBER).status_code == 404
    assert client.get(reverse("scorecard_csv", args=["2020"]), OCTOBER).status_code == 404


def test_a_member_of_another_organization_finds_nothing(client, globex, acme, acme_ledgers):
    client.force_login(member(globex, Role.OWNER))

    assert client.get(reverse("scorecard", args=["2010"]), OCTOBER).status_code == 404


def test_the_owner_is_changed_once_and_written_down(client, acme, acme_ledgers):
    client.force_login(member(acme, Role.FINANCE))

    for _ in range(2):
        client.post(reverse("scorecard_owner", args=["2010"]), {"owner_email": "lead@acme.example"})
    refused = client.post(reverse("scorecard_owner", args=["2010"]), {"owner_email": "lead"})

    with tenant(acme.id):
        assert CostCenter.objects.get(code="2010").owner_email == "lead@acme.example"
        (event,) = AuditEvent.objects.filter(action="cost_center.owner_changed")
    assert event.changes == {"owner_email": ["", "lead@acme.example"]}
    assert refused.status_code == 422


def test_a_code_that_cannot_stand_in_an_address_is_reached_by_its_id(client, acme, acme_ledgers):
    with tenant(acme.id):
        CostCenter.objects.filter(code="2010").update(code="a/b c")
        center = CostCenter.objects.get(code="a/b c")
    client.force_login(member(acme, Role.OWNER))

    assert center.address == str(center.pk)
    assert client.get(reverse("scorecard", args=[center.address]), OCTOBER).status_code == 200
    assert client.get(reverse("scorecard", args=["no such"]), OCTOBER).status_code == 404


def test_what_would_save_the_most_is_told_with_its_cost_and_leads_to_the_bill_lines(client, acme):
    advised(acme)
    client.force_login(member(acme, Role.OWNER))

    page = client.get(reverse("scorecard", args=["2010"]), OCTOBER)
    (stop, both) = page.context["page"].actions

    assert (stop.what, stop.change, stop.resource) == ("Stop", "m5.2xlarge → m5.xlarge", "i-pay")
    assert (both.what, both.where) == ("Migrate to Graviton", "Ec2Instance, Payments")
    text = page.content.decode()
    assert "What would save the most?" in text
    assert 'value="90.250000000000000000"' in text
    for row in (stop, both):
        lines = client.get(row.url)
        assert lines.status_code == 200
        assert lines.context["page"].only.total == row.action.cost


def test_a_parent_names_the_cost_center_that_each_action_is_of(client, acme):
    advised(acme)
    client.force_login(member(acme, Role.OWNER))

    rows = client.get(reverse("scorecard", args=["2000"]), OCTOBER).context["page"].actions

    assert [row.where.rpartition(", ")[2] for row in rows] == [
        "cost center 2010",
        "cost center 2010",
        "cost center 2020",
    ]


def test_somebody_with_a_scope_is_told_of_her_own_resources_and_no_others(client, acme):
    advised(acme)
    client.force_login(scoped(acme, "2020"))

    page = client.get(reverse("scorecard", args=["2020"]), OCTOBER)

    (disk,) = page.context["page"].actions
    assert (disk.what, disk.resource) == ("Delete", "disk")
    assert client.get(disk.url).context["page"].only.total == disk.action.cost
    assert client.get(reverse("scorecard", args=["2010"]), OCTOBER).status_code == 404


def test_without_recommendations_nothing_is_said_of_them(client, acme, acme_ledgers):
    client.force_login(member(acme, Role.OWNER))

    assert "What would save" not in client.get(reverse("scorecard", args=["2010"]), OCTOBER).content.decode()
