"""Saying how far amounts were rounded, exactly. Pure.

| in the file            | stored               | difference |
|------------------------|----------------------|------------|
| 0.0000000000000000025  | 0.000000000000000002 | -0.5e-18   |
| 0.0000000000000000035  | 0.000000000000000004 | +0.5e-18   |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import duckdb

from ingestion.focus import expressions
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import Finding
from ingestion.normalize.diagnosing import file_name, title_of
from ingestion.normalize.reading import Reading

QUANTUM: Final = Decimal("1e-18")
EXACT: Final = Context(prec=2_000, rounding=ROUND_HALF_EVEN)
"""Wide enough for any number that a bill may hold: three digits of exponent and the digits of a cell."""
BATCH: Final = 10_000


@dataclass
class _Rounded:
    """What was rounded in one column and currency of a file; `first_row` is the first of `row_count` rows."""

    first_row: int
    row_count: int = 0
    difference: Decimal = Decimal(0)

    def add(self, text: str, *, row: int, count: int) -> None:
        """Count in a text that stands in so many rows."""
        exact = EXACT.create_decimal(text)
        stored = exact.quantize(QUANTUM, context=EXACT)
        self.difference = EXACT.add(self.difference, EXACT.multiply(EXACT.subtract(stored, exact), Decimal(count)))
        self.first_row = min(self.first_row, row)
        self.row_count += count


def rounding_findings(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Iterator[Finding]:
    """Say where values have more than 18 fractional digits, and the sum of stored less delivered by currency."""
    for name in sorted(reading.odd_numbers):
        for (number, currency), rounded in sorted(_rounded(connection, reading, name).items()):
            file, title = file_name(reading, number), title_of(reading, name)
            yield Finding(
                code="rounded",
                severity="warning",
                file=file,
                row=rounded.first_row,
                column=title,
                message=(
                    f"{title} has more than 18 fractional digits in {rounded.row_count:,} rows of {file} in {currency},"
                    f" first in row {rounded.first_row}; they were rounded half to even. What is stored differs from"
                    f" the file by {rounded.difference.normalize(EXACT):+f} in all."
                ),
            )


def _rounded(connection: duckdb.DuckDBPyConnection, reading: Reading, name: str) -> dict[tuple[int, str], _Rounded]:
    plain = expressions.without_exponent(quoted(name))
    rest = rf"regexp_extract({plain}, '\.[0-9]{{18}}([0-9]*)$', 1)"
    entry = f"enum_code(CAST({reading.key()} AS entry_key))"
    rows = f"SELECT x_file_number, x_row_number, {quoted(name)} AS value, {entry} AS x_entry FROM ({reading.raw.sql()})"
    query = (
        "SELECT x_file_number, billing_currency, value, min(x_row_number), count(*)"
        f" FROM ({rows} WHERE rtrim({rest}, '0') <> '') JOIN entry USING (x_entry) GROUP BY ALL"
    )
    found: dict[tuple[int, str], _Rounded] = {}
    answers = connection.execute(query)
    while batch := answers.fetchmany(BATCH):
        for number, currency, text, row, count in batch:
            found.setdefault((number, currency), _Rounded(first_row=row)).add(text, row=row, count=count)
    return found
