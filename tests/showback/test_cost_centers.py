"""The cost-center tree."""

import pytest

from itfm.core.tenancy import tenant
from showback.models import CostCenter
from showback.selectors import subtree_codes
from showback.services import CostCenterBranch, replace_cost_centers

TREE = [
    CostCenterBranch(
        code="1000",
        name="Engineering",
        children=[
            CostCenterBranch(code="1100", name="Payments", children=[CostCenterBranch(code="1110", name="Cards")]),
            CostCenterBranch(code="1200", name="Search"),
        ],
    ),
    CostCenterBranch(code="2000", name="Sales"),
]


@pytest.fixture
def inside(acme):
    with tenant(acme.id):
        replace_cost_centers(TREE, organization_id=acme.id)
        yield acme


def test_a_cost_center_has_all_below_it(inside):
    assert subtree_codes(["1100"]) == ("1100", "1110")
    assert subtree_codes(["1000", "2000"]) == ("1000", "1100", "1110", "1200", "2000")


def test_an_unknown_cost_center_has_nothing(inside):
    assert subtree_codes(["9999"]) == ()


def test_cost_centers_keep_their_identity_when_they_move_and_go_when_they_are_no_longer_named(inside):
    search = CostCenter.objects.get(code="1200").pk

    replace_cost_centers(
        [CostCenterBranch(code="2000", name="Sales", children=[CostCenterBranch(code="1200", name="Search")])],
        organization_id=inside.id,
    )

    assert CostCenter.objects.get(code="1200").pk == search
    assert subtree_codes(["2000"]) == ("1200", "2000")
    assert CostCenter.objects.count() == 2


def test_the_tree_of_another_organization_is_not_seen(inside, globex):
    with tenant(globex.id):
        assert subtree_codes(["1000"]) == ()
