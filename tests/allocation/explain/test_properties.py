"""Random bills, splits and drivers: whatever the slice, its parts sum to its figure, and no digit is lost."""

import json
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from allocation.costs.query import Filter
from allocation.engine import run
from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.inputs import RunInputs
from allocation.engine.relations import DIRECT, IN, KEPT, OUT
from allocation.engine.run_files import files_of
from allocation.explain.answer import Share
from allocation.explain.ledger import LedgerSlice
from allocation.explain.slices import Slice
from allocation.selectors import EVERYTHING
from itfm.core import money
from tests.allocation.engine.bills import OCTOBER, by_value, write_revision
from tests.allocation.engine.test_properties import (
    CHARGES,
    DRIVERS,
    SPLITS,
    TEAMS,
    bill,
    driver_values,
    in_order,
    rule_set,
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(CHARGES, SPLITS, DRIVERS, st.sampled_from(["USD", "EUR"]))
def test_the_parts_of_every_team_sum_to_what_the_ledger_gives_it(charges, splits, drivers, currency):
    splits = in_order(splits)
    values = driver_values(drivers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        revision = write_revision(folder, bill(charges))
        inputs = RunInputs(revisions=(revision,), rule_set=rule_set(splits), period=OCTOBER, drivers=values)
        result = run.allocate(inputs, output=folder / "run")
        expected = by_value(result, billing_currency=currency)

        for team in [*TEAMS, None]:
            check(folder, revision, team=team, currency=currency, splits=splits, figure=expected.get(team, Decimal(0)))


def check(folder, revision, *, team, currency, splits, figure):
    wanted = Slice(period=OCTOBER, currency=currency, filters=(Filter(name="team", values=(team,)),))
    reads = [revision.daily, *files_of(folder / "run")]
    with connect(DuckDB(), reads=reads, writes=folder) as connection:
        ledger = LedgerSlice(connection, folder=folder / "run", wanted=wanted, visibility=EVERYTHING)
        parts = ledger.parts()
        caught, dimensions = ledger.caught([revision]), ["team"] * len(splits)
        moved_in, moved_out = ledger.moved_in(dimensions), ledger.moved_out(dimensions)

    assert money.total(part.amount for part in parts) == figure
    own = money.total(part.amount for part in parts if part.entry == DIRECT)
    assert money.total(one.cost for one in caught) == own
    assert all(("team" in json.loads(one.rules)) == (team is not None) for one in caught)
    assert sums(moved_in) == {part.split_number: part.amount for part in parts if part.entry == IN}
    # What is kept goes out of the pool and back into it.
    assert sums(moved_out) == {number: -amount for number, amount in by_split(parts, OUT, KEPT).items()}
    for move in moved_in:
        share = Share(**{name: value for name, value in move._asdict().items() if name != "split_number"})
        assert money.CONTEXT.add(share.calculated, share.rounding) == share.amount
        # Each of at most four days and twelve cells is off by less than a quantum of 10^-12 and what is left below it.
        assert share.rounding.copy_abs() < Decimal(12) * Decimal("2E-12")


def by_split(parts, *entries):
    found = defaultdict(Decimal)
    for part in parts:
        if part.entry in entries:
            found[part.split_number] = money.CONTEXT.add(found[part.split_number], part.amount)
    return dict(found)


def sums(moves):
    found = defaultdict(Decimal)
    for move in moves:
        found[move.split_number] = money.CONTEXT.add(found[move.split_number], move.amount)
    return dict(found)
