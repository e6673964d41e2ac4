"""Waiting for a statement to end."""

from __future__ import annotations

import pytest

from ingestion.delivery import DeliveryError
from ingestion.saas.statements import LONGEST_PAUSE, LONGEST_WAIT, awaited


def test_it_is_asked_less_and_less_often_until_it_is_done():
    pauses: list[float] = []
    answers = iter(["busy", "busy", "done"])

    found = awaited(
        "busy", is_done=lambda it: it == "done", again=lambda: next(answers), name="It", sleep=pauses.append
    )

    assert found == "done"
    assert pauses == [0.25, 0.5, 1.0]


def test_what_never_ends_is_given_up():
    pauses: list[float] = []

    with pytest.raises(DeliveryError, match="It did not finish in 20 minutes") as given_up:
        awaited("busy", is_done=lambda _: False, again=lambda: "busy", name="It", sleep=pauses.append)

    assert given_up.value.code == "unreachable"
    assert max(pauses) == LONGEST_PAUSE
    assert LONGEST_WAIT <= sum(pauses) < LONGEST_WAIT + LONGEST_PAUSE
