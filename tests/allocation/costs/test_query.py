"""A question survives its address, and an address that cannot be read says which part is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.costs.query import (
    COLUMNS,
    CostQuery,
    Filter,
    QueryError,
    RuleSetNames,
    UnknownNameError,
    merged,
    parse,
    shifted,
    to_params,
)

RULES = RuleSetNames(dimensions=(("team", "Team"), ("cost_center", "Cost center")))
OCTOBER = date(2026, 10, 1)
NAMES = ("team", "cost_center", *COLUMNS)
values = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
filters = st.builds(
    Filter,
    name=st.sampled_from(NAMES),
    values=st.lists(values, min_size=1, max_size=4).map(tuple),
    exclude=st.booleans(),
)


@st.composite
def queries(draw):
    first = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1))).replace(day=1)
    return CostQuery(
        first=first,
        last=shifted(first, months=draw(st.integers(0, 2))),
        measure=draw(st.sampled_from(["effective_cost", "billed_cost", "consumed_quantity"])),
        by=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))),
        granularity=draw(st.sampled_from(["total", "month", "day"])),
        filters=merged(draw(st.lists(filters, max_size=4))),
        compare=draw(st.sampled_from([None, "previous", "year_ago"])),
        currency=draw(st.sampled_from([None, "USD", "EUR"])),
        limit=draw(st.integers(1, 1000)),
    )


def as_mapping(pairs):
    params = {}
    for name, value in pairs:
        params.setdefault(name, []).append(value)
    return params


@given(queries())
def test_a_question_read_back_from_its_address_is_the_same(query):
    assert parse(as_mapping(to_params(query)), rule_set=RULES, default=date(1999, 1, 1)) == query


def test_without_parameters_the_default_period_is_asked_for():
    query = parse({}, rule_set=RULES, default=OCTOBER)

    assert (query.first, query.last, query.measure, query.by) == (OCTOBER, OCTOBER, "effective_cost", ())


def test_a_dimension_may_be_called_by_its_name():
    query = parse({"by": ["Cost Center"], "is": ["TEAM:Payments", "team"]}, rule_set=RULES, default=OCTOBER)

    assert query.by == ("cost_center",)
    assert query.filters == (Filter(name="team", values=("Payments", None)),)


def test_a_value_may_hold_a_colon_and_be_empty():
    query = parse({"not": ["service_name:a:b", "service_name:"]}, rule_set=RULES, default=OCTOBER)

    assert query.filters == (Filter(name="service_name", values=("a:b", ""), exclude=True),)


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"first": ["October"]}, "first"),
        ({"last": ["2026-13"]}, "last"),
        ({"first": ["2026-10"], "last": ["2026-09"]}, "last"),
        ({"first": ["2020-01"], "last": ["2026-10"]}, "first"),
        ({"first": ["2026-01"], "last": ["2026-10"], "granularity": ["day"]}, "first"),
        ({"by": ["planet"]}, "by"),
        ({"by": ["team", "origin", "region_id", "service_name"]}, "by"),
        ({"is": ["planet:Mars"]}, "is"),
        ({"not": ["planet"]}, "not"),
        ({"is": ["team:a\0b"]}, "is"),
        ({"measure": ["profit"]}, "measure"),
        ({"granularity": ["hour"]}, "granularity"),
        ({"compare": ["never"]}, "compare"),
        ({"currency": ["US D"]}, "currency"),
        ({"limit": ["0"]}, "limit"),
        ({"limit": ["-1"]}, "limit"),
        ({"limit": ["٣"]}, "limit"),
    ],
)
def test_what_cannot_be_read_is_named(params, parameter):
    with pytest.raises(QueryError) as caught:
        parse(params, rule_set=RULES, default=OCTOBER)

    assert caught.value.parameter == parameter


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="Known: team, cost_center, source_id, origin"):
        parse({"by": ["planet"]}, rule_set=RULES, default=OCTOBER)


def test_periods_compared_with_lie_right_before_or_a_year_ago():
    previous = CostQuery(first=date(2026, 2, 1), last=date(2026, 3, 1), compare="previous")
    year_ago = CostQuery(first=date(2026, 2, 1), last=date(2026, 3, 1), compare="year_ago")

    assert previous.compared_periods == (date(2025, 12, 1), date(2026, 1, 1))
    assert year_ago.compared_periods == (date(2025, 2, 1), date(2025, 3, 1))
