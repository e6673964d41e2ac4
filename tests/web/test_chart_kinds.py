"""Figures of every kind: exact sums on the way, and positions that follow from them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itfm.web.charts import (
    Bridge,
    DailyCost,
    FanPoint,
    Flow,
    Interval,
    Share,
    daily_costs,
    forecast_fan,
    heat_by_day,
    sankey,
    shares,
    slots,
    small_multiples,
    waterfall,
)
from itfm.web.charts.sankey import LoopError

SPACE = "\N{NO-BREAK SPACE}"


@given(st.sets(st.text(max_size=12), max_size=8), st.randoms())
def test_up_to_eight_names_get_colors_of_their_own_whatever_their_order(names, random):
    shuffled = list(names)
    random.shuffle(shuffled)

    assert slots(shuffled) == slots(names)
    assert len(set(slots(names).values())) == len(names)


@given(st.text(max_size=12))
def test_a_name_alone_always_has_the_same_color(name):
    assert slots([name])[name] in {"1", "2", "3", "4", "5", "6", "7", "8"}
    assert slots([name]) == slots([name, name])


def test_colors_do_not_follow_the_rank():
    payments_first = daily_costs(
        [
            DailyCost(charge_date=date(2026, 10, 1), name=name, cost=Decimal(cost))
            for name, cost in (("a", 9), ("b", 1))
        ],
        currency="USD",
    )
    payments_last = daily_costs(
        [
            DailyCost(charge_date=date(2026, 10, 1), name=name, cost=Decimal(cost))
            for name, cost in (("a", 1), ("b", 9))
        ],
        currency="USD",
    )

    def colors(daily):
        return {trace["name"]: trace["meta"]["palette"] for trace in daily.figure["data"]}

    assert [series.name for series in payments_last.series] == ["b", "a"]
    assert colors(payments_first) == colors(payments_last)


def test_what_a_name_has_on_every_page_it_has_beside_any_others():
    kept = slots(["a", "b", "c", "d"])

    for others in (["x"], ["x", "y", "z"], ["Payments", "Search", "b"]):
        shown = slots(["a", "c", *others], kept=kept)
        assert (shown["a"], shown["c"]) == (kept["a"], kept["c"])
        assert len(set(shown.values())) == len(shown)


def test_more_than_eight_names_repeat_colors_evenly():
    found = list(slots(f"team {number}" for number in range(16)).values())

    assert {found.count(slot) for slot in "12345678"} == {2}


def test_a_trend_by_month_counts_months_without_cost():
    rows = [
        DailyCost(charge_date=date(2026, 1, 31), name="a", cost=Decimal(1)),
        DailyCost(charge_date=date(2026, 1, 1), name="a", cost=Decimal(2)),
        DailyCost(charge_date=date(2026, 3, 15), name="a", cost=Decimal(4)),
    ]

    monthly = daily_costs(rows, currency="USD", granularity="month")

    assert monthly.days == (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
    assert monthly.series[0].costs == (Decimal(3), Decimal(0), Decimal(4))
    assert monthly.figure["layout"]["xaxis"]["tickformat"] == "%b\n%Y"


def test_weeks_begin_on_monday():
    rows = [
        DailyCost(charge_date=date(2026, 11, 1), name="a", cost=Decimal(1)),  # a Sunday
        DailyCost(charge_date=date(2026, 11, 2), name="a", cost=Decimal(2)),
    ]

    weekly = daily_costs(rows, currency="USD", granularity="week")

    assert weekly.days == (date(2026, 10, 26), date(2026, 11, 2))


def test_a_click_on_a_stripe_leads_where_the_caller_says():
    rows = [DailyCost(charge_date=date(2026, 10, 1), name="a", cost=Decimal(1))]

    bars = daily_costs(rows, currency="USD", urls={"a": "?team=a"}).figure["data"][0]

    assert bars["customdata"] == [[f"1.00{SPACE}USD", "?team=a"]]
    assert "%{customdata[0]}" in bars["hovertemplate"]


def test_shares_are_ranked_by_size_and_end_with_the_rest_and_the_unallocated():
    rows = [Share(name=None, cost=Decimal(5)), *(Share(name=f"t{n}", cost=Decimal(n)) for n in (1, 2, 3, 40, -50))]

    bars = shares(rows, currency="USD", limit=2)["data"][0]

    assert bars["hovertext"] == ["t-50", "t40", "3 others", "Unallocated"]
    assert bars["x"] == [-50.0, 40.0, 6.0, 5.0]
    # of 5 + 1 + 2 + 3 + 40 - 50 = 1
    assert bars["text"][2] == f"600.0{SPACE}%"
    assert bars["meta"]["palette"][2:] == ["rest", "unallocated"]


def test_shares_of_nothing_have_no_percent():
    assert shares([Share(name="a", cost=Decimal(0))], currency="USD")["data"][0]["text"] == [""]


def test_a_waterfall_ends_at_the_exact_sum():
    steps = [Bridge(name="up", amount=Decimal("0.000000000000000001")), Bridge(name="down", amount=Decimal(-150))]

    bars = waterfall(steps, start=Decimal(100), start_name="June", end_name="July", currency="USD")["data"][1]

    assert bars["base"] == [0.0, 100.0, 100.0, 0.0]
    assert bars["y"] == [100.0, 1e-18, -150.0, -50.0]
    assert bars["text"] == ["100.00", "▲ 0.00", "▼ 150.00", "\N{MINUS SIGN}50.00"]


@given(st.lists(st.decimals(min_value=-1000, max_value=1000, places=4), max_size=8))
def test_each_step_of_a_waterfall_starts_where_the_one_before_ended(amounts):
    steps = [Bridge(name=str(number), amount=amount) for number, amount in enumerate(amounts)]

    bars = waterfall(steps, start=Decimal(7), start_name="a", end_name="b", currency="USD")["data"][1]

    for number in range(len(steps)):
        assert bars["base"][number + 1] == pytest.approx(bars["base"][number] + bars["y"][number], abs=1e-9)


FLOWS = [
    Flow(source="Direct", target="Logging", amount=Decimal(30)),
    Flow(source="Direct", target="Payments", amount=Decimal(60)),
    Flow(source="Logging", target="Payments", amount=Decimal(10)),
    Flow(source="Logging", target="Search", amount=Decimal(20)),
]


def ribbons(figure):
    return [trace for trace in figure["data"] if trace.get("opacity") == 0.4]


def height(trace):
    """How high a ribbon is where it leaves; its path runs there along its upper side, and back along its lower one."""
    return trace["y"][-1] - trace["y"][0]


def test_ribbons_are_as_high_as_their_amounts():
    found = ribbons(sankey(FLOWS, currency="USD"))

    unit = height(found[0]) / 30
    assert [round(height(trace) / unit) for trace in found] == [30, 60, 10, 20]


def test_what_a_pool_hands_on_is_what_it_took_in():
    boxes = {
        trace["text"].split("<br>")[0]: trace
        for trace in sankey(FLOWS, currency="USD")["data"]
        if "text" in trace and trace.get("mode") == "lines" and trace.get("opacity") is None
    }

    assert "stays" not in boxes["Logging"]["text"]
    assert boxes["Logging"]["text"] == f"Logging<br>30.00{SPACE}USD"
    assert boxes["Payments"]["text"] == f"Payments<br>70.00{SPACE}USD"
    assert boxes["Direct"]["text"] == f"Direct<br>90.00{SPACE}USD"


def test_ribbons_that_leave_a_node_lie_side_by_side():
    found = ribbons(sankey(FLOWS, currency="USD"))
    leaving = sorted((trace["y"][0], trace["y"][-1]) for trace in found[:2])

    assert leaving[0][1] == pytest.approx(leaving[1][0], abs=1e-4)


def test_a_credit_is_as_wide_as_its_size_and_says_its_sign():
    flows = [Flow(source="a", target="b", amount=Decimal(-5)), Flow(source="a", target="c", amount=Decimal(5))]

    credit, cost = ribbons(sankey(flows, currency="USD"))

    assert height(credit) == pytest.approx(height(cost), abs=1e-4)
    assert credit["text"] == f"a to b<br>\N{MINUS SIGN}5.00{SPACE}USD"


def test_flows_in_a_circle_are_refused():
    with pytest.raises(LoopError):
        sankey(
            [Flow(source="a", target="b", amount=Decimal(1)), Flow(source="b", target="a", amount=Decimal(1))],
            currency="USD",
        )


def test_no_flow_is_an_empty_figure():
    assert sankey([], currency="USD")["data"][-1]["text"] == []


def test_a_name_is_never_read_as_markup():
    figure = sankey([Flow(source="<b>a", target="c & d", amount=Decimal(1))], currency="USD")

    assert ribbons(figure)[0]["text"].startswith("&lt;b&gt;a to c &amp; d<br>")


def test_a_calendar_has_a_column_per_week_and_leaves_unknown_days_empty():
    costs = {date(2026, 11, 1): Decimal(3), date(2026, 11, 3): Decimal(0)}  # a Sunday and a Tuesday

    days = heat_by_day(costs, currency="USD", urls={date(2026, 11, 1): "?day=1"})["data"][0]

    assert days["z"][6] == [3.0, None]
    assert days["z"][1] == [None, 0.0]
    assert days["customdata"][6][0] == [f"Sun 1 Nov 2026<br>3.00{SPACE}USD", "?day=1"]


def test_small_charts_share_one_scale():
    rows = [
        DailyCost(charge_date=date(2026, 10, 1), name="a", cost=Decimal(50)),
        DailyCost(charge_date=date(2026, 10, 1), name="b", cost=Decimal(-2)),
        DailyCost(charge_date=date(2026, 10, 1), name=None, cost=Decimal(1)),
    ]

    found = small_multiples(daily_costs(rows, currency="USD"))

    assert [(one.name, one.total) for one in found] == [("a", 50), ("b", -2), ("Unallocated", 1)]
    assert {tuple(one.figure["layout"]["yaxis"]["range"]) for one in found} == {(-2.0, 50.0)}


def test_a_forecast_begins_at_the_last_cost():
    history = FanPoint(period=date(2026, 10, 1), cost=Decimal(10))
    coming = FanPoint(
        period=date(2026, 11, 1),
        expected=Decimal(12),
        intervals=(Interval(percent=80, low=Decimal(9), high=Decimal(15)),),
    )

    low, high, cost, forecast = forecast_fan([history, coming], currency="USD")["data"]

    assert (low["y"], high["y"], high["name"]) == ([9.0], [15.0], "80 % of outcomes")
    assert (cost["y"], forecast["y"]) == ([10.0], [10.0, 12.0])
