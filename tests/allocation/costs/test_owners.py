"""What a resource costs by owner is what its bill lines add up to."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from allocation.costs.lines import NoLinesError, bill_lines
from allocation.costs.owners import owned_costs
from allocation.costs.query import CostQuery, Filter
from allocation.models import AllocationRun
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.engine.bills import OCTOBER


def run_of(company):
    with tenant(company.id):
        return AllocationRun.objects.get(billing_period=OCTOBER, state="published")


def found(company, resources=("vm-1", "vm-9"), dimension="team", source_ids=None):
    run = run_of(company)
    with tenant(company.id):
        known = [*run.revisions] if source_ids is None else source_ids
        return owned_costs(run, resources, source_ids={UUID(str(one)) for one in known}, dimension=dimension)


def lines_of(company, value, currency="USD"):
    query = CostQuery(
        first=OCTOBER, last=OCTOBER, granularity="total", currency=currency,
        filters=(Filter(name="team", values=(value,)),),
    )  # fmt: skip
    with tenant(company.id):
        return bill_lines(query, resource="vm-1").total


def test_a_resource_is_told_by_account_owner_and_currency_to_the_last_digit(company):
    costs = found(company)

    assert [one[1:5] for one in costs] == [
        ("1", "vm-1", "Platform", "USD"),
        ("2", "vm-1", "Payments", "USD"),
        ("3", "vm-1", "Search", "USD"),
        ("3", "vm-1", None, "USD"),
        ("4", "vm-1", "Search", "EUR"),
    ]
    for value in ("Platform", "Payments", None):
        (one,) = (one for one in costs if one.value == value)
        assert one.effective_cost == lines_of(company, value) != 0
    assert sum(one.effective_cost for one in costs if one.value == "Search" and one.currency == "USD") == lines_of(
        company, "Search"
    )


def test_another_dimension_tells_others(company):
    assert [one.value for one in found(company, dimension="product")] == [None, "Cards", "Loans", None, None]


@pytest.mark.parametrize("asked", [{"resources": ()}, {"resources": ("vm-9",)}, {"source_ids": [uuid4()]}])
def test_what_no_bill_names_costs_nothing(company, asked):
    assert found(company, **asked) == []


def test_a_dimension_that_the_rules_do_not_have_owns_nothing(company):
    costs = found(company, dimension="it's")

    assert {one.value for one in costs} == {None}
    assert sum((one.effective_cost for one in costs), Decimal(0)) > 0


def test_bills_that_are_too_long_or_not_kept_are_said_to_be(company, monkeypatch):
    monkeypatch.setattr("allocation.costs.owners.MOST_CHARGES", 0)
    with pytest.raises(NoLinesError, match="more than 0 charges"):
        found(company)
    monkeypatch.undo()
    for file in lake.organization_folder(company.id).rglob("classification.parquet"):
        file.unlink()
    with pytest.raises(NoLinesError, match="not kept"):
        found(company)
