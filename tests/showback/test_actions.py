"""What would save a cost center the most, by figures worked by hand from `advised.py`."""

from datetime import date
from decimal import Decimal

import pytest

from allocation.costs.lines import bill_lines
from allocation.costs.query import CostQuery, Filter
from allocation.selectors import EVERYTHING
from allocation.services import allocate
from ingestion.models import RecommendationList
from itfm.core import lake
from itfm.core.tenancy import tenant
from showback.models import CostCenter
from showback.statements import statement
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER
from tests.showback.advised import ARN, CHARGES, SAVINGS, advised, told


def actions(organization, code, *, period=OCTOBER):
    with tenant(organization.id):
        return statement(CostCenter.objects.get(code=code), period=period, visibility=EVERYTHING).actions


def named(found):
    return [(one.recommendation_id, one.code, one.estimated_monthly_savings, one.cost) for one in found]


def test_a_resource_is_its_cost_centers_by_its_bill_and_the_larger_of_two_savings_counts(acme):
    advised(acme)

    assert named(actions(acme, "2010")) == [
        ("stop", "2010", Decimal("90.25"), Decimal("180.5")),
        ("both", "2010", Decimal(12), Decimal(30)),
    ]
    assert named(actions(acme, "2020")) == [("disk", "2020", Decimal("0.000000000000000001"), Decimal(7))]


def test_a_cost_center_has_those_of_all_below_it_the_three_largest(acme, empty_cache):
    source = advised(acme)
    assert [one.recommendation_id for one in actions(acme, "2000")] == ["stop", "both", "disk"]

    more = {"resource_id": "i-pay", "sub_account_id": "2", SAVINGS: "13", "recommendation_id": "two"}
    told(source, more, told_on=date(2026, 11, 1))

    assert [(one.recommendation_id, one.code) for one in actions(acme, "2000")] == [
        ("stop", "2010"),
        ("two", "2020"),
        ("both", "2010"),
    ]


def test_what_a_resource_cost_in_another_currency_is_not_held_against_its_saving(acme):
    advised(acme)

    (one,) = actions(acme, "9020")

    assert (one.currency, one.estimated_monthly_savings, one.cost) == ("USD", Decimal(20), None)


def test_the_cost_is_what_the_bill_lines_add_up_to(acme):
    advised(acme)

    for one in actions(acme, "2000"):
        query = CostQuery(
            first=OCTOBER,
            last=OCTOBER,
            granularity="total",
            currency=one.currency,
            filters=(Filter(name="cost_center", values=(one.code,)), Filter(name="sub_account_id", values=("1",))),
        )
        with tenant(acme.id):
            assert bill_lines(query, resource=one.billed_resource).total == one.cost


@pytest.mark.parametrize(
    ("told_on", "count"),
    [(date(2026, 9, 30), 0), (date(2026, 10, 1), 2), (date(2026, 11, 30), 2), (date(2026, 12, 1), 0)],
)
def test_a_month_has_what_was_told_in_it_or_in_the_month_after(acme, told_on, count):
    advised(acme, told_on=told_on)

    assert len(actions(acme, "2010")) == count


def test_the_newest_list_of_the_month_counts_and_later_ones_leave_it_as_it_was(acme):
    source = advised(acme)
    before = actions(acme, "2010")

    told(source, told_on=date(2026, 12, 2))
    assert actions(acme, "2010") == before
    told(source, told_on=date(2026, 11, 20))
    assert [one.told_on for one in actions(acme, "2010")] == [date(2026, 11, 20)] * 2


def test_a_list_or_bill_that_is_not_kept_leaves_the_statement_without(acme, empty_cache):
    advised(acme)
    for file in lake.organization_folder(acme.id).rglob("charges.parquet"):
        file.unlink()
    assert actions(acme, "2010") == ()

    with tenant(acme.id):
        RecommendationList.objects.all().delete()
    assert actions(acme, "2010") == ()


def test_another_organizations_recommendations_are_none_of_ours(acme, globex):
    advised(acme)
    advised(globex)
    with tenant(acme.id):
        RecommendationList.objects.all().delete()

    assert actions(acme, "2010") == ()
    assert len(actions(globex, "2010")) == 2


def test_an_ec2_resource_that_the_bill_has_under_its_whole_name_is_found_too(acme):
    advised(acme)
    whole = [{**one, "columns": {**one["columns"], "resource_id": f"{ARN}i-pay"}} for one in CHARGES[:2]]
    bill_in_force(acme, [*whole, *CHARGES[2:]], keeps_lines=True)
    allocate(acme.id, period=OCTOBER)

    first = actions(acme, "2010")[0]

    assert named([first]) == [("stop", "2010", Decimal("90.25"), Decimal("180.5"))]
    assert first.billed_resource == first.resource == f"{ARN}i-pay"
