"""What it costs to let rules look at single resources of a month: widening its attribute sets, and a run on them.

    python -m benchmarks.widening [--charges N] [--resources N]

The month is made up by DuckDB: 20,000 attribute sets, a resource of its own name on each of the lines in turn, and a
tag that is left out of the sets because it tells single things apart. Times are CPU-seconds, and seconds in brackets;
memory is the most that the process has held until then. Widening is measured as a page does it, in 512 MiB, and as a
run does, in 4 GB; the sums before and after must be the same.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from allocation.engine import run
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.further import Further
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.rules import parse
from allocation.engine.widening import charges_of, distinct_texts, left_out_tags, write_widened
from benchmarks.shapes import MONTH
from ingestion.focus.attributes import COLUMNS, COST_COLUMNS

SETS = 20_000
BY = Further(columns=("resource_id",))
RULES = """
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {column: resource_id, ends_with: "77"}, value: special}
      - {when: {tag: team, exists: true}, value: {tag: team}}
"""


def main() -> int:
    """Print each step; the exit code says whether every sum is conserved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=1_000_000)
    parser.add_argument("--resources", type=int, default=100_000)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bill = month(folder, charges=told.charges, resources=told.resources)
        return 0 if measured(bill, folder) else 1


def month(folder: Path, *, charges: int, resources: int) -> Revision:
    """Write the files of a bill revision."""
    costs = ", ".join(f"CAST(i % 997 AS DECIMAL(38, 18)) AS {cost}" for cost in COST_COLUMNS)
    sums = ", ".join(f"sum({name}) AS {name}" for name in (*COST_COLUMNS, "consumed_quantity"))
    known = {"charge_category": "'Usage'", "service_name": "'service ' || i % 200"}
    texts = ", ".join(f"{known.get(column, 'NULL::VARCHAR')} AS {column}" for column in COLUMNS)
    queries = {
        "charges": f"""SELECT CAST(i % {resources} % {SETS} AS INTEGER) AS x_attribute_set_id,
            'arn:aws:ec2:eu-west-1:123456789012:instance/i-' || lpad(CAST(i % {resources} AS VARCHAR), 12, '0')
            AS resource_id, '{{"job":"j' || i % {resources} || '","team":"t' || i % {SETS} % 50 || '"}}' AS tags,
            'USD' AS billing_currency, MONTH + to_days(CAST(i // {resources} % 30 AS INTEGER)) AS charge_period_start,
            {costs}, CAST(1 AS DECIMAL(38, 18)) AS consumed_quantity FROM range({charges}) AS rows(i)""",
        "attribute_sets": f"""SELECT CAST(i AS INTEGER) AS attribute_set_id, {texts},
            '{{"team":"t' || i % 50 || '"}}' AS tags FROM range({SETS}) AS rows(i)""",
        "daily": f"""SELECT CAST(charge_period_start AS DATE) AS charge_date, x_attribute_set_id AS attribute_set_id,
            billing_currency, {sums}, count(*) AS charge_count FROM '{folder}/charges.parquet'
            GROUP BY ALL ORDER BY ALL""",
    }
    with duckdb.connect(config={"memory_limit": "2GiB", "threads": 2, "temp_directory": f"{folder}/spill"}) as database:
        for name, query in queries.items():
            text = query.replace("MONTH +", f"TIMESTAMP '{MONTH}' +")
            database.execute(f"COPY ({text}) TO '{folder}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    return Revision("aws", "1", folder / "daily.parquet", folder / "attribute_sets.parquet")


def measured(bill: Revision, folder: Path) -> bool:
    """Print what each step costs and return whether the widened sums are those of the bill and the proof holds."""
    page = DuckDB(memory_limit="512MiB", threads=2, temp_directory=folder / "spill")
    whole = DuckDB(memory_limit="4GB", threads=2, temp_directory=folder / "spill")
    told(
        "tag keys left out",
        lambda: left_out_tags(bill.charges, attribute_sets=bill.attribute_sets, engine=page, scratch=folder),
    )
    told("texts that contain a piece", lambda: distinct_texts(
        bill.charges, BY, containing="0123", limit=20, engine=page, scratch=folder))  # fmt: skip
    sums = [
        told(f"widening in {engine.memory_limit}", lambda engine=engine, name=name: write_widened(
            bill, BY, to=folder / "widened" / name, engine=engine))
        for name, engine in (("page", page), (BY.name, whole))
    ]  # fmt: skip
    files = folder / "widened" / BY.name
    widened = Revision("aws", "1", files / "daily.parquet", files / "attribute_sets.parquet", further=BY)
    inputs = RunInputs(revisions=(widened,), rule_set=parse(RULES), period=MONTH)
    result = told("a run on it", lambda: run.allocate(inputs, output=folder / "run", backend=whole))
    own = f"SELECT attribute_set_id FROM '{widened.attribute_sets}' WHERE resource_id LIKE '%77'"
    told(
        "lines of a hundredth of the sets",
        lambda: duckdb.connect().execute(f"SELECT sum(effective_cost) FROM {charges_of(own, widened)}").fetchall(),
    )
    is_conserved = result.proof.holds and all(one == result.proof.sums("ledger") for one in sums)
    print(f"{result.proof.measured.rows['classification']} sets; sums {'are' if is_conserved else 'ARE NOT'} conserved")
    return is_conserved


def told(words: str, step: Callable[[], Any]) -> Any:
    """Do a step and print what it took."""
    began, used = time.perf_counter(), time.process_time()
    answer = step()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{words}: {time.process_time() - used:.1f} ({time.perf_counter() - began:.1f}), {most} MiB", flush=True)
    return answer


if __name__ == "__main__":
    raise SystemExit(main())
