"""Which usage a line of cost pays: each quantity is told once, whatever the lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.ai.line_items import LineItem, line_item
from ingestion.ai.lines import Line, paired

TIERS = st.sampled_from([None, "standard", "batch"])
WINDOWS = st.sampled_from([None, "0-200k"])
DAYS = st.sampled_from(["2026-10-01", "2026-10-02"])
MODELS = st.sampled_from(["claude", "Claude", "gpt"])


def lines(*, amounts: st.SearchStrategy[int], quantities: st.SearchStrategy[Decimal | None]) -> st.SearchStrategy[Line]:
    return st.builds(
        Line,
        period_start=DAYS,
        period_end=st.just(""),
        model=MODELS,
        token_type=st.just("output"),
        service_tier=TIERS,
        context_window=WINDOWS,
        amount=amounts,
        quantity=quantities,
        unit=st.just("Tokens"),
    )


COSTS = st.lists(lines(amounts=st.integers(1, 9), quantities=st.none()), max_size=6)
USAGE = st.lists(lines(amounts=st.just(0), quantities=st.integers(1, 9).map(Decimal)), max_size=6)


@given(costs=COSTS, usage=USAGE)
def test_no_quantity_is_lost_or_told_twice_and_no_cost_either(costs, usage):
    found = paired(costs, usage)

    assert sum(line.quantity or 0 for line in found) == sum(line.quantity for line in usage)
    assert sorted(line.amount for line in found if line.amount) == sorted(line.amount for line in costs)


@given(costs=COSTS, usage=USAGE, data=st.data())
def test_the_order_of_the_answers_changes_nothing(costs, usage, data):
    turned = [data.draw(st.permutations(some)) for some in (costs, usage)]

    assert [line.order for line in paired(*turned)] == [line.order for line in paired(costs, usage)]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("gpt-4o-2024-08-06, input", LineItem(model="gpt-4o-2024-08-06", token_type="input")),
        ("GPT-4o, Cached Input", LineItem(model="GPT-4o", token_type="cached input")),
        ("ft-gpt-4o-2024-08-06, output", LineItem(model="ft-gpt-4o-2024-08-06", token_type="output")),
        ("gpt-audio-mini audio, input", LineItem(model="gpt-audio-mini", token_type="audio input")),
        ("gpt-image-1 text, cached input", LineItem(model="gpt-image-1", token_type="cached input")),
        (
            "priority | gpt-5, output, long context",
            LineItem(model="gpt-5", token_type="output", service_tier="priority", context_window="long context"),
        ),
        ("gpt-5, input, in another way", LineItem()),
        ("web search tool calls", LineItem()),
        ("assistants api | file search", LineItem()),
        ("", LineItem()),
        (None, LineItem()),
    ],
)
def test_a_line_item_names_its_model_where_its_form_is_known(told, found):
    assert line_item(told) == found
