"""Many billing periods allocated again from the command line."""

from datetime import date

import pytest
from django.core.management.base import CommandError

from allocation.services import allocate
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.cli.commands import itfm

MONTHS = [date(2026, month, 1) for month in (8, 9, 10)]


def states(*arguments):
    code, told = itfm("reallocate", *arguments, "--organization", "acme")
    assert code == 0
    return [(month["billing_period"], month["state"]) for month in told["months"]]


def test_a_span_is_started_followed_and_canceled(acme):
    for period in MONTHS:
        bill_in_force(acme, [charge("5", on=period)], period=period)

    assert states("start", "--from", "2026-09") == [("2026-09", "queued"), ("2026-10", "queued")]
    allocate(acme.id, period=MONTHS[1])
    assert states("status") == [("2026-09", "published"), ("2026-10", "queued")]
    assert states("cancel") == [("2026-09", "published"), ("2026-10", "canceled")]
    with pytest.raises(CommandError, match="Nothing is under way"):
        states("cancel")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("start",), "No bill is in force in these months"),
        (("start", "--from", "October"), "not a billing period"),
        (("start", "--from", "2026-10", "--to", "2026-08"), "The first month is after the last"),
        (("status",), "Nothing was allocated again yet"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(acme, arguments, said):
    with pytest.raises(CommandError, match=said):
        itfm("reallocate", *arguments, "--organization", "acme")
