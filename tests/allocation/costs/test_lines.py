"""The bill lines under a figure add up to its direct cost, in whatever way it was narrowed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from allocation.costs.answer import answer
from allocation.costs.lines import NoLinesError, bill_lines, direct, resources
from allocation.costs.query import CostQuery, Filter
from allocation.models import AllocationRun
from allocation.selectors import EVERYTHING, Visibility
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.engine.bills import OCTOBER

DOLLARS = CostQuery(first=OCTOBER, last=OCTOBER, granularity="total", currency="USD")
PAYMENTS = Visibility(sees_everything=False, values=(("team", ("Payments",)),))
NARROWED = [
    (),
    (Filter(name="team", values=("Payments",)),),
    (Filter(name="team", values=("Payments",), exclude=True),),
    (Filter(name="team", values=(None,)),),
    (Filter(name="team", values=("Payments", None)), Filter(name="sub_account_id", values=("2",))),
    (Filter(name="service_name", values=("S3",)),),
    (Filter(name="region_id", values=(None,)),),
    (Filter(name="region_id", values=("eu-west-1",), exclude=True),),
    (Filter(name="charge_date", values=("2026-10-02", "2026-11-01")),),
    (Filter(name="team", values=("it's; --",)),),
]


def total_of(query, visibility=EVERYTHING):
    return sum((one.total.total for one in answer(query, visibility=visibility).currencies), Decimal(0))


def test_lines_and_resources_add_up_to_the_direct_cost(company):
    with tenant(company.id):
        for filters in NARROWED:
            query = replace(DOLLARS, filters=filters)
            expected = total_of(direct(query))

            lines, found = bill_lines(query), resources(query)

            assert lines.total == sum(one.amount for one in lines.lines) == expected, filters
            assert found.total == sum(one.amount for one in found.resources) == expected, filters


def test_lines_come_page_by_page_in_the_order_of_the_files_with_their_places(company):
    query = replace(DOLLARS, filters=(Filter(name="team", values=("Payments",)),))

    with tenant(company.id):
        first = bill_lines(query, limit=3)
        second = bill_lines(query, after=first.following, limit=3)

    assert [one.key.row for one in (*first.lines, *second.lines)] == [3, 4, 5, 6]
    assert second.following is None
    assert (first.lines[0].file_name, first.lines[0].source_name, first.lines[0].resource) == (
        "bill.csv",
        "AWS",
        "vm-1",
    )
    assert first.total == second.total == Decimal(20)


def test_resources_are_told_apart_the_largest_first(company):
    with tenant(company.id):
        found = resources(replace(DOLLARS, filters=(Filter(name="team", values=(None,)),)))

    assert [(one.resource, one.amount, one.line_count) for one in found.resources] == [
        (None, Decimal("0.13"), 1),
        ("vm-1", Decimal("0.12"), 1),
    ]


def test_a_member_sees_the_lines_in_scope_only(company):
    with tenant(company.id):
        assert bill_lines(DOLLARS, visibility=PAYMENTS).total == Decimal(20)
        assert bill_lines(DOLLARS, visibility=Visibility(sees_everything=False)).lines == ()


def test_what_a_split_moved_has_no_lines_of_its_own(company):
    with tenant(company.id):
        found = bill_lines(replace(DOLLARS, filters=(Filter(name="origin", values=("platform",)),)))

    assert (found.total, found.lines) == (Decimal(0), ())


def test_lines_that_are_not_kept_are_said_to_be_missing(company):
    with tenant(company.id):
        run = AllocationRun.objects.get(billing_period=OCTOBER, state="published")
        (lake.organization_folder(company.id) / run.folder / "cells.parquet").unlink()

        with pytest.raises(NoLinesError, match="not kept"):
            bill_lines(DOLLARS)
