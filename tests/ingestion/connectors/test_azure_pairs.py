"""Actual and amortized cost of a month as one bill, worked by hand."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.focus.findings import RejectedBillError
from tests.ingestion.normalize.bills import Bench, azure_rows, csv_text, decimals, values

RESERVATION = {
    "model": "Reservation",
    "benefitId": "/providers/Microsoft.Capacity/reservationOrders/1/reservations/2",
}
PLAN = {"model": "SavingsPlan", "benefitId": "/providers/Microsoft.BillingBenefits/savingsPlanOrders/3"}
ON_DEMAND = {"cost": "2.64"}
BOUGHT = {"type": "Purchase", "cost": "3.25", **RESERVATION}
COVERED = {"cost": "1.20", **RESERVATION}
UNUSED = {"type": "UnusedReservation", "cost": "2.05", **RESERVATION}
ACTUAL = [ON_DEMAND, {**COVERED, "cost": "0"}, BOUGHT]
AMORTIZED = [ON_DEMAND, COVERED, UNUSED]


def told(delivery):
    return [(finding.severity, finding.code) for finding in delivery.findings]


def test_a_month_is_all_of_amortized_cost_and_the_purchases_of_actual_cost(bench: Bench):
    # Billed 2.64 + 3.25; in effect 2.64 + 1.20 + 2.05: both 5.89, as actual and amortized cost say.
    delivery = bench.azure(actual=ACTUAL, amortized=AMORTIZED)

    assert values(delivery, "x_export, charge_category, commitment_discount_status, billed_cost, effective_cost") == [
        ("actual", "Purchase", None, Decimal("3.25"), Decimal(0)),
        ("amortized", "Usage", None, Decimal("2.64"), Decimal("2.64")),
        ("amortized", "Usage", "Used", Decimal(0), Decimal("1.20")),
        ("amortized", "Usage", "Unused", Decimal(0), Decimal("2.05")),
    ]
    totals = delivery.bills[0].totals["USD"]
    assert (totals.source, totals.billed_cost, totals.effective_cost) == (Decimal("5.89"),) * 3
    assert delivery.row_counts == (3, 3)


def test_the_rows_left_out_are_accounted_for(bench: Bench):
    delivery = bench.azure(actual=ACTUAL, amortized=AMORTIZED)

    (finding,) = delivery.findings
    assert (finding.severity, finding.code) == ("info", "told_twice")
    assert finding.message == (
        "2026-10: of the actual cost, all but the purchases of commitments was left out (2 rows, 2.64 USD), as the"
        " amortized cost tells it too."
    )


def test_exports_of_different_times_are_told_by_how_much_they_differ(bench: Bench):
    # Actual has one more day of 1.00 than amortized: 6.89 against 5.89.
    delivery = bench.azure(actual=[*ACTUAL, {"cost": "1"}], amortized=AMORTIZED)

    (finding,) = delivery.findings
    assert (finding.severity, finding.code) == ("warning", "exports_differ")
    assert "The actual cost is 6.89 USD in all, the bill 5.89" in finding.message
    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("5.89")


def test_a_commitment_given_back_is_told_by_actual_cost(bench: Bench):
    refund = {"type": "Refund", "cost": "-3.25", **RESERVATION}

    delivery = bench.azure(actual=[*ACTUAL, refund], amortized=AMORTIZED)

    assert values(delivery, "charge_category, charge_class, billed_cost, effective_cost")[1] == (
        "Purchase",
        "Correction",
        Decimal("-3.25"),
        Decimal(0),
    )
    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("2.64")
    assert told(delivery) == [("info", "told_twice")]


def test_a_purchase_of_anything_else_is_told_by_amortized_cost(bench: Bench):
    bought = {"type": "Purchase", "cost": "7"}

    delivery = bench.azure(actual=[bought], amortized=[bought])

    assert values(delivery, "x_export, billed_cost, effective_cost") == [("amortized", Decimal(7), Decimal(7))]


def test_a_savings_plan_is_spread_as_a_reservation_is(bench: Bench):
    delivery = bench.azure(
        actual=[{"type": "Purchase", "cost": "1", **PLAN}],
        amortized=[{"cost": "0.75", **PLAN}, {"type": "UnusedSavingsPlan", "cost": "0.25", **PLAN}],
    )

    totals = delivery.bills[0].totals["USD"]
    assert (totals.billed_cost, totals.effective_cost) == (Decimal(1), Decimal(1))
    assert values(delivery, "billed_cost, effective_cost") == [
        (Decimal(1), Decimal(0)),
        (Decimal(0), Decimal("0.75")),
        (Decimal(0), Decimal("0.25")),
    ]


def test_actual_cost_alone_is_billed_right_and_spreads_nothing(bench: Bench):
    delivery = bench.azure(actual=ACTUAL)

    totals = delivery.bills[0].totals["USD"]
    assert (totals.source, totals.billed_cost, totals.effective_cost) == (Decimal("5.89"),) * 3
    assert values(delivery, "effective_cost") == decimals("2.64", "0", "3.25")
    assert told(delivery) == [("warning", "amortized_missing")]


def test_actual_cost_alone_is_the_whole_bill_of_a_month_without_commitments(bench: Bench):
    delivery = bench.azure(actual=[ON_DEMAND])

    assert delivery.findings == ()


def test_amortized_cost_alone_lacks_what_the_commitments_were_bought_for(bench: Bench):
    delivery = bench.azure(amortized=AMORTIZED)

    totals = delivery.bills[0].totals["USD"]
    assert (totals.source, totals.billed_cost) == (Decimal("2.64"), Decimal("2.64"))
    assert totals.effective_cost == Decimal("5.89")
    assert told(delivery) == [("warning", "actual_missing")]


def test_each_month_is_paired_for_itself(bench: Bench):
    september = {"BillingPeriodStartDate": "2026-09-01", "BillingPeriodEndDate": "2026-09-30", "Date": "2026-09-05"}

    delivery = bench.azure(actual=[*ACTUAL, {**ON_DEMAND, **september}], amortized=AMORTIZED)

    first, second = delivery.bills
    assert (first.totals["USD"].billed_cost, second.totals["USD"].billed_cost) == (Decimal("2.64"), Decimal("5.89"))


def test_both_exports_may_write_the_same_month_differently(bench: Bench):
    iso = {"BillingPeriodStartDate": "2026-10-01T00:00:00Z", "Date": "2026-10-05T00:00:00Z"}

    delivery = bench.azure(actual=[{**row, **iso} for row in ACTUAL], amortized=AMORTIZED)

    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("5.89")
    assert told(delivery) == [("info", "told_twice")]


def test_each_currency_is_accounted_for_by_itself(bench: Bench):
    euros = {"BillingCurrency": "EUR", "cost": "4"}

    delivery = bench.azure(actual=[*ACTUAL, euros], amortized=[*AMORTIZED, euros])

    assert {code: totals.billed_cost for code, totals in delivery.bills[0].totals.items()} == {
        "EUR": Decimal(4),
        "USD": Decimal("5.89"),
    }
    assert told(delivery) == [("info", "told_twice")] * 2


def test_without_a_name_the_rows_tell_the_export(bench: Bench):
    delivery = bench.normalized(
        "azure_export",
        bench.archived(csv_text(azure_rows(*ACTUAL)), name="a-part_0.csv"),
        bench.archived(csv_text(azure_rows(*AMORTIZED)), name="b-part_0.csv"),
    )

    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("5.89")


def test_parts_without_commitments_are_of_the_export_that_the_others_are_of(bench: Bench):
    delivery = bench.normalized(
        "azure_export",
        bench.archived(csv_text(azure_rows(COVERED)), name="part_0.csv"),
        bench.archived(csv_text(azure_rows(ON_DEMAND)), name="part_1.csv"),
    )

    assert values(delivery, "x_export, billed_cost") == [("amortized", Decimal(0)), ("amortized", Decimal("2.64"))]


def test_a_part_that_could_be_of_either_export_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError) as caught:
        bench.normalized(
            "azure_export",
            bench.archived(csv_text(azure_rows(*ACTUAL)), name="part_0.csv"),
            bench.archived(csv_text(azure_rows(*AMORTIZED)), name="part_1.csv"),
            bench.archived(csv_text(azure_rows(ON_DEMAND)), name="part_2.csv"),
        )

    assert caught.value.code == "export_unknown"
    assert "part_2.csv" in str(caught.value)


def test_a_file_that_holds_both_exports_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError) as caught:
        bench.normalized("azure_export", bench.archived(csv_text(azure_rows(BOUGHT, UNUSED)), name="all.csv"))

    assert caught.value.code == "export_mixed"


def test_amortized_cost_under_the_name_of_actual_cost_is_refused(bench: Bench):
    with pytest.raises(RejectedBillError) as caught:
        bench.azure(actual=AMORTIZED)

    assert caught.value.code == "export_contradicts"


def test_purchases_among_amortized_cost_are_not_counted_twice(bench: Bench):
    delivery = bench.azure(actual=ACTUAL, amortized=[*AMORTIZED, BOUGHT])

    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("5.89")
    assert (
        "Of the amortized cost, purchases of commitments were left out (1 row, 3.25 USD)"
        in delivery.findings[0].message
    )


CENTS = st.decimals(min_value=-(10**9), max_value=10**9, places=12)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    on_demand=st.lists(CENTS, max_size=4),
    bought=st.lists(CENTS, max_size=3),
    spread=st.lists(CENTS, min_size=1, max_size=4),
)
def test_what_is_billed_is_always_actual_cost_and_the_effect_always_amortized_cost(
    on_demand: list[Decimal], bought: list[Decimal], spread: list[Decimal]
):
    plain = [{"cost": f"{cost:f}"} for cost in on_demand]
    actual = [*plain, *({**BOUGHT, "cost": f"{cost:f}"} for cost in bought), {**COVERED, "cost": "0"}]
    amortized = [*plain, *({**COVERED, "cost": f"{cost:f}"} for cost in spread)]

    with tempfile.TemporaryDirectory() as folder:
        delivery = Bench(Path(folder)).azure(actual=actual, amortized=amortized)

    totals = delivery.bills[0].totals["USD"]
    assert totals.billed_cost == totals.source == sum(on_demand) + sum(bought)
    assert totals.effective_cost == sum(on_demand) + sum(spread)
    assert told(delivery) == [("info", "told_twice")]
