"""Trino: expressions and functions compile; nothing runs on it yet.

Its decimals have 38 digits; a quotient of whole decimals is rounded, so the remainder is taken off first.
"""

from __future__ import annotations

from typing import Final

from ibis.backends.sql.compilers.trino import compiler
from ibis.expr.types import Table

from allocation.engine.backends import BackendKind
from allocation.engine.backends._compiling import compiled

_FRACTION_UNITS: Final = "CAST(CAST(amount % 1 AS DECIMAL(18, 18)) * DECIMAL '1000000000000000000' AS DECIMAL(18, 0))"
_QUANTA: Final = f"({_FRACTION_UNITS} - {_FRACTION_UNITS} % 1000000) / 1000000"

FUNCTIONS: Final = (
    f"""CREATE FUNCTION quanta(amount DECIMAL(38, 18)) RETURNS DECIMAL(38, 0) RETURN
        CAST(TRUNCATE(amount) AS DECIMAL(20, 0)) * DECIMAL '1000000000000' + {_QUANTA}""",
    f"""CREATE FUNCTION rest(amount DECIMAL(38, 18)) RETURNS DECIMAL(38, 0) RETURN
        CAST({_FRACTION_UNITS} % 1000000 AS DECIMAL(38, 0))""",
    """CREATE FUNCTION floor_div(dividend DECIMAL(38, 0), divisor DECIMAL(38, 0)) RETURNS DECIMAL(38, 0) RETURN
        (dividend - dividend % divisor) / divisor""",
    """CREATE FUNCTION money_of(quanta DECIMAL(38, 0), rest DECIMAL(38, 0)) RETURNS DECIMAL(38, 18) RETURN
        CAST(CAST((quanta - quanta % 1000000000000) / 1000000000000 AS DECIMAL(20, 0)) AS DECIMAL(38, 18))
        + CAST(CAST(quanta % 1000000000000 AS DECIMAL(12, 0)) * DECIMAL '0.000000000001' AS DECIMAL(38, 18))
        + CAST(CAST(rest AS DECIMAL(7, 0)) * DECIMAL '0.000000000000000001' AS DECIMAL(38, 18))""",
    "CREATE FUNCTION wide(number BIGINT) RETURNS DECIMAL(38, 0) RETURN CAST(number AS DECIMAL(38, 0))",
    "CREATE FUNCTION count_of(total BIGINT) RETURNS BIGINT RETURN total",
    "CREATE FUNCTION row_of(number BIGINT) RETURNS BIGINT RETURN number",
)


def statement(expression: Table) -> str:
    """Return an expression as SQL of Trino."""
    return compiled(expression, compiler)


KIND: Final = BackendKind(label="Trino", statement=statement, functions=FUNCTIONS)
