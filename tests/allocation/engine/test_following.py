"""Dimensions that are told by other dimensions move with them; those told by the bill stay."""

import json
from collections import defaultdict
from decimal import Decimal

from allocation.engine import rules, run
from allocation.engine.inputs import RunInputs
from tests.allocation.engine.bills import OCTOBER, charge, ledger, table, write_revision

DOCUMENT = """
version: 1
dimensions:
  - {key: department, name: Department, rules: [{when: {dimension: cost_center, equals: "1010"}, value: Shops}]}
  - key: cost_center
    name: Cost center
    rules:
      - {when: {dimension: team, equals: platform}, value: "9010"}
      - {when: {dimension: team, equals: payments}, value: "1010"}
  - {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
  - key: mixed
    name: Team and account
    rules: [{when: {all: [{dimension: team, equals: platform}, {column: sub_account_id, equals: "1"}]}, value: base}]
splits:
  - key: platform
    name: Platform
    stage: 1
    pool: {dimension: team, equals: platform}
    receivers: {dimension: team, one_of: [payments, search]}
    method: {kind: fixed, shares: {payments: "75", search: "25"}}
"""


def allocated(folder, document):
    charges = [
        charge("100", tags={"team": "platform"}, sub_account_id="1"),
        charge("5", tags={"team": "payments"}, sub_account_id="2"),
        charge("3", tags={"team": "search"}, sub_account_id="2"),
    ]
    inputs = RunInputs(
        revisions=(write_revision(folder / "bill", charges),), rule_set=rules.parse(document), period=OCTOBER
    )
    result = run.allocate(inputs, output=folder / "run")
    assert result.proof.holds
    segments = {row["segment_id"]: json.loads(row["dimension_values"]) for row in table(result.folder, "segments")}
    return [(segments[row["segment_id"]], row["effective_cost"]) for row in ledger(result.folder)]


def by(rows, dimension):
    sums = defaultdict(Decimal)
    for values, cost in rows:
        sums[values.get(dimension)] += cost
    return {value: cost for value, cost in sums.items() if cost}


def test_a_cost_center_told_by_the_team_moves_with_it_and_so_does_what_follows(tmp_path):
    rows = allocated(tmp_path, DOCUMENT)

    assert by(rows, "team") == {"payments": Decimal(80), "search": Decimal(28)}
    assert by(rows, "cost_center") == {"1010": Decimal(80), None: Decimal(28)}
    assert by(rows, "department") == {"Shops": Decimal(80), None: Decimal(28)}


def test_a_dimension_that_looks_at_the_bill_as_well_stays(tmp_path):
    rows = allocated(tmp_path, DOCUMENT)

    assert by(rows, "mixed") == {"base": Decimal(100), None: Decimal(8)}


def test_a_split_over_the_follower_itself_gives_what_it_says(tmp_path):
    document = DOCUMENT.replace(
        "receivers: {dimension: team, one_of: [payments, search]}", "receivers: {dimension: cost_center}"
    ).replace('{payments: "75", search: "25"}', '{"1010": "75", "2020": "25"}')

    rows = allocated(tmp_path, document)

    assert by(rows, "cost_center") == {"1010": Decimal(80), "2020": Decimal(25), None: Decimal(3)}
    assert by(rows, "team") == {"platform": Decimal(100), "payments": Decimal(5), "search": Decimal(3)}
    assert by(rows, "department") == {"Shops": Decimal(80), None: Decimal(28)}
