"""Charts: which values get a stripe, and that no amount changes on the way to the screen."""

import json
from datetime import date
from decimal import Decimal

from itfm.web.charts import DailyCost, FanPoint, Interval, Share, daily_costs, forecast_fan, legend, shares
from itfm.web.showback.chart import monthly_bars

OCTOBER = date(2026, 10, 1)


def costs(table: str) -> list[DailyCost]:
    """Read `day | team | cost` lines; `-` is what no rule caught."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [
        DailyCost(charge_date=OCTOBER.replace(day=int(day)), name=None if team == "-" else team, cost=Decimal(cost))
        for day, team, cost in rows
    ]


def test_the_largest_value_comes_first_and_the_unallocated_last():
    rows = costs("""
        1 | search   | 10
        1 | payments | 30
        1 | -        | 99
    """)

    daily = daily_costs(rows, currency="USD")

    assert [series.name for series in daily.series] == ["payments", "search", "Unallocated"]
    assert [series.is_unallocated for series in daily.series] == [False, False, True]


def test_values_beyond_the_limit_are_summed_day_by_day():
    rows = costs("""
        1 | a | 50
        1 | b | 3
        2 | b | 4
        1 | c | 2
        2 | d | 1
    """)

    daily = daily_costs(rows, currency="USD", limit=1)

    assert [(series.name, series.costs) for series in daily.series] == [
        ("a", (Decimal(50), Decimal(0))),
        ("3 others", (Decimal(5), Decimal(5))),
    ]


def test_a_single_value_beyond_the_limit_keeps_its_name():
    rows = costs("""
        1 | a | 50
        1 | b | 3
    """)

    daily = daily_costs(rows, currency="USD", limit=1)

    assert [series.name for series in daily.series] == ["a", "b"]


def test_a_large_credit_ranks_above_a_small_cost():
    rows = costs("""
        1 | refunded | -80
        1 | a        | 20
        1 | b        | 10
        1 | c        | 5
    """)

    daily = daily_costs(rows, currency="USD", limit=2)

    assert [series.name for series in daily.series] == ["refunded", "a", "2 others"]


def test_days_without_cost_count_zero():
    rows = costs("""
        1 | a | 1
        4 | a | 2
    """)

    daily = daily_costs(rows, currency="USD")

    assert [day.day for day in daily.days] == [1, 2, 3, 4]
    assert daily.series[0].costs == (Decimal(1), Decimal(0), Decimal(0), Decimal(2))


def test_rows_and_series_sum_to_the_same_to_the_last_digit():
    rows = costs("""
        1 | a | 12345678901234567890.000000000000000001
        1 | b | 0.000000000000000002
        2 | - | 1
    """)

    daily = daily_costs(rows, currency="USD")

    assert daily.total == Decimal("12345678901234567891.000000000000000003")
    assert [row.total for row in daily.rows] == [Decimal("12345678901234567890.000000000000000003"), Decimal(1)]
    assert daily.rows[1].costs == (Decimal(0), Decimal(0), Decimal(1))


def test_no_cost_is_an_empty_chart():
    daily = daily_costs([], currency="USD")

    assert daily.rows == ()
    assert daily.figure["data"] == []


def test_the_figure_can_be_sent_as_json_and_names_its_palette():
    rows = costs("""
        1 | a | 1234.5
        1 | - | -0.5
    """)

    figure = json.loads(json.dumps(daily_costs(rows, currency="USD").figure))

    assert figure["data"][0]["meta"]["palette"] in set("12345678")
    assert figure["data"][1]["meta"]["palette"] == "unallocated"
    assert figure["data"][0]["x"] == ["2026-10-01"]
    assert figure["data"][0]["y"] == [1234.5]
    assert figure["layout"]["barmode"] == "relative"


def test_hover_text_is_written_from_the_decimal():
    rows = costs("1 | a | 1234567.895")

    figure = daily_costs(rows, currency="USD").figure

    assert figure["data"][0]["customdata"] == ["1,234,567.90\N{NO-BREAK SPACE}USD"]


def test_the_rest_has_a_palette_of_its_own():
    rows = costs("\n".join(f"1 | team {number:02} | {100 - number}" for number in range(11)))

    traces = daily_costs(rows, currency="USD").figure["data"]

    assert {trace["meta"]["palette"] for trace in traces[:-1]} == set("12345678")
    assert traces[-1]["meta"]["palette"] == "rest"
    assert traces[-1]["name"] == "3 others"


def test_a_year_of_months_is_labeled_without_being_turned():
    months = {date(2025, 11, 1): Decimal(1), date(2025, 12, 1): Decimal(2), date(2026, 1, 1): Decimal(3)}

    axis = monthly_bars(months, currency="USD")["layout"]["xaxis"]

    assert axis["ticktext"] == ["Nov<br>2025", "Dec", "Jan<br>2026"]
    assert axis["tickvals"] == ["Nov 25", "Dec 25", "Jan 26"]


def test_a_legend_names_what_the_page_shows_and_hides():
    figure = daily_costs(
        [DailyCost(charge_date=OCTOBER, name=name, cost=Decimal(1)) for name in ("<b>R&D</b>", "&amp;", None)],
        currency="USD",
    ).figure

    entries = legend(figure)

    assert [entry.name for entry in entries] == ["&amp;", "<b>R&D</b>", "Unallocated"]
    assert [entry.traces for entry in entries] == [(0,), (1,), (2,)]
    assert entries[2].slot == "unallocated"


def test_both_edges_of_a_band_go_with_its_name():
    months = [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
    coming = [
        FanPoint(
            period=month,
            expected=Decimal(5),
            intervals=(
                Interval(percent=90, low=Decimal(1), high=Decimal(9)),
                Interval(percent=50, low=Decimal(4), high=Decimal(6)),
            ),
        )
        for month in months[1:]
    ]

    figure = forecast_fan([FanPoint(period=months[0], cost=Decimal(5)), *coming], currency="USD")

    assert [(entry.name, entry.traces) for entry in legend(figure)] == [
        ("90 % of outcomes", (0, 1)),
        ("50 % of outcomes", (2, 3)),
        ("Cost", (4,)),
        ("Forecast", (5,)),
    ]


def test_a_figure_without_a_legend_has_no_entries():
    assert legend(shares([Share(name="a", cost=Decimal(1))], currency="USD")) == ()
