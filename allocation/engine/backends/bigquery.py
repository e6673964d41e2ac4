"""BigQuery: expressions and functions compile; nothing runs on it yet.

BIGNUMERIC holds 38 digits on either side of the point.
"""

from __future__ import annotations

from typing import Final

from ibis.backends.sql.compilers.bigquery import compiler
from ibis.expr.types import Table

from allocation.engine.backends import BackendKind
from allocation.engine.backends._compiling import compiled

_UNITS_BELOW: Final = "MOD(amount * BIGNUMERIC '1000000000000000000', BIGNUMERIC '1000000')"

FUNCTIONS: Final = (
    """CREATE TEMP FUNCTION quanta(amount BIGNUMERIC) RETURNS BIGNUMERIC AS (
        TRUNC(amount * BIGNUMERIC '1000000000000'))""",
    f"CREATE TEMP FUNCTION rest(amount BIGNUMERIC) RETURNS BIGNUMERIC AS ({_UNITS_BELOW})",
    """CREATE TEMP FUNCTION floor_div(dividend BIGNUMERIC, divisor BIGNUMERIC) RETURNS BIGNUMERIC AS (
        (dividend - MOD(dividend, divisor)) / divisor)""",
    """CREATE TEMP FUNCTION money_of(quanta BIGNUMERIC, rest BIGNUMERIC) RETURNS BIGNUMERIC AS (
        quanta * BIGNUMERIC '0.000000000001' + rest * BIGNUMERIC '0.000000000000000001')""",
    "CREATE TEMP FUNCTION wide(number INT64) RETURNS BIGNUMERIC AS (CAST(number AS BIGNUMERIC))",
    "CREATE TEMP FUNCTION count_of(total INT64) RETURNS INT64 AS (total)",
    "CREATE TEMP FUNCTION row_of(number INT64) RETURNS INT64 AS (number)",
)


def statement(expression: Table) -> str:
    """Return an expression as SQL of BigQuery."""
    return compiled(expression, compiler)


KIND: Final = BackendKind(label="BigQuery", statement=statement, functions=FUNCTIONS)
