"""Attribute sets widened from the lines of a bill: what rules need, every line in its set, every sum as before."""

import json
import random
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow.parquet as pq
import pytest

from allocation.engine import cells, run
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.conditions import Subject
from allocation.engine.further import NOTHING, Further, further, looked_at
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.rules import RuleSetError, from_document, parse
from allocation.engine.tag_aliases import Spellings
from allocation.engine.weighing import COSTS
from allocation.engine.widening import TooManySetsError, charges_of, distinct_texts, left_out_tags, write_widened
from itfm.core import money
from tests.allocation.engine import test_fuzzed_rules as fuzz
from tests.allocation.engine.bills import OCTOBER, by_value, charge, table, write_lines, write_revision

RULES = """
version: 1
tag_aliases: {owner: [Owner, besitzer]}
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {column: resource_id, starts_with: vm-}, value: {first_of: [{tag: owner}, {column: sku_id}]}}
      - {when: {column: service_name, equals: S3}, value: Storage}
      - {when: {column: x_project, exists: true}, value: {column: x_project}, valid_from: 2027-01}
splits:
  - key: licences
    name: Licences
    stage: 1
    pool: {column: charge_description, contains: licence}
    receivers: {dimension: team, one_of: [a]}
    method: {kind: even}
"""


def columns(*names):
    return {Subject("column", name) for name in names}


def test_what_rules_look_at_is_read_off_the_rules_that_are_valid_in_the_period():
    rules = parse(RULES)

    assert looked_at(rules, period=OCTOBER) == {
        *columns("resource_id", "sku_id", "service_name", "charge_description"), Subject("tag", "owner"),
    }  # fmt: skip
    assert looked_at(rules, period=date(2027, 1, 1)) - looked_at(rules, period=OCTOBER) == columns("x_project")


def test_a_bill_lacks_what_its_attribute_sets_do_not_hold_and_its_lines_do():
    asked = {*columns("service_name", "resource_id", "x_project"), Subject("tag", "owner"), Subject("tag", "team")}
    spellings = Spellings({"owner": ["besitzer"]})

    assert further(asked, has=None, left_out=(), spellings=spellings) == Further(columns=("resource_id", "x_project"))
    assert further(asked, has={"resource_id"}, left_out=("Owner", "besitzer", "id"), spellings=spellings) == Further(
        columns=("resource_id",), tags=("besitzer",)
    )
    assert further(
        asked, has=(), left_out=("Owner", "besitzer", "id"), spellings=Spellings({"owner": ["besitzer"]}, similar=True)
    ) == Further(tags=("Owner", "besitzer"))
    assert further(columns("service_name"), has=None, left_out=("team",), spellings=spellings) == NOTHING


@pytest.mark.parametrize(
    "name", ["billed_cost", "tags", "charge_period_start", "resource", "x_row_number", "x_", "X_a"]
)
def test_what_is_no_text_of_a_charge_is_refused_when_rules_are_saved(name):
    rule = {"when": {"column": name, "exists": True}, "value": "a"}

    with pytest.raises(RuleSetError, match=f"column '{name}' is not known; known: .*resource_id"):
        from_document({"version": "1", "dimensions": [{"key": "team", "name": "Team", "rules": [rule]}]})


def widen(tmp_path, revision, by, *, most=1000):
    folder = tmp_path / "bill" / "widened" / by.name
    sums = write_widened(revision, by, to=folder, engine=DuckDB(temp_directory=tmp_path / "spill"), most=most)
    return sums, Revision("aws", "aws-1", folder / "daily.parquet", folder / "attribute_sets.parquet", further=by)


def bill(tmp_path, lines, *, left_out=()):
    revision = write_revision(tmp_path / "bill", lines, left_out=left_out)
    write_lines(tmp_path / "bill", lines, left_out=left_out)
    return revision


def drawn_rules(drawn):
    keys = ["team", "env", "product"]
    listed = {
        key: [{"when": fuzz.condition(drawn, keys[:at]), "value": fuzz.value(drawn)} for _ in range(5)]
        for at, key in enumerate(keys)
    }
    return fuzz.document(listed)


def drawn_lines(drawn, count):
    found = []
    for number in range(count):
        texts, tags = fuzz.draw_charge(drawn)
        found.append(
            charge(f"{2**number}.000000000000000001", on=drawn.randint(1, 3), tags=tags,
                   currency=drawn.choice(["USD", "EUR"]), **texts)
        )  # fmt: skip
    return found


def lines_of(revision, attribute_set_id):
    """Return the row numbers of the lines of one attribute set."""
    rows = charges_of(f"SELECT {attribute_set_id} AS attribute_set_id", revision)
    with duckdb.connect() as database:
        return [row for (row,) in database.sql(f"SELECT x_row_number FROM {rows}").fetchall()]


@pytest.mark.parametrize("seed", range(12))
def test_every_line_gets_what_an_evaluator_of_single_lines_gives_it(tmp_path, seed):
    drawn = random.Random(seed)
    plain, lines, left_out = drawn_rules(drawn), drawn_lines(drawn, 40), ("env", 'a"b', "it's")
    rules, revision = from_document(plain), bill(tmp_path, lines, left_out=left_out)
    by = further(
        looked_at(rules, period=OCTOBER),
        has=pq.read_schema(revision.charges).names,
        left_out=left_out_tags(
            revision.charges, attribute_sets=revision.attribute_sets, engine=DuckDB(), scratch=tmp_path
        ),
        spellings=rules.spellings(),
    )
    _, widened = widen(tmp_path, revision, by)

    result = run.allocate(RunInputs(revisions=(widened,), rule_set=rules, period=OCTOBER), output=tmp_path / "run")

    assert result.proof.holds
    assert by.columns
    assert by.tags
    segments = {row["segment_id"]: json.loads(row["dimension_values"]) for row in table(result.folder, "segments")}
    seen = []
    for row in table(result.folder, "classification"):
        for number in lines_of(widened, row["attribute_set_id"]):
            line = lines[number - 1]
            known = {("source", ""): "aws", **{("tag", key): text for key, text in line["tags"].items()},
                     **{("column", key): text for key, text in line["columns"].items()}}  # fmt: skip
            wanted = dict(fuzz.expected(plain, known))
            assert segments[row["segment_id"]] == {key: value for key, (value, _) in wanted.items()}, line
            assert json.loads(row["rules"]) == {key: rule for key, (_, rule) in wanted.items()}, line
            seen.append(number)
    assert sorted(seen) == list(range(1, len(lines) + 1))


def by_day(revision):
    """Return the sums of a bill by day and currency, with quantities and charges."""
    sums = {}
    for row in pq.read_table(revision.daily).to_pylist():
        kept = sums.setdefault((row["charge_date"], row["billing_currency"]), [Decimal(0)] * 6)
        added = [*(row[cost] for cost in COSTS), row["consumed_quantity"], Decimal(row["charge_count"])]
        kept[:] = [money.CONTEXT.add(a, b) for a, b in zip(kept, added, strict=True)]
    return sums


def test_widened_daily_sums_are_those_of_the_bill(tmp_path):
    revision = bill(tmp_path, drawn_lines(random.Random(3), 60))

    sums, widened = widen(tmp_path, revision, Further(columns=("resource_id", "billing_currency", "x_cost_code")))

    assert by_day(widened) == by_day(revision)
    for currency, costs in sums.items():
        totals = [row for (_, one), row in by_day(revision).items() if one == currency]
        assert costs["billed_cost"] == money.total(row[0] for row in totals)


def test_widened_twice_gives_the_same_bytes(tmp_path):
    lines = drawn_lines(random.Random(4), 50)
    found = []
    for name in ("one", "other"):
        _, widened = widen(tmp_path / name, bill(tmp_path / name, lines), Further(columns=("resource_id",)))
        found.append((widened.daily.read_bytes(), widened.attribute_sets.read_bytes()))

    assert found[0] == found[1]


def test_a_widened_set_names_the_set_it_was_and_has_all_its_texts_and_tags(tmp_path):
    lines = [
        charge("1", service_name="EC2", resource_id="vm-1", tags={"team": "a", 'it"s/~': "x\ny"}),
        charge("2", service_name="EC2", resource_id="vm-2", tags={"team": "a"}),
        charge("4", service_name="EC2", resource_id="vm-2", tags={"team": "a"}),
        charge("8", service_name="S3"),
    ]
    revision = bill(tmp_path, lines, left_out=('it"s/~',))

    _, widened = widen(tmp_path, revision, Further(columns=("resource_id",), tags=('it"s/~',)))

    told = [
        (row["attribute_set_id"], row["base_attribute_set_id"], row["service_name"], row["resource_id"], json.loads(row["tags"]))
        for row in pq.read_table(widened.attribute_sets).to_pylist()
    ]  # fmt: skip
    assert told == [
        (0, 0, "EC2", "vm-1", {"team": "a", 'it"s/~': "x\ny"}),
        (1, 0, "EC2", "vm-2", {"team": "a"}),
        (2, 1, "S3", None, {}),
    ]
    assert lines_of(widened, 1) == [2, 3]


def test_more_sets_than_rules_can_be_asked_of_are_refused_by_the_name_of_what_has_most_values(tmp_path):
    lines = [charge("1", resource_id=f"vm-{number}", sku_id=f"sku-{number % 3}") for number in range(11)]
    revision = bill(tmp_path, lines)
    by = Further(columns=("resource_id", "sku_id"))

    with pytest.raises(TooManySetsError) as refused:
        widen(tmp_path, revision, by, most=10)

    assert (refused.value.name, refused.value.values) == ("resource_id", 11)


def test_texts_of_a_further_column_are_found_in_the_lines(tmp_path):
    lines = [charge("1", resource_id=f"VM-{number}", tags={"id": f"i{number}"}) for number in range(30)]
    revision = bill(tmp_path, lines, left_out=("id",))

    def texts(by, containing, limit=3):
        return distinct_texts(
            revision.charges, by, containing=containing, limit=limit, engine=DuckDB(), scratch=tmp_path
        )

    assert texts(Further(columns=("resource_id",)), "vm-1") == ["VM-1", "VM-10", "VM-11"]
    assert texts(Further(tags=("id",)), "2", limit=20) == ["i12", "i2", *(f"i2{last}" for last in range(10))]
    assert texts(Further(columns=("sku_id",)), "") == []


POOL = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {column: service_name, exists: true}, value: {column: service_name}}]}
splits:
  - {key: one, name: One, stage: 1, pool: {any: [{column: resource_id, equals: vm-1}, {tag: id, equals: i2}]},
     receivers: {dimension: team, one_of: [S3]}, method: {kind: even}}
"""


def test_a_pool_may_look_at_single_things_while_they_are_few(tmp_path, monkeypatch):
    lines = [charge(f"{2**at}", service_name="EC2", resource_id=f"vm-{at}", tags={"id": f"i{at}"}) for at in range(4)]
    lines.append(charge("16", service_name="S3"))
    _, widened = widen(
        tmp_path, bill(tmp_path, lines, left_out=("id",)), Further(columns=("resource_id",), tags=("id",))
    )
    inputs = RunInputs(revisions=(widened,), rule_set=parse(POOL), period=OCTOBER)

    result = run.allocate(inputs, output=tmp_path / "run")

    assert by_value(result) == {"EC2": Decimal(9), "S3": Decimal(22)}
    monkeypatch.setattr(cells, "MOST_PROFILES", 3)
    with pytest.raises(
        cells.TooManyProfilesError, match="look at resource_id, tag id, which makes 5 kinds of line, too many for pools"
    ):
        run.allocate(inputs, output=tmp_path / "again")
