"""Snowflake: expressions and functions compile; nothing runs on it yet.

Its NUMBERs have 38 digits; a quotient keeps some decimals, so the remainder is taken off first.
"""

from __future__ import annotations

from typing import Final

from ibis.backends.sql.compilers.snowflake import compiler
from ibis.expr.types import Table

from allocation.engine.backends import BackendKind
from allocation.engine.backends._compiling import compiled

_FRACTION_UNITS: Final = "CAST((amount - TRUNC(amount)) * 1000000000000000000 AS DECIMAL(18, 0))"

_BODIES: Final = {
    "quanta(amount DECIMAL(38, 18)) RETURNS DECIMAL(38, 0)": f"""CAST(TRUNC(amount) AS DECIMAL(20, 0)) * 1000000000000
        + TRUNC({_FRACTION_UNITS} / 1000000)""",
    "rest(amount DECIMAL(38, 18)) RETURNS DECIMAL(38, 0)": f"MOD({_FRACTION_UNITS}, 1000000)",
    "floor_div(dividend DECIMAL(38, 0), divisor DECIMAL(38, 0)) RETURNS DECIMAL(38, 0)": """
        CAST((dividend - MOD(dividend, divisor)) / divisor AS DECIMAL(38, 0))""",
    "money_of(quanta DECIMAL(38, 0), rest DECIMAL(38, 0)) RETURNS DECIMAL(38, 18)": """
        CAST((quanta - MOD(quanta, 1000000000000)) / 1000000000000 AS DECIMAL(38, 18))
        + CAST(CAST(MOD(quanta, 1000000000000) AS DECIMAL(12, 0)) * 0.000000000001 AS DECIMAL(38, 18))
        + CAST(CAST(rest AS DECIMAL(7, 0)) * 0.000000000000000001 AS DECIMAL(38, 18))""",
    "wide(number DECIMAL(38, 0)) RETURNS DECIMAL(38, 0)": "number",
    "count_of(total DECIMAL(38, 0)) RETURNS DECIMAL(38, 0)": "total",
    "row_of(number DECIMAL(38, 0)) RETURNS DECIMAL(38, 0)": "number",
}
FUNCTIONS: Final = tuple(f"CREATE FUNCTION {signature} AS $${body}$$" for signature, body in _BODIES.items())


def statement(expression: Table) -> str:
    """Return an expression as SQL of Snowflake."""
    return compiled(expression, compiler)


KIND: Final = BackendKind(label="Snowflake", statement=statement, functions=FUNCTIONS)
