"""Days on which a driver was not measured, over bills worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from allocation.engine.drivers import DriverValue
from allocation.engine.streams import Stream
from tests.allocation.engine.bills import allocate, by_value, day
from tests.allocation.engine.test_methods import codes, held, measured, rule_set, team

METRIC = {"kind": "metric", "driver": "gb"}
DAY = {"kind": "day"}
USED = {"gb": measured("2026-10-01,a,10", "2026-10-04,a,40", "2026-10-04,b,30")}
CHARGES = [team("Shared", "100", on=3), team("a", "1"), team("b", "1", on=4)]


@pytest.mark.parametrize(
    ("missing", "days"),
    [
        ("zero", [10, None, None, 40, None]),
        ("carry_forward", [10, 10, 10, 40, 40]),
        ("interpolate", [10, 20, 30, 40, 40]),
        ("hold", [10, None, None, 40, None]),
    ],
)
def test_a_day_without_rows_counts_as_the_rule_says(missing, days):
    stream = Stream(measured("2026-10-01,a,10", "2026-10-04,a,40"), missing=missing, until=day(5))

    found = [stream.on(day(number)) for number in range(1, 7)]

    assert [one and one["a"] for one in found] == [*days, None]


def test_a_measured_day_is_carried_for_62_days_and_nothing_is_carried_back():
    stream = Stream([DriverValue(date=date(2026, 8, 1), value="a", quantity=Decimal(1))], missing="carry_forward")

    assert stream.on(day(2)) == {"a": 1}
    assert stream.on(day(3)) is None
    assert stream.on(date(2026, 7, 31)) is None


def test_a_third_of_the_way_is_rounded_half_even_to_18_decimals():
    stream = Stream(measured("2026-10-01,a,0", "2026-10-04,a,1"), missing="interpolate")

    assert stream.on(day(2)) == {"a": Decimal("0.333333333333333333")}
    assert stream.on(day(3)) == {"a": Decimal("0.666666666666666667")}


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("carry_forward", {"a": Decimal(101), "b": Decimal(1)}),
        # A third of the way back from the 4th: a has 30, b has 20.
        ("interpolate", {"a": Decimal(61), "b": Decimal(41)}),
        ("zero", {"Shared": Decimal(100), "a": Decimal(1), "b": Decimal(1)}),
        ("hold", {"Shared": Decimal(100), "a": Decimal(1), "b": Decimal(1)}),
    ],
)
def test_a_split_by_day_fills_the_day_that_is_missing(tmp_path, missing, expected):
    _, result = allocate(tmp_path, rule_set(METRIC, window=DAY, missing=missing), CHARGES, drivers=USED)

    assert by_value(result) == expected
    (match,) = result.proof.drivers
    filled = 1 if missing in {"carry_forward", "interpolate"} else 0
    assert (match.days_needed, match.days_measured, match.days_filled) == (1, 0, filled)
    reasons = {"zero": [("no_weight", "USD", 100)], "hold": [("driver_days_missing", "USD", 100)]}
    assert held(result) == reasons.get(missing, [])


def test_the_coverage_of_a_month_counts_the_days_up_to_the_last_with_cost(tmp_path):
    _, result = allocate(tmp_path, rule_set(METRIC, missing="carry_forward"), CHARGES, drivers=USED)

    # a: 10 on three days and 40; b: 30. The bill ends on the 4th, so later days are not missing yet.
    assert by_value(result, origin="shared") == {"Shared": Decimal(-100), "a": Decimal(70), "b": Decimal(30)}
    (match,) = result.proof.drivers
    assert (match.days_needed, match.days_measured, match.days_filled) == (4, 2, 2)
    assert [one.message for one in result.proof.findings] == ["gb was measured on 2 of 4 days; others stand in for 2."]
    assert codes(result) == ["driver_coverage"]


def test_a_month_with_a_missing_day_is_held_when_the_rule_says_so(tmp_path):
    _, result = allocate(tmp_path, rule_set(METRIC, missing="hold", fallback={"kind": "even"}), CHARGES, drivers=USED)

    assert held(result) == [("driver_days_missing", "USD", 100)]


def test_a_trailing_window_reaches_back_to_days_before_the_month(tmp_path):
    used = {"gb": measured("2026-09-28,a,1", "2026-10-02,b,3")}
    rule = rule_set(METRIC, window={"kind": "trailing", "days": 3}, missing="carry_forward")

    _, result = allocate(tmp_path, rule, [team("Shared", "8", on=2), team("a", "0"), team("b", "0")], drivers=used)

    # 30 September and 1 October count as the 28th: a has 2, b has 3 on the 2nd.
    assert by_value(result) == {"a": Decimal("3.2"), "b": Decimal("4.8")}
    assert rule.days_back() == 65
