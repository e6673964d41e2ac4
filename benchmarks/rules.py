"""CPU seconds of allocating a month with 5,000 rules in each of three dimensions, against 50 in each.

    python -m benchmarks.rules [--charges N] [--rounds N] [--rules N]

The bill is the report of `benchmarks.bill_import` with its ten thousand resource names, so that rules meet many texts.
Both rule sets give every line the same values: what differs is how many rules are asked before. Each run is a process
of its own, in turn, and the bar is the ratio of the processor times of whole runs, classification, ledger and proof, in
the median of the rounds. Classification alone is measured beside it with rules that are new to the process, and so is
reading the rules from their YAML, which a worker does before each run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from allocation.engine import cells, rules, run
from allocation.engine.backends import Limits, started
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.warm import warm
from benchmarks import allocation, shapes
from benchmarks.allocation import MEMORY_LIMIT_MIB
from benchmarks.shapes import MONTH, TEAMS

FEW = 50
MANY = 5_000
MOST = 1.5
TAG_KEYS = frozenset({"team", "env", "Name"})
KINDS = {"prod": "Production", "dev": "Development", "test": "Test", "qa": "Test", "lab": "Lab"}
SERVICES = ["Amazon Elastic Compute Cloud", "AWS Lambda", "Amazon CloudWatch", "Amazon DynamoDB"]
REGIONS = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2"]
TAKEN: dict[str, dict[str, Any]] = {
    "team": {"tag": "team", "transforms": ["trim", "lower"]},
    "product": {"tag": "team", "transforms": [{"lookup": "products"}]},
    "environment": {"tag": "env", "transforms": [{"lookup": "kinds"}]},
}
"""What a rule of each dimension takes from a line: the value that the general rules at the end would give it."""


def main() -> int:
    """Print both sides, their ratio and the verdict; the exit code says whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rules", type=int, default=MANY, help="in each dimension, against 50")
    parser.add_argument("--bill", type=Path, help="an existing CSV.gz report instead of a generated one")
    parser.add_argument("--import-to", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--allocate", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.import_to:
        allocation.import_bill(told.bill, told.import_to, tag_keys=TAG_KEYS)
        return 0
    if told.allocate:
        print(json.dumps(asdict(allocate(told.allocate, count=told.rules))))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bill = told.bill or allocation.written_bill(folder, rows=told.charges)
        in_process("--bill", str(bill), "--import-to", str(folder))
        pairs = [
            (run_with(folder, count=FEW), run_with(folder, count=told.rules)) for _ in range(told.rounds)
        ]  # fmt: skip
    return report(pairs, many=told.rules)


def in_process(*arguments: str) -> str:
    """Run a part of this benchmark as a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rules", *arguments],
        cwd=Path(__file__).resolve().parents[1], stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def run_with(folder: Path, *, count: int) -> Found:
    """Allocate the imported month in a process of its own."""
    return Found(**json.loads(in_process("--allocate", str(folder), "--rules", str(count))))


@dataclass(frozen=True)
class Found:
    """What one process found; times are CPU-seconds."""

    read: float
    classify: float
    allocate: float
    peak_mib: int
    holds: bool
    rows: dict[str, int]
    caught_by: int
    ledger: str


def allocate(folder: Path, *, count: int) -> Found:
    """Classify the imported month once, and allocate it once; each with rules that nothing has looked at before."""
    (daily,) = (folder / "bills").rglob("daily.parquet")
    revision = Revision("aws", "1", daily, daily.with_name("attribute_sets.parquet"))
    text = rules.dump(rule_set(count))
    read: list[rules.RuleSet] = []
    reading, _ = allocation.timed(lambda: read.append(rules.parse(text)))
    inputs = [
        RunInputs(revisions=(revision,), rule_set=one, period=MONTH, drivers={"gb": shapes.driver_values()})
        for one in (rule_set(count), *read)
    ]
    backend = started("duckdb", Limits(memory_mib=MEMORY_LIMIT_MIB, threads=2))
    warm()
    decided: list[cells.Cells] = []
    classifying, _ = allocation.timed(lambda: decided.append(cells.decide(inputs[0])))
    results: list[run.RunResult] = []
    allocating, _ = allocation.timed(
        lambda: results.append(run.allocate(inputs[1], output=folder / "run", backend=backend))
    )
    measured = results[0].proof.measured
    return Found(
        read=reading,
        classify=classifying,
        allocate=allocating,
        peak_mib=allocation.peak_mib(),
        holds=results[0].proof.holds,
        rows=measured.rows,
        caught_by=len(rules_that_caught(decided[0])),
        ledger=measured.files["ledger.parquet"],
    )


def rules_that_caught(decided: cells.Cells) -> set[tuple[str, int]]:
    """Return every rule that caught something, by dimension and number."""
    texts = decided.classification.column("rules").unique().to_pylist()
    return {pair for text in texts for pair in json.loads(text).items()}


def rule_set(count: int) -> rules.RuleSet:
    """Return three dimensions of so many rules, and the splits of `benchmarks.shapes`."""
    document = rules.to_document(shapes.rule_set())
    for dimension in document["dimensions"]:
        general = dimension["rules"][:45]
        special = list(specials(dimension["key"], count - len(general)))
        pools = 5 if dimension["key"] == "team" else 0
        dimension["rules"] = [*general[:pools], *special, *general[pools:]]
    products = {team: f"product-{at % 25}" for at, team in enumerate(TEAMS)}
    return rules.from_document({**document, "version": "1", "lookups": {"products": products, "kinds": KINDS}})


def specials(dimension: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield rules for single accounts, projects and services as they gather over years; a few catch a line today.

    Of ten: three equalities or lists, two prefixes, one each of suffix, text within, pattern, number and negation.
    Half of them are trees of and, or and not.
    """
    for number in range(count):
        conditions = CONDITIONS[number % len(CONDITIONS)]
        yield {"name": f"{dimension} {number}", "when": conditions(dimension, number), "value": TAKEN[dimension]}


def by_tag(dimension: str, number: int) -> dict[str, Any]:
    """Return a team that is no more, or not yet."""
    return {"tag": "team", "equals": f"{dimension} squad {number}", "ignore_case": True, "loose": True}


def by_accounts(dimension: str, number: int) -> dict[str, Any]:
    """Return a list of accounts of which the bill has none any more, but for the closed region of one it has."""
    gone = [str(300_000_000_000 + 7 * number + at) for at in range(6)]
    has = {"all": [{"column": "sub_account_id", "equals": account(number)},
                   {"column": "region_id", "one_of": [f"{dimension}-{number}", "eu-south-2"]}]}  # fmt: skip
    return {"any": [{"column": "sub_account_id", "one_of": gone}, has]}


def by_account_and_service(_dimension: str, number: int) -> dict[str, Any]:
    """Return one service of one account in one region: each text is asked for by many rules."""
    return {"all": [
        {"column": "service_name", "equals": SERVICES[number % 4]},
        {"column": "region_id", "equals": REGIONS[number // 4 % 4]},
        {"column": "sub_account_id", "equals": account(number // 16)},
        {"tag": "env", "exists": True},
    ]}  # fmt: skip


def by_prefix(_dimension: str, number: int) -> dict[str, Any]:
    """Return the names of one numbered project."""
    return {"tag": "Name", "starts_with": f"resource-{number}7"}


def by_two_prefixes(dimension: str, number: int) -> dict[str, Any]:
    """Return two projects' names, but not of the test environment."""
    return {"all": [
        {"any": [{"tag": "Name", "starts_with": text} for text in (f"{dimension}-{number}-", f"p{number}/")]},
        {"not": {"tag": "env", "equals": "test"}},
    ]}  # fmt: skip


def by_suffix(_dimension: str, number: int) -> dict[str, Any]:
    """Return the names with one number at the end, of one operation."""
    return {
        "all": [{"tag": "Name", "ends_with": f"-{number}"}, {"column": "x_operation", "equals": f"Run{number % 30}"}]
    }


def by_text_within(dimension: str, number: int) -> dict[str, Any]:
    """Return what has a project's short name anywhere in its name, in any case."""
    return {"tag": "Name", "contains": f"{dimension[:2]}{number}x", "ignore_case": True}


def by_pattern(dimension: str, number: int) -> dict[str, Any]:
    """Return a pattern; every third has no fixed beginning."""
    pattern = (
        f"^{dimension}-(api|web)-{number}-[0-9]+$",
        f"^resource-{number}[05]$",
        f"(blue|green)[-_]{number}(-[a-z]+)?$",
    )[number % 3]
    return {"tag": "Name", "matches": pattern}


def by_number(_dimension: str, number: int) -> dict[str, Any]:
    """Return accounts within a range, with a tag of one value."""
    low = 400_000_000_000 + 10 * number
    return {"all": [{"column": "sub_account_id", "gte": str(low)}, {"column": "sub_account_id", "lt": str(low + 10)},
                    {"tag": "env", "one_of": ["prod", "dev"]}]}  # fmt: skip


def by_negation(dimension: str, number: int) -> dict[str, Any]:
    """Return what is neither tagged nor from a known place, of one account."""
    return {"all": [
        {"not": {"any": [{"tag": "team", "exists": True}, {"column": "region_id", "starts_with": "us-"}]}},
        {"not": {"not": {"column": "sub_account_id", "one_of": [account(number), f"5{number:011d}"]}}},
        {"not": {"tag": "Name", "contains": dimension}},
    ]}  # fmt: skip


CONDITIONS = (
    by_tag, by_accounts, by_account_and_service, by_prefix, by_two_prefixes, by_suffix, by_text_within, by_pattern,
    by_number, by_negation,
)  # fmt: skip


def account(number: int) -> str:
    """Return one of the bill's accounts that is no pool."""
    return str(shapes.FIRST_POOL_ACCOUNT - 1 - number % 55)


def report(pairs: list[tuple[Found, Found]], *, many: int) -> int:
    """Print both sides and the verdict; 1 when the bar is missed, a proof does not hold or the ledgers differ."""
    few, more = (list(side) for side in zip(*pairs, strict=True))
    rows = few[0].rows
    print(f"{rows['classification']:,} attribute sets · {rows['bill']:,} daily rows · {rows['ledger']:,} ledger rows · "
          f"caught by {few[0].caught_by} and {more[0].caught_by:,} rules of {3 * FEW} and {3 * many:,}")  # fmt: skip
    print(f"{'CPU seconds, median of ' + str(len(pairs)):<34}{FEW:>8}{many:>8,}{'ratio':>8}")
    for label, name in (
        ("read the YAML", "read"),
        ("classify alone", "classify"),
        ("allocate, proof included", "allocate"),
    ):
        one, other = ([getattr(found, name) for found in side] for side in (few, more))
        ratio = statistics.median(b / a for a, b in zip(one, other, strict=True))
        print(f"{label:<34}{statistics.median(one):>8.2f}{statistics.median(other):>8.2f}{ratio:>8.2f}")
    print(f"{'peak memory, MiB':<34}{few[0].peak_mib:>8,}{more[0].peak_mib:>8,}")
    is_right = all(one.holds for one in (*few, *more)) and len({one.ledger for one in (*few, *more)}) == 1
    is_met = is_right and ratio <= MOST
    print(f"{'PASS' if is_met else 'FAIL'}: ratio {ratio:.2f} in the median of {len(pairs)} (at most {MOST}); "
          f"{'proofs hold, ledgers are equal' if is_right else 'A PROOF DOES NOT HOLD OR LEDGERS DIFFER'}")  # fmt: skip
    return 0 if is_met else 1


if __name__ == "__main__":
    raise SystemExit(main())
