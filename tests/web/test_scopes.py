"""A scoped colleague sees the cost of her tree and nothing beside it."""

import pytest
from django.urls import reverse

from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from itfm.accounts.models import Membership, Scope
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from showback.services import CostCenterBranch, replace_cost_centers
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW, member
from tests.safety.addresses import addresses, body

RULES = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
  - {key: cost_center, name: Cost center, rules: [{when: {tag: cc, exists: true}, value: {tag: cc}}]}
"""


@pytest.fixture
def allocated(acme):
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
        cards = CostCenterBranch(code="1110", name="Cards")
        payments = CostCenterBranch(code="1100", name="Payments", children=[cards])
        search = CostCenterBranch(code="1200", name="Search")
        engineering = CostCenterBranch(code="1000", name="Engineering", children=[payments, search])
        replace_cost_centers([engineering], organization_id=acme.id)
    bill_in_force(
        acme,
        [
            charge("10", tags={"team": "Payments", "cc": "1100"}),
            charge("5", tags={"team": "Cards", "cc": "1110"}),
            charge("700", tags={"team": "Search", "cc": "1200"}),
            charge("3000"),
        ],
    )
    allocate(acme.id, period=OCTOBER)
    return acme


def page_of(client, organization, *scopes):
    user = member(organization, Role.ENGINEER)
    with tenant(organization.id):
        membership = Membership.objects.get(user=user)
        for dimension, value in scopes:
            Scope.objects.create(organization=organization, membership=membership, dimension=dimension, value=value)
    client.force_login(user)
    return client.get(reverse("overview"), {"period": "2026-10"}).content.decode()


def test_a_cost_center_shows_itself_and_what_is_below_it(client, allocated):
    page = page_of(client, allocated, ("cost_center", "1100"))

    assert "15.00" in page
    assert "Cards" in page
    assert "Search" not in page
    assert "3,015.00" not in page


def test_a_value_of_a_dimension_shows_that_value_only(client, allocated):
    page = page_of(client, allocated, ("team", "Search"))

    assert "700.00" in page
    assert "Payments" not in page


def test_two_scopes_show_either(client, allocated):
    page = page_of(client, allocated, ("team", "Search"), ("cost_center", "1110"))

    assert "705.00" in page


def test_no_scope_shows_no_cost(client, allocated):
    page = page_of(client, allocated)

    for amount in ("10.00", "15.00", "700.00", "3,000.00", "3,715.00"):
        assert amount not in page


def test_a_scope_on_a_dimension_that_is_not_there_shows_nothing(client, allocated):
    assert "Search" not in page_of(client, allocated, ("planet__contains", "Search"))


def test_no_page_shows_a_scoped_colleague_what_is_beside_her_tree(client, allocated):
    """Every address that needs no argument, with what each might take for the period; other sections are found here."""
    page_of(client, allocated, ("cost_center", "1100"))
    asked = {"period": "2026-10", "by": "team", "group": "team", "q": "Sea", "dimension": "team"}
    entered = 0

    for address in addresses():
        if address.arguments:
            continue
        response = client.get(address.path(""), asked)
        text = body(response).decode(errors="replace")
        entered += response.status_code == 200
        for beside in ("Search", "700.00", "3,000.00", "3,715.00", "3715"):
            assert beside not in text.replace(">Search<", ">Look<").replace('"Search"', '"Look"'), address.pattern

    assert entered >= 4
