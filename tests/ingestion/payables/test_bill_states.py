"""How final the total of a bill is."""

from datetime import date

import pytest

from ingestion.payables.bill_states import CoveringInvoice, bill_state, state_of_sum

ISSUED = CoveringInvoice(status="issued", issue_date=date(2026, 11, 4), ties_out=True)
OFF = CoveringInvoice(status="issued", issue_date=date(2026, 11, 4), ties_out=False)
DATELESS = CoveringInvoice(status="issued", issue_date=None, ties_out=True)
OPEN = CoveringInvoice(status="open", issue_date=None, ties_out=False)
BEFORE, SAME, AFTER = date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5)


def state(*invoices, is_over=True, unknown=False, restated_on=None, corrected=False):
    return bill_state(
        invoices, is_over=is_over, has_unknown_numbers=unknown, restated_on=restated_on, has_corrections=corrected
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (state(), "estimated"),
        (state(ISSUED, is_over=False), "estimated"),
        (state(OPEN), "estimated"),
        (state(ISSUED, OPEN), "estimated"),
        (state(ISSUED, unknown=True), "estimated"),
        (state(corrected=True), "estimated"),
        (state(ISSUED), "invoiced"),
        (state(OFF), "invoiced"),
        (state(ISSUED, restated_on=BEFORE), "invoiced"),
        (state(ISSUED, restated_on=SAME), "invoiced"),
        (state(ISSUED, restated_on=AFTER), "trued_up"),
        (state(OFF, restated_on=AFTER), "invoiced"),
        (state(ISSUED, OFF, restated_on=AFTER), "invoiced"),
        (state(DATELESS, restated_on=AFTER), "invoiced"),
        (state(ISSUED, corrected=True), "trued_up"),
        (state(OFF, corrected=True), "trued_up"),
    ],
)
def test_a_bill_becomes_final_step_by_step(found, expected):
    assert found == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["invoiced"], "invoiced"),
        (["invoiced", "trued_up"], "trued_up"),
        (["trued_up", "estimated", "invoiced"], "estimated"),
    ],
)
def test_a_sum_is_as_final_as_the_least_final_of_its_bills(states, expected):
    assert state_of_sum(states) == expected


def test_a_sum_over_no_bills_has_no_state():
    with pytest.raises(ValueError, match="no bills"):
        state_of_sum([])
