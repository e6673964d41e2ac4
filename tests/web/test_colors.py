"""The organization's largest values have their colors on every page."""

import pytest

from itfm.core.tenancy import tenant
from itfm.web.colors import kept_slots
from tests.showback.ledgers import ledgers


@pytest.fixture
def allocated(acme):
    ledgers(acme)
    return acme


def test_the_largest_values_of_the_newest_month_have_different_colors(allocated):
    with tenant(allocated.id):
        found = kept_slots("cost_center")

    # October: 2010 with 1,225, 2020 with 325, 9020 with 0.
    assert set(found) == {"2010", "2020", "9020"}
    assert len(set(found.values())) == 3
    assert set(found.values()) <= set("12345678")


def test_without_a_ledger_nothing_has_a_color(acme):
    with tenant(acme.id):
        assert kept_slots("team") == {}
