"""The chart of an answer has every cost of it, and what sums up many lines stands last."""

from datetime import date
from decimal import Decimal

from itfm.web.explore.figure import Stripe, figure

MONTHS = (date(2026, 9, 1), date(2026, 10, 1))


def stripe(name, *costs, **options):
    return Stripe(name=name, costs=tuple(map(Decimal, costs)), **options)


def test_lines_too_small_for_a_color_are_summed_with_the_rest():
    stripes = [*(stripe(f"Team {number}", "1", "2") for number in range(10)), stripe("Others", "5", "5", is_rest=True)]

    drawn = figure(stripes, buckets=MONTHS, granularity="month", currency="USD")

    assert len(drawn["data"]) == 9
    assert drawn["data"][-1]["y"] == [7.0, 9.0]
    assert sum(sum(trace["y"]) for trace in drawn["data"]) == 40.0
    assert drawn["layout"]["xaxis"]["tickvals"] == ["2026-09-01", "2026-10-01"]


def test_of_a_total_the_rest_stands_below_what_is_smaller():
    stripes = [stripe("Payments", "7", url="/down"), stripe("Search", "2"), stripe("Others", "90", is_rest=True)]

    drawn = figure(stripes, buckets=MONTHS[:1], granularity="total", currency="USD")

    (trace,) = drawn["data"]
    assert trace["x"] == [7.0, 2.0, 90.0]
    assert trace["meta"]["palette"][-1] == "rest"
    assert trace["customdata"][0][1] == "/down"
    assert drawn["layout"]["yaxis"]["ticktext"] == ["Payments", "Search", "Others"]
