"""A run that takes over what did not change says what a run over everything says, to the last digit."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from allocation.costs.months import write_months
from allocation.engine import locality, partial, proof, rules
from allocation.engine import run as engine_run
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.inputs import RunInputs
from allocation.engine.run_files import DAYS, PATCH, file_of, replaced_blocks, rows_of
from allocation.services.basis import FILE, Basis, _bill_days, changed_days, read_basis, write_basis
from allocation.services.parts import read_parts, write_parts
from allocation.services.reuse import MOST_DAYS, reuse
from tests.allocation.engine import test_properties as drawn
from tests.allocation.engine.bills import OCTOBER, charge, day, write_revision

ENGINE = DuckDB(memory_limit="256MiB", threads=1)
NAMES = """
    SELECT COALESCE(split_key, 'direct') AS origin, stage, segments.dimension_values, pools.dimension_values AS pool,
        cells.* EXCLUDE (cell_id, mart_id), rows.* EXCLUDE (cell_id, segment_id, pool_segment_id, split_number)
    FROM {rows} AS rows JOIN read_parquet('{folder}/cells.parquet') AS cells USING (cell_id)
    JOIN read_parquet('{folder}/segments.parquet') AS segments USING (segment_id)
    LEFT JOIN read_parquet('{folder}/segments.parquet') AS pools ON pools.segment_id = rows.pool_segment_id
    LEFT JOIN read_parquet('{folder}/splits.parquet') AS splits USING (split_number)
"""
MONTHS = """
    SELECT dimension_values, months.* EXCLUDE (segment_id, mart_id, split_number)
    FROM read_parquet('{folder}/months.parquet') AS months
    JOIN read_parquet('{folder}/segments.parquet') USING (segment_id)
"""
SUMS_BY_DAY = """
    SELECT dimension_values, split_key, days.* EXCLUDE (segment_id, split_number)
    FROM {rows} AS days
    JOIN read_parquet('{folder}/segments.parquet') USING (segment_id)
    LEFT JOIN read_parquet('{folder}/splits.parquet') USING (split_number)
"""


def said(folder):
    """Return all that a run's files say, without the numbers that stand for names in them."""
    with duckdb.connect() as database:
        found = {
            "rows": database.execute(NAMES.format(folder=folder, rows=rows_of(folder))).fetchall(),
            "months": database.execute(MONTHS.format(folder=folder)).fetchall(),
            "days": database.execute(SUMS_BY_DAY.format(folder=folder, rows=rows_of(folder, "days"))).fetchall(),
        }
    told = proof.read(folder).model_dump(mode="json")
    del told["measured"]["files"]
    counted = told["measured"].pop("rows")
    kept = {name: counted[name] for name in ("bill", "ledger", "classification", "splits")}
    return {**{name: sorted(map(repr, rows)) for name, rows in found.items()}, "parts": read_parts(folder),
            "proof": told, "counted": kept}  # fmt: skip


def finish(result, basis, *, before=None):
    """Write what a worker writes beside a ledger."""
    assert result.proof.holds, result.proof.problems
    months = write_months(result.folder, engine=ENGINE, before=before, anew=result.anew)
    write_parts(result.folder, engine=ENGINE, before=before, anew=result.anew)
    assert months == result.proof.sums("ledger")
    write_basis(basis, to=result.folder)
    return result.folder


class Month:
    """A month that is allocated again and again, each run on top of the last."""

    def __init__(self, root):
        self.root, self.folder, self.rules, self.number = Path(root), None, None, 0
        self.kinds = Counter()

    def run(self, charges, document, drivers, *, sources=1):
        """Allocate, taking over what can be, and compare with a run over everything; return which kind it was."""
        self.number += 1
        own = self.root / str(self.number)
        values = drawn.driver_values(drivers)
        rule_set = rules.from_document(document)
        revisions = tuple(
            write_revision(own / f"{source}", charges[source::sources] or charges[:1], source=f"{source}")
            for source in range(sources)
        )
        inputs = RunInputs(revisions=revisions, rule_set=rule_set, period=OCTOBER, drivers=values)
        basis = basis_of(inputs)
        whole = finish(engine_run.allocate(inputs, output=own / "whole", backend=ENGINE), basis)
        part = None if self.folder is None else self._part(inputs, basis, own / "part")
        if part is not None:
            assert said(part) == said(whole)
            assert proof.prove(part, inputs, backend=ENGINE).problems == ()
        kind = "everything" if part is None else "part"
        self.kinds[kind] += 1
        self.folder, self.rules = part or whole, rule_set
        return kind

    def _part(self, inputs, basis, output):
        wanted = SimpleNamespace(further={}, engine_rules=inputs.rule_set, period=OCTOBER)
        before, old = self.folder, read_basis(self.folder)
        if old is None:
            return None
        taken = reuse(wanted, basis, old=old, before=before, proof=proof.read(before), rules_before=lambda: self.rules)
        if taken is None:
            return None
        given = inputs
        if taken.driver_days is not None:
            fewer = {
                key: tuple(one for one in values if one.date in taken.driver_days)
                for key, values in inputs.drivers.items()
            }
            given = RunInputs(revisions=inputs.revisions, rule_set=inputs.rule_set, period=OCTOBER, drivers=fewer)
        try:
            result = partial.allocate_again(given, scope=taken.scope, output=output, backend=ENGINE)
        except partial.WiderError:
            return None
        return finish(result, basis, before=before)


def basis_of(inputs):
    """Return what the engine's inputs are, as the service reads it of the database."""
    bare = inputs.rule_set.model_copy(update={"drivers": ()})
    drivers = {}
    for key, values in inputs.drivers.items():
        for one in sorted(values, key=repr):
            days = drivers.setdefault(key, {})
            days[one.date.isoformat()] = days.get(one.date.isoformat(), "") + repr(one)
    with tempfile.TemporaryDirectory() as name:
        bills = {one.source_id: _bill_days(one, engine=ENGINE, scratch=Path(name)) for one in inputs.revisions}
    return Basis(engine="1", rules=hashlib.sha256(rules.to_json(bare).encode()).hexdigest(), previous="", bills=bills, digests={},
                 drivers=drivers)  # fmt: skip


def document_of(splits, *, is_named):
    """Return drawn splits as a document; named ones say who receives."""
    document = rules.to_document(drawn.rule_set(drawn.in_order(splits)))
    for split in document.get("splits", ()):
        if is_named:
            split["receivers"]["one_of"] = ["a", "b", "c"]
    return {**document, "version": "1"}


def changed(change, charges, splits, drivers, other):
    """Return what is given after one change."""
    other_charge, other_split, quantity = other
    kept = {name: splits[0][name] for name in ("stage", "pool", "partitioned")}
    return {
        "restated charge": ([*charges[:-1], other_charge], splits, drivers),
        "new charge": ([*charges, other_charge], splits, drivers),
        "lost charge": (charges[1:] or [other_charge], splits, drivers),
        "split": (charges, [{**other_split, **kept}, *splits[1:]], drivers),
        "driver day": (charges, splits, {**drivers, "d": [*drivers["d"], (day(2), "b", quantity)]}),
        "nothing": (charges, splits, drivers),
    }[change]


def one_for_each_pool(splits):
    """Return drawn splits without those of a pool that another shares in the same stage."""
    return list({(split["stage"], split["pool"]): split for split in splits}.values())


CHANGES = ["restated charge", "new charge", "lost charge", "split", "driver day", "nothing"]
SPLITS = drawn.SPLITS.flatmap(
    lambda found: st.booleans().map(
        lambda is_of_day: [{**one, "window": "day"} for one in found] if is_of_day else found
    )
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(CHANGES),
        st.tuples(
            drawn.CHARGES.map(lambda found: found[0]), drawn.SPLITS.map(lambda found: found[0]), st.integers(1, 9).map(Decimal)
        ),
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip
MONTH_OF = {"charges": drawn.CHARGES, "splits": SPLITS, "drivers": drawn.DRIVERS, "steps": STEPS, "is_named": st.booleans(),
            "is_measured": st.booleans()}  # fmt: skip
EVERYBODY = [
    (day(on), "x", "S3", "USD", "Usage", team, (Decimal(10 * on + at),) * 4)
    for on in range(1, 5)
    for at, team in enumerate(["a", "b", "c", "ops", "hq"], start=1)
]
"""Everybody has cost on each day, so that nothing is held and no other method is fallen back on."""
PLAIN_CHARGE = st.tuples(
    st.integers(1, 5).map(day), st.sampled_from(["x", "y"]), st.sampled_from(["S3", "EC2", None]), st.just("USD"),
    st.sampled_from(["Usage", "Tax"]), st.sampled_from([*drawn.TEAMS, "new", None]), drawn.MODEST.map(lambda one: (abs(one),) * 4),
)  # fmt: skip
PLAIN_SPLIT = st.fixed_dictionaries({
    "stage": st.integers(1, 2), "pool": st.sampled_from(["ops", "hq"]),
    "method": st.sampled_from(["even", "fixed", "proportional", "metric"]),
    "window": st.sampled_from(["day", "day", "day", "trailing", "billing_period"]), "shares": drawn.FIXED,
    "cost": st.sampled_from([0, 1, 2, 3]), "partitioned": st.booleans(), "fallback": st.just("hold"),
    "missing": st.sampled_from(["zero", "carry_forward", "hold"]), "fees": st.just({}), "prices": st.just({}),
})  # fmt: skip
PLAIN = {
    "charges": st.lists(PLAIN_CHARGE, max_size=6).map(lambda found: [*EVERYBODY, *found]),
    "splits": st.lists(PLAIN_SPLIT, min_size=1, max_size=3).map(one_for_each_pool),
    "drivers": st.just({"d": [], "size": []}),
    "steps": st.lists(
        st.tuples(st.sampled_from(CHANGES), st.tuples(PLAIN_CHARGE, PLAIN_SPLIT, st.integers(1, 9).map(Decimal))),
        min_size=1, max_size=4,
    ),
    "is_named": st.booleans(),
    "is_measured": st.just(True),
}  # fmt: skip
SETTINGS = {"deadline": None, "phases": [Phase.explicit, Phase.generate],
            "suppress_health_check": [HealthCheck.too_slow]}  # fmt: skip
MEASURED = [(day(on), team, Decimal(on + at)) for on in range(1, 6) for at, team in enumerate(["a", "b", "c"])]


def check(charges, splits, drivers, steps, is_named, is_measured):
    """Allocate a month, then after each change; every run must say what a run over everything says."""
    if is_measured:
        drivers = {**drivers, "d": MEASURED}
    with tempfile.TemporaryDirectory() as root:
        month = Month(root)
        lines = [(on, *rest) for on, *rest in charges]
        month.run(drawn.bill(lines), document_of(splits, is_named=is_named), drivers)
        for change, other in steps:
            lines, splits, drivers = changed(change, lines, splits, drivers, other)
            month.run(drawn.bill(lines), document_of(splits, is_named=is_named), drivers)
        return month.kinds


@settings(max_examples=15, **SETTINGS)
@given(**MONTH_OF)
def test_a_run_over_a_part_says_what_a_run_over_everything_says(charges, splits, drivers, steps, is_named, is_measured):
    check(charges, splits, drivers, steps, is_named, is_measured)


@settings(max_examples=15, **SETTINGS)
@given(**PLAIN)
def test_so_it_does_where_nothing_is_in_the_way(charges, splits, drivers, steps, is_named, is_measured):
    check(charges, splits, drivers, steps, is_named, is_measured)


@pytest.mark.slow
@settings(max_examples=1_000, **SETTINGS)
@given(**MONTH_OF)
def test_a_run_over_a_part_says_what_a_run_over_everything_says_at_length(
    charges, splits, drivers, steps, is_named, is_measured
):
    check(charges, splits, drivers, steps, is_named, is_measured)


@pytest.mark.slow
@settings(max_examples=1_000, **SETTINGS)
@given(**PLAIN)
def test_so_it_does_where_nothing_is_in_the_way_at_length(charges, splits, drivers, steps, is_named, is_measured):
    check(charges, splits, drivers, steps, is_named, is_measured)


LINES = drawn.bill(EVERYBODY)
SHARED = {"stage": 1, "pool": "ops", "method": "proportional", "window": "day", "shares": {"a": "60", "b": "40"}, "cost": 1,
          "partitioned": False, "fallback": "hold", "missing": "zero", "fees": {}, "prices": {}}  # fmt: skip
BY_DRIVER = {**SHARED, "stage": 2, "pool": "hq", "method": "metric"}
DRIVERS = {"d": MEASURED, "size": []}


def rules_of(*splits, is_named=True):
    return document_of(list(splits), is_named=is_named)


@pytest.fixture
def month(tmp_path):
    """Return a month that is allocated by two splits, each in a stage of its own."""
    month = Month(tmp_path)
    month.run(LINES, rules_of(SHARED, BY_DRIVER), DRIVERS)
    return month


def patched_days(folder):
    return {block.charge_date for block in replaced_blocks(folder)}


def test_a_restated_day_is_all_that_is_worked_out_anew_and_the_ledger_file_stays(month):
    before = month.folder

    assert month.run([*LINES, charge("7", on=2, tags={"team": "a"})], rules_of(SHARED, BY_DRIVER), DRIVERS) == "part"

    assert patched_days(month.folder) == {day(2)}
    assert file_of(month.folder, "ledger").samefile(before / "ledger.parquet")
    assert not (month.folder / "ledger.parquet").exists(), "nobody takes one file for the whole"


def test_days_that_changed_one_after_the_other_stand_in_one_patch(month):
    lines = [*LINES, charge("7", on=2, tags={"team": "a"})]
    month.run(lines, rules_of(SHARED, BY_DRIVER), DRIVERS)

    assert month.run([*lines, charge("8", on=3, tags={"team": "new"})], rules_of(SHARED, BY_DRIVER), DRIVERS) == "part"

    assert patched_days(month.folder) == {day(2), day(3)}


def test_a_day_that_is_gone_leaves_nothing(month):
    assert (
        month.run([one for one in LINES if one["charge_date"] != day(3)], rules_of(SHARED, BY_DRIVER), DRIVERS)
        == "part"
    )

    with duckdb.connect() as database:
        days = database.execute(f"SELECT DISTINCT charge_date FROM {rows_of(month.folder)} ORDER BY 1").fetchall()
    assert [found for (found,) in days] == [day(1), day(2), day(4)]


def test_another_source_brings_its_days(month):
    assert month.run(LINES, rules_of(SHARED, BY_DRIVER), DRIVERS, sources=2) == "part"


def test_other_values_of_a_driver_reach_the_days_they_count_on(month):
    more = {**DRIVERS, "d": [*MEASURED, (day(4), "a", Decimal(3))]}

    assert month.run(LINES, rules_of(SHARED, BY_DRIVER), more) == "part"

    assert patched_days(month.folder) == {day(4)}


def test_a_split_that_shares_otherwise_is_shared_anew_with_those_it_leads_to(month):
    assert month.run(LINES, rules_of(SHARED, {**BY_DRIVER, "method": "even"}), DRIVERS) == "part"
    assert {block.split_number for block in replaced_blocks(month.folder)} == {1}

    assert (
        month.run(
            LINES,
            rules_of({**SHARED, "shares": {"hq": "100"}, "method": "fixed"}, {**BY_DRIVER, "method": "even"}),
            DRIVERS,
        )
        == "part"
    )
    assert {block.split_number for block in replaced_blocks(month.folder)} == {0, 1}, (
        "headquarters hand on what they get"
    )


@pytest.mark.parametrize(
    ("splits", "is_named"),
    [
        ([SHARED, {**BY_DRIVER, "pool": "ops", "stage": 1, "method": "fixed"}], True),
        ([{**SHARED, "pool": "hq"}, BY_DRIVER], True),
        ([{**SHARED, "stage": 2}, BY_DRIVER], True),
        ([SHARED], True),
        ([SHARED, {**BY_DRIVER, "method": "even"}], False),
    ],
    ids=["another pool", "a pool of another split", "another stage", "one split less", "no names"],
)
def test_what_a_change_of_rules_reaches_cannot_always_be_told(month, splits, is_named):
    month.run(LINES, rules_of(SHARED, BY_DRIVER, is_named=is_named), DRIVERS)

    assert month.run(LINES, rules_of(*splits, is_named=is_named), DRIVERS) == "everything"


def test_what_has_something_to_say_is_worked_out_as_a_whole(month):
    nobody = [one for one in LINES if one["charge_date"] != day(2) or one["tags"]["team"] in {"ops", "hq"}]

    assert month.run(nobody, rules_of(SHARED, BY_DRIVER), DRIVERS) == "everything", "a pool is held on the day"
    assert month.run(LINES, rules_of(SHARED, BY_DRIVER), DRIVERS) == "everything", "what was held is said of all days"
    assert month.run([*LINES, charge("1", tags={"team": "a"})], rules_of(SHARED, BY_DRIVER), DRIVERS) == "part"


STRAY = {**DRIVERS, "d": [*MEASURED, (day(1), "nobody", Decimal(5)), (day(4), "nobody else", Decimal(5))]}
TWO_BY_DRIVER = [SHARED, BY_DRIVER, {**BY_DRIVER, "pool": "c", "stage": 3}]


@pytest.mark.parametrize(
    ("lines", "splits", "drivers"),
    [
        ([*LINES, charge("7", on=1, tags={"team": "a"})], TWO_BY_DRIVER, STRAY),
        (LINES, [{**SHARED, "cost": 0}, *TWO_BY_DRIVER[1:]], STRAY),
        (LINES, [SHARED, {**BY_DRIVER, "method": "even"}, TWO_BY_DRIVER[2]], STRAY),
        (LINES, TWO_BY_DRIVER, {**STRAY, "d": [*STRAY["d"], (day(3), "one more", Decimal(5))]}),
    ],
    ids=["another day", "another split", "a split without a driver", "other values"],
)
def test_driver_values_that_name_nobody_are_found_as_in_a_run_over_everything(tmp_path, lines, splits, drivers):
    month = Month(tmp_path)
    month.run(LINES, rules_of(*TWO_BY_DRIVER), STRAY)
    assert len(proof.read(month.folder).findings) == 2

    assert month.run(lines, rules_of(*splits), drivers) == "part"


def test_many_days_are_worked_out_as_a_whole(tmp_path):
    month = Month(tmp_path)
    lines = [charge("5", on=on, tags={"team": team}) for on in range(1, 20) for team in ("a", "b", "c", "ops")]
    month.run(lines, rules_of(SHARED), {"d": [], "size": []})
    some = [charge("1", on=on, tags={"team": "a"}) for on in range(1, MOST_DAYS + 2)]

    assert month.run([*lines, *some[:-1]], rules_of(SHARED), {"d": [], "size": []}) == "part"
    assert month.run([*lines, *some], rules_of(SHARED), {"d": [], "size": []}) == "everything"
    assert not (month.folder / PATCH).exists()


@pytest.mark.parametrize("name", [FILE, DAYS, "parts.parquet", "splits.parquet"])
def test_a_run_that_has_not_kept_everything_is_not_built_upon(month, name):
    if name == DAYS:
        (month.folder / FILE).unlink()  # runs of the version before have neither
    (month.folder / name).unlink()

    assert month.run([*LINES, charge("7", tags={"team": "a"})], rules_of(SHARED, BY_DRIVER), DRIVERS) == "everything"


def test_a_ledger_file_that_somebody_changed_is_not_built_upon(month):
    file = month.folder / "ledger.parquet"
    table = pq.read_table(file)
    pq.write_table(table.slice(1), file)

    assert month.run([*LINES, charge("7", tags={"team": "a"})], rules_of(SHARED, BY_DRIVER), DRIVERS) == "everything"


def test_without_second_names_for_files_the_ledger_is_copied(month, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("not here")))
    before = month.folder

    assert month.run([*LINES, charge("7", tags={"team": "a"})], rules_of(SHARED, BY_DRIVER), DRIVERS) == "part"
    shutil.rmtree(before)
    assert said(month.folder)["rows"]


def window(**more):
    return rules.from_document(rules_of({**BY_DRIVER, "stage": 1, **more})).splits[0]


def test_the_days_whose_driver_values_count():
    last = date(2026, 10, 30)
    assert locality.days_read(window(), [day(3)], period=OCTOBER, last_day=last) == {day(3)}
    assert locality.days_read(window(window="trailing"), [day(3)], period=OCTOBER, last_day=last) == {
        day(1),
        day(2),
        day(3),
    }
    assert locality.days_read(window(), [day(31)], period=OCTOBER, last_day=last) == set(), "no bill has that day"
    assert len(locality.days_read(window(window="billing_period"), [day(3)], period=OCTOBER, last_day=last)) == 30


@pytest.mark.parametrize(
    ("splits", "is_named", "is_so"),
    [
        ([SHARED, BY_DRIVER], True, True),
        ([{**SHARED, "window": "billing_period"}], True, False),
        ([{**SHARED, "window": "trailing"}], True, False),
        ([{**BY_DRIVER, "window": "trailing"}], True, True),
        ([{**SHARED, "method": "rate_card", "window": "billing_period", "prices": {"USD": "1"}}], True, False),
        ([SHARED, BY_DRIVER], False, False),
        ([SHARED, {**SHARED, "stage": 2, "pool": "hq"}], False, True),
        ([BY_DRIVER], False, False),
        ([{**BY_DRIVER, "partitioned": True}], True, False),
        ([{**SHARED, "partitioned": True}], True, True),
    ],
    ids=["days", "proportional to a month", "proportional to some days", "metric of some days", "priced by month",
         "whoever is known receives", "whoever is there receives", "known before any split", "known in a partition",
         "there in a partition"],
)  # fmt: skip
def test_which_rules_put_nothing_on_a_day_that_depends_on_another(splits, is_named, is_so):
    assert locality.is_of_single_days(rules.from_document(rules_of(*splits, is_named=is_named))) is is_so


@pytest.mark.parametrize(
    ("pool", "is_so"),
    [
        ({"any": [{"dimension": "team", "equals": "ops"}, {"dimension": "team", "equals": "hq"}]}, True),
        ({"column": "service_name", "equals": "S3"}, True),
        ({"all": [{"dimension": "team", "equals": "ops"}, {"column": "service_name", "equals": "S3"}]}, False),
    ],
)
def test_who_is_kept_from_receiving_by_a_pool_of_any_day(pool, is_so):
    document = rules_of(SHARED, is_named=False)
    document["splits"][0]["pool"] = pool

    assert locality.is_of_single_days(rules.from_document(document)) is is_so


def test_somebody_new_who_was_measured_on_other_days_receives_on_those(month):
    drivers = {**DRIVERS, "d": [*MEASURED, *((day(on), "new", Decimal(4)) for on in range(1, 5))]}
    document = rules_of({**BY_DRIVER, "stage": 1}, is_named=False)
    month.run(LINES, document, drivers)

    month.run([*LINES, charge("7", on=2, tags={"team": "new"})], document, drivers)

    with duckdb.connect() as database:
        rows = database.execute(NAMES.format(folder=month.folder, rows=rows_of(month.folder))).fetchall()
    days = {row for row in rows if row[0] == "s0" and row[2] == '{"team":"new"}'}
    assert len(days) == 4


def test_pools_that_serve_each_other_are_worked_out_as_a_whole():
    document = {**rules_of(SHARED), "stages": [{"number": 1, "reciprocal": True}]}

    assert not locality.is_of_single_days(rules.from_document(document))


def test_contents_tell_days_apart_by_all_that_a_line_says(tmp_path):
    def days(name, *charges):
        return _bill_days(write_revision(tmp_path / name, charges), engine=ENGINE, scratch=tmp_path)

    usual = [charge("1", on=1, service_name="A"), charge("1", on=2, service_name="B")]
    before = days("before", *usual)
    for number, other in enumerate([
        charge("1", on=2, service_name="C"), charge("1", on=2, service_name="B", tags={"team": "a"}),
        charge("1", on=2, service_name="B", currency="EUR"), charge("1", on=2, service_name="B", quantity="2"),
        charge("1", on=2, service_name="B", costs=["1", "1", "1", "1.000000000000000001"]),
    ]):  # fmt: skip
        assert changed_days({"s": before}, {"s": days(f"{number}", usual[0], other)}) == {"s": {day(2)}}
    assert changed_days({"s": before}, {"s": days("same", *reversed(usual))}) == {}, "ids are numbers only"
    assert changed_days({"s": before}, {}) == {"s": {day(1), day(2)}}
