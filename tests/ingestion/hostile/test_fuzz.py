"""Random damage to valid bills of every kind: each is refused, or read with the file's own totals, and nothing crashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.ingestion.hostile import fuzz
from tests.ingestion.hostile.formats import FORMATS
from tests.ingestion.normalize.bills import Bench

ROOT = Path(__file__).resolve().parents[3]
SEED = int(os.environ.get("FUZZ_SEED", "2026"))
FILES = int(os.environ.get("FUZZ_FILES", "50000"))
"""How many files the slow test tries."""
BATCHES = 50
"""Processes they are shared out to, so that parallel test runs divide them."""
QUICK = 60


def tried(first: int, count: int) -> Counter[str]:
    """Return how cases ended, read in a process of their own."""
    arguments = (str(SEED), str(first), str(count))
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingestion.hostile.fuzz", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"cases {arguments}:\n{done.stdout[-20_000:]}{done.stderr[-5_000:]}"
    return Counter(json.loads(done.stdout.splitlines()[-1]))


def test_damaged_bills_are_refused_or_read_right():
    ended = tried(0, QUICK)

    assert ended.total() == QUICK
    assert sum(count for how, count in ended.items() if how.endswith(" taken")) > QUICK / 10, "some are still valid"


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_tens_of_thousands_of_damaged_bills_are_refused_or_read_right(batch: int):
    size = -(-FILES // BATCHES)

    ended = tried(QUICK + batch * size, size)

    assert ended.total() == size


def test_a_case_is_decided_by_seed_and_number():
    cases = [fuzz.case(1, number) for number in range(300)]

    assert cases == [fuzz.case(1, number) for number in range(300)]
    assert {tried.shape.kind for tried in cases} == {shape.kind for shape in FORMATS}
    assert {tried.name for tried in cases} == {"bill.csv", "bill.csv.gz", "bill.parquet"}


@pytest.mark.parametrize("number", [35231, 36813])
def test_parquet_that_says_something_else_each_time_is_refused(number: int, tmp_path):
    """Two that the long test found: what one query reads of them, the next does not, or the database breaks."""
    assert fuzz.check(fuzz.case(2026, number), Bench(tmp_path)) == "refused"


class Careless(Bench):
    """Plants a defect: a last row that is not read."""

    def archived(self, content: bytes | str, *, name: str = "bill.csv"):
        lines = content.splitlines(keepends=True)
        return super().archived(content[:0].join(lines[:-1]), name=name)


def test_a_row_that_is_passed_over_is_found(tmp_path, monkeypatch, capsys):
    """The control: a reader that leaves out a row fails, and the program says so."""
    shape = FORMATS[0]
    sound = fuzz.Case(shape, fuzz.sound(shape).encode(), "bill.csv")
    assert fuzz.check(sound, Bench(tmp_path)) == "taken"
    monkeypatch.setattr(fuzz, "Bench", Careless)
    monkeypatch.setattr(fuzz, "case", lambda seed, number: sound)

    assert fuzz.main(1, 0, 2) == 1
    assert "yet the file says 4.5" in capsys.readouterr().out
