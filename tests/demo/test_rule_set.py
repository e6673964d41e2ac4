"""The sample company's rules: a document the engine accepts, fitting the bills beside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from allocation.engine import drivers, rules
from allocation.engine.rules import RuleSet
from itfm.demo import rule_set
from itfm.demo.usage import Month

CALENDAR = [Month(date(2026, 9, 1), 1), Month(date(2026, 10, 1), 0)]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    return rule_set.write(tmp_path, CALENDAR, seed=1)


@pytest.fixture
def parsed(document: Path) -> RuleSet:
    return rules.parse(document.read_text(encoding="utf-8"))


def log_values(document: Path) -> tuple[drivers.DriverValue, ...]:
    return drivers.read_csv((document.parent / rule_set.LOG_FILE).read_text(encoding="utf-8"))


def test_the_engine_reads_the_document(parsed):
    assert [dimension.key for dimension in parsed.dimensions] == ["team", "environment", "product", "cost_center"]
    assert sum(len(department.children) for department in parsed.cost_centers[:8]) == 40


def test_splits_run_in_three_stages_with_every_method(parsed):
    assert {split.stage for split in parsed.splits} == {1, 2, 3}
    assert {split.method.kind for split in parsed.splits} == {"even", "fixed", "proportional", "metric"}


def test_a_misspelt_tag_leads_to_its_team(parsed):
    assert parsed.lookups["team_names"]["paymnts"] == "Payments"
    assert parsed.lookups["team_names"]["payments"] == "Payments"


def test_every_cost_center_a_rule_gives_stands_in_the_tree(parsed):
    codes = {child.code for center in parsed.cost_centers for child in center.children}
    [dimension] = [dimension for dimension in parsed.dimensions if dimension.key == "cost_center"]

    assert {rule.value for rule in dimension.rules} == codes


def test_the_log_volume_has_a_quantity_for_each_day_and_team(document):
    values = log_values(document)

    assert len(values) == (30 + 31) * 40
    assert len({(row.date, row.value) for row in values}) == len(values)


def test_the_log_volume_is_zero_for_all_on_one_day_only(document):
    values = log_values(document)

    silent = {row.date for row in values if row.quantity == 0}

    assert silent == {date(2026, 10, 17)}
    assert sum(row.quantity for row in values if row.date == date(2026, 10, 17)) == Decimal(0)


def test_the_document_is_the_same_every_time(tmp_path):
    first = rule_set.write(tmp_path / "one", CALENDAR, seed=1)
    second = rule_set.write(tmp_path / "two", CALENDAR, seed=1)

    assert first.read_bytes() == second.read_bytes()
    assert (first.parent / rule_set.LOG_FILE).read_bytes() == (second.parent / rule_set.LOG_FILE).read_bytes()
