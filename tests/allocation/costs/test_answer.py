"""Answers are the sums of the mart, whatever rollup they come from, and add up at every limit."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from django.db import connection

from allocation.costs.answer import answer, runs_in_force
from allocation.costs.lake_rows import MONTHS
from allocation.costs.months import write_months
from allocation.costs.query import CostQuery, Filter, RuleSetNames
from allocation.costs.statement import COLUMNS_OF, table_for
from allocation.costs.values import suggest
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.weighing import COSTS
from allocation.models import AllocatedCost, AllocationRun
from allocation.selectors import Visibility, cost_rows
from allocation.services import AllocationRefusedError, allocate
from allocation.services import runs as runs_module
from allocation.services import working_out as working_out_module
from allocation.services.mart import DAILY, MART, mart_sums
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.costs.conftest import SEPTEMBER, allocated
from tests.allocation.engine.bills import OCTOBER, day

RULES = RuleSetNames(dimensions=(("team", "Team"), ("product", "Product")))
PAYMENTS = Visibility(sees_everything=False, values=(("team", ("Payments",)),))
NAMES = ("team", "product", "service_name", "sub_account_id", "charge_date", "origin", "region_id")


def ask(organization, *, visibility=None, **options):
    with tenant(organization.id):
        query = CostQuery(**{"first": OCTOBER, "last": OCTOBER, **options})
        return answer(query, **({"visibility": visibility} if visibility else {}))


def dollars(found):
    (one,) = (one for one in found.currencies if one.currency == "USD")
    return one


def totals(found):
    return {line.groups: line.total for line in dollars(found).lines}


def test_costs_by_team_are_those_worked_out_by_hand(company):
    found = ask(company, by=("team",))

    assert totals(found) == {
        ("Payments",): Decimal(70),
        ("Search",): Decimal(54),
        ("Platform",): Decimal(0),
        (None,): Decimal("0.25"),
    }
    assert dollars(found).total.total == Decimal("124.25")
    assert [one.currency for one in found.currencies] == ["USD", "EUR"]


def test_every_grouping_gives_the_sums_of_the_mart(company):
    with tenant(company.id):
        cells = list(AllocatedCost.objects.filter(billing_period=OCTOBER).select_related("segment"))

    for by in [names for size in (0, 1, 2, 3) for names in combinations(NAMES, size)]:
        naive = defaultdict(Decimal)
        for cell in cells:
            naive[cell.billing_currency, tuple(value_in(cell, name) for name in by)] += cell.effective_cost
        with tenant(company.id):
            rows = cost_rows(OCTOBER, by=by, rule_set=RULES)

        found = ask(company, by=by)

        assert {(one.currency, line.groups): line.total for one in found.currencies for line in one.lines} == naive, by
        assert {(row.currency, tuple(map(text, row.groups))): row.effective_cost for row in rows} == naive, by


def value_in(cell, name):
    return cell.segment.dimension_values.get(name) if name in {"team", "product"} else text(getattr(cell, name))


def text(value):
    return None if value is None else str(value)


def test_a_month_by_day_counts_charges_of_other_months_on_its_last_day(company):
    found = ask(company, by=("team",), granularity="day")

    assert (found.buckets[0], found.buckets[-1]) == (day(1), day(31))
    (search,) = (line for line in dollars(found).lines if line.groups == ("Search",))
    assert dict(zip(found.buckets, search.costs, strict=True))[day(31)] == Decimal(3)
    assert sum(search.costs) == search.total == Decimal(54)


def test_lines_beyond_the_limit_are_summed_so_that_sums_agree(company):
    found = dollars(ask(company, by=("team",), limit=1))

    assert [line.groups for line in found.lines] == [("Payments",)]
    assert (found.rest.count, found.rest.total) == (3, Decimal("54.25"))
    assert sum(line.total for line in found.all_lines) == found.total.total == Decimal("124.25")


def test_months_are_compared_with_those_before(company):
    found = ask(company, by=("team",), compare="previous")

    lines = {line.groups: (line.total, line.comparison) for line in dollars(found).lines}
    assert lines[("Payments",)] == (Decimal(70), Decimal(5))
    assert lines[("Mail",)] == (Decimal(0), Decimal(9))
    assert dollars(found).total.comparison == Decimal(14)


@pytest.mark.parametrize("granularity", ["day", "month", "total"])
@pytest.mark.parametrize("by", [(), ("team",), ("service_name", "region_id")])
def test_what_many_months_are_compared_with_is_what_those_months_cost(company, granularity, by):
    before = ask(company, first=SEPTEMBER, last=OCTOBER, by=by, granularity="total")
    later = {"first": date(2026, 11, 1), "last": date(2026, 12, 1)}

    found = ask(company, **later, by=by, granularity=granularity, compare="previous")

    assert {line.groups: line.comparison for line in dollars(found).lines} == totals(before)
    assert dollars(found).total.comparison == dollars(before).total.total != 0


def test_without_data_to_compare_with_there_is_no_comparison(company):
    found = ask(company, by=("team",), compare="year_ago")

    assert dollars(found).total.comparison is None
    assert found.missing_compared_periods == (date(2025, 10, 1),)


@pytest.mark.parametrize("by", [("team",), ("team", "service_name")])
@pytest.mark.parametrize(("days", "cost"), [(0, 0), (2, 0), (3, 5), (4, 14), (30, 14), (31, 14), (None, 14)])
def test_a_month_is_compared_with_as_many_days_of_the_one_before(company, by, days, cost):
    found = dollars(ask(company, by=by, granularity="total", compare="previous", compared_days=days))

    assert (found.total.total, found.total.comparison) == (Decimal("124.25"), cost)


def test_two_months_stand_in_two_buckets(company):
    found = ask(company, first=SEPTEMBER, by=("team",))

    assert found.buckets == (SEPTEMBER, OCTOBER)
    assert dollars(found).total.costs == (Decimal(14), Decimal("124.25"))


FILTERED = [
    ((Filter(name="team", values=("Payments",)),), "70"),
    ((Filter(name="team", values=("Payments",), exclude=True),), "54.25"),
    ((Filter(name="team", values=(None,)),), "0.25"),
    ((Filter(name="team", values=(None, "Search")),), "54.25"),
    ((Filter(name="team", values=(None,), exclude=True),), "124"),
    ((Filter(name="region_id", values=("eu-west-1",)),), "1"),
    ((Filter(name="region_id", values=("eu-west-1",), exclude=True),), "123.25"),
    ((Filter(name="origin", values=("direct",)),), "124.25"),
    ((Filter(name="team", values=("Payments",)), Filter(name="origin", values=("platform",))), "50"),
    ((Filter(name="charge_date", values=("2026-10-02",)),), "12.75"),
    ((Filter(name="product", values=("Cards", "Loans")),), "20"),
]


def test_filters_keep_and_leave_out_values_and_what_no_rule_caught(company):
    for filters, expected in FILTERED:
        assert dollars(ask(company, filters=filters)).total.total == Decimal(expected), filters


def test_a_member_sees_the_cost_in_scope_only(company):
    found = ask(company, by=("team",), visibility=PAYMENTS, compare="previous")

    assert [line.groups for line in dollars(found).lines] == [("Payments",)]
    assert [one.currency for one in found.currencies] == ["USD"]
    assert ask(company, visibility=Visibility(sees_everything=False)).currencies == ()


def test_an_answer_kept_for_one_is_not_given_to_another(company, globex):
    everything = ask(company)
    scoped = ask(company, visibility=PAYMENTS)

    assert dollars(everything).total.total == Decimal("124.25")
    assert dollars(scoped).total.total == Decimal(70)
    assert ask(globex).currencies == ()
    assert ask(company) == everything


def test_an_answer_is_asked_for_once_until_the_period_is_allocated_again(company, django_assert_num_queries):
    ask(company)
    with tenant(company.id), django_assert_num_queries(2):  # the runs in force, and the tenant of the key
        answer(CostQuery(first=OCTOBER, last=OCTOBER))

    run = allocate(company.id, period=OCTOBER, again=True)

    assert ask(company).run_ids == (run.id,)


def test_hostile_values_are_values(company):
    for text in ("'; DROP TABLE allocation_segment; --", "%s", "%(p0)s", "\\", '"', "{}"):
        assert ask(company, filters=(Filter(name="team", values=(text,)),)).currencies == ()
        assert ask(company, filters=(Filter(name="service_name", values=(text,)),)).currencies == ()


@pytest.mark.parametrize(
    ("options", "table"),
    [
        ({"by": ("team", "service_name")}, "allocation_allocatedcost"),
        ({"by": ("team", "origin"), "granularity": "day"}, "allocation_dailycost"),
        ({"by": ("service_name",), "granularity": "day"}, "allocation_allocatedcost"),
        ({"by": ("charge_date", "region_id")}, "allocation_allocatedcost"),
        ({"by": ("team",), "compare": "previous", "compared_days": 3}, "allocation_dailycost"),
        ({"by": ("team",), "compare": "previous", "compared_days": 31}, "allocation_dailycost"),
    ],
)
def test_the_smallest_table_that_can_tell_is_read(options, table):
    assert table_for(CostQuery(first=OCTOBER, last=OCTOBER, **options)) == table
    assert set(COLUMNS_OF) == {MART, DAILY}


def test_the_rollup_holds_what_the_mart_holds(company):
    with tenant(company.id):
        assert mart_sums(OCTOBER, table=DAILY) == mart_sums(OCTOBER)


def test_a_rollup_that_does_not_add_up_leaves_the_run_before_in_force(company, monkeypatch):
    load = runs_module.replace_mart

    def load_with_a_planted_defect(run, **options):
        load(run, **options)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE allocation_dailycost SET billed_cost = billed_cost + 1")

    monkeypatch.setattr(runs_module, "replace_mart", load_with_a_planted_defect)
    with pytest.raises(AllocationRefusedError):
        allocate(company.id, period=OCTOBER, again=True)

    with tenant(company.id):
        assert AllocationRun.objects.filter(billing_period=OCTOBER, state="published").count() == 1
    assert dollars(ask(company)).total.total == Decimal("124.25")


@pytest.mark.parametrize("has_files", [True, False], ids=["of files", "of the mart"])
def test_values_are_suggested_by_beginning_then_by_cost(company, has_files):
    if not has_files:
        lose_months(company)
    with tenant(company.id):
        runs = runs_in_force([OCTOBER]).ids
        assert suggest("team", "a", runs=runs) == ["Search", "Payments", "Platform"]
        assert suggest("team", "s", runs=runs) == ["Search", "Payments"]
        assert suggest("team", "s", runs={}) == []
        assert suggest("service_name", "s", runs=runs, limit=1) == ["S3"]
        assert suggest("team", "", runs=runs, visibility=PAYMENTS) == ["Payments"]
        assert suggest("service_name", "EC", runs=runs, visibility=Visibility(sees_everything=False)) == []
        assert suggest("team", "%_'", runs=runs) == []
        assert suggest("team", "no such", runs=runs, also=["Platform"]) == ["Platform"]


@pytest.mark.parametrize("by", [("team",), ("team", "service_name", "origin", "region_id", "product"), ()])
def test_a_statement_is_the_same_of_files_and_of_the_mart(company, by):
    with tenant(company.id):
        of_files = (
            cost_rows(OCTOBER, by=by, rule_set=RULES),
            cost_rows(OCTOBER, by=by, rule_set=RULES, visibility=PAYMENTS),
        )
        lose_months(company)
        assert (
            cost_rows(OCTOBER, by=by, rule_set=RULES),
            cost_rows(OCTOBER, by=by, rule_set=RULES, visibility=PAYMENTS),
        ) == of_files
    assert len(of_files[1]) < len(of_files[0])


def lose_months(organization):
    """Leave the runs of an organization without the files that tell months."""
    for file in lake.organization_folder(organization.id).rglob(MONTHS):
        file.unlink()


QUESTIONS = (
    {"by": ("team",)},
    {"by": ("team", "service_name", "sub_account_id"), "first": SEPTEMBER},
    {"by": ("team", "product"), "first": SEPTEMBER, "limit": 2},
    {"by": ("region_id",), "compare": "previous", "measure": "consumed_quantity"},
    {"by": ("origin", "source_id"), "granularity": "total", "compare": "previous"},
    {"by": ("service_name",), "filters": (Filter(name="team", values=("Payments", None)),), "first": SEPTEMBER},
    {"by": ("team",), "filters": (Filter(name="product", values=("Cards",), exclude=True),), "currency": "USD"},
    {"by": ("team",), "filters": (Filter(name="region_id", values=(None,)),), "visibility": PAYMENTS},
    {"first": SEPTEMBER, "visibility": Visibility(sees_everything=False)},
    {"by": ("service_name",), "granularity": "day", "first": SEPTEMBER},
    {"by": ("service_name", "team"), "granularity": "day", "compare": "previous", "compared_days": 3, "limit": 2},
    {"granularity": "day", "filters": (Filter(name="region_id", values=(None,)),), "visibility": PAYMENTS},
    {"by": ("charge_date", "region_id"), "granularity": "month", "first": SEPTEMBER, "compare": "previous"},
    {"by": ("service_name",), "filters": (Filter(name="charge_date", values=("2026-10-02",)),)},
    *(
        {"by": by, "granularity": "total", "compare": "previous", "compared_days": days}
        for by in ((), ("team", "origin"), ("team", "service_name"), ("origin", "region_id", "team"))
        for days in (0, 3, 30)
    ),
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_months_beside_the_ledger_answer_as_postgres_does(company, question, empty_cache):
    of_files = ask(company, **question)
    empty_cache()
    for file in lake.organization_folder(company.id).rglob("months.parquet"):
        file.unlink()

    assert ask(company, **question) == of_files
    assert of_files.currencies or "visibility" in question


def test_sums_of_months_are_those_of_the_ledger(company):
    with tenant(company.id):
        for run in AllocationRun.objects.all():
            folder = lake.organization_folder(company.id) / run.folder
            assert write_months(folder, engine=DuckDB()) == mart_sums(run.billing_period)


def test_a_run_whose_months_lost_a_cent_is_refused(acme, monkeypatch):
    wrong = {"USD": dict.fromkeys(COSTS, Decimal("0.01"))}
    monkeypatch.setattr(working_out_module, "write_months", lambda _folder, **_: wrong)

    with pytest.raises(AllocationRefusedError, match="by month"):
        allocated(acme)
