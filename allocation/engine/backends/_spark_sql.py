"""The SQL of Spark and Databricks: what Ibis leaves out of it, and the functions of `shares`.

Spark has no 128-bit integer; DECIMAL(38, 0) is the widest whole number, and `shares.LARGEST` fits it. The functions
expect `SETTINGS`: without them Spark drops decimals from a sum of two amounts to make room for digits before the point,
and answers null where a number does not fit.
"""

from __future__ import annotations

from typing import Any, Final

import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.dialects import Databricks
from ibis.common.exceptions import UnsupportedOperationError
from ibis.expr.types import Table

from allocation.engine.backends._compiling import compiled

SETTINGS: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
}

_FRACTION_UNITS: Final = (
    "CAST(CAST(amount % 1 AS DECIMAL(18, 18)) * CAST(1000000000000000000 AS DECIMAL(19, 0)) AS BIGINT)"
)

FUNCTIONS: Final = (
    f"""CREATE TEMPORARY FUNCTION quanta(amount DECIMAL(38, 18)) RETURNS DECIMAL(38, 0) RETURN
        CAST(FLOOR(amount) AS DECIMAL(20, 0)) * CAST(1000000000000 AS DECIMAL(13, 0))
        + {_FRACTION_UNITS} DIV 1000000""",
    f"""CREATE TEMPORARY FUNCTION rest(amount DECIMAL(38, 18)) RETURNS DECIMAL(38, 0) RETURN
        CAST({_FRACTION_UNITS} % 1000000 AS DECIMAL(38, 0))""",
    # DIV answers a BIGINT, so the dividend, below 10^36, is divided in two parts of 18 digits.
    """CREATE TEMPORARY FUNCTION floor_div(dividend DECIMAL(38, 0), divisor DECIMAL(38, 0))
        RETURNS DECIMAL(38, 0) RETURN
        CAST(dividend DIV 1000000000000000000 DIV divisor AS DECIMAL(19, 0))
            * CAST(1000000000000000000 AS DECIMAL(19, 0))
        + (CAST(dividend DIV 1000000000000000000 % divisor AS DECIMAL(19, 0))
            * CAST(1000000000000000000 AS DECIMAL(19, 0))
            + dividend % 1000000000000000000) DIV divisor""",
    """CREATE TEMPORARY FUNCTION money_of(quanta DECIMAL(38, 0), rest DECIMAL(38, 0)) RETURNS DECIMAL(38, 18) RETURN
        CAST((quanta - quanta % 1000000000000) / CAST(1000000000000 AS DECIMAL(13, 0)) AS DECIMAL(38, 18))
        + CAST(CAST(quanta % 1000000000000 AS DECIMAL(12, 0)) * CAST('0.000000000001' AS DECIMAL(12, 12))
            AS DECIMAL(38, 18))
        + CAST(CAST(rest AS DECIMAL(7, 0)) * CAST('0.000000000000000001' AS DECIMAL(18, 18)) AS DECIMAL(38, 18))""",
    "CREATE TEMPORARY FUNCTION wide(number BIGINT) RETURNS DECIMAL(38, 0) RETURN CAST(number AS DECIMAL(38, 0))",
    "CREATE TEMPORARY FUNCTION count_of(total BIGINT) RETURNS BIGINT RETURN total",
    "CREATE TEMPORARY FUNCTION row_of(number BIGINT) RETURNS BIGINT RETURN number",
)


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' own compiler, with lists in an order, several lists taken apart at once, and numbers without an order."""

    __slots__ = ()

    def to_sqlglot(self, expr: Any, **more: Any) -> Any:
        """Return the statement; several lists taken apart side by side become one list of their elements."""
        statement = super().to_sqlglot(expr, **more)
        for select in list(statement.find_all(sge.Select)):
            _take_apart_together(select)
        return statement

    def visit_ArrayCollect(self, op: Any, *, arg: Any, order_by: Any, **more: Any) -> Any:  # noqa: N802
        """Collect with the keys, sort, and drop the keys: COLLECT_LIST knows no order."""
        if not order_by:
            return super().visit_ArrayCollect(op, arg=arg, order_by=order_by, **more)
        if any(key.args.get("desc") for key in order_by) or any(more.values()):
            raise UnsupportedOperationError("Lists are collected whole and in ascending order only.")
        keys = [part for at, key in enumerate(order_by) for part in (sge.convert(f"key_{at}"), key.this)]
        rows = self.f.anon.collect_list(self.f.anon.named_struct(*keys, sge.convert("value"), arg))
        value = sge.Lambda(this=sg.column("value", table="row"), expressions=[sg.to_identifier("row")])
        return self.f.anon.transform(self.f.anon.array_sort(rows), value)

    def visit_WindowFunction(self, op: Any, *, func: Any, group_by: Any, order_by: Any, **more: Any) -> Any:  # noqa: N802
        """Number rows without an order where they are: a window over all of them would be the work of one task."""
        if isinstance(op.func, ops.RowNumber) and not group_by and not order_by:
            return self.f.anon.monotonically_increasing_id()
        return super().visit_WindowFunction(op, func=func, group_by=group_by, order_by=order_by, **more)

    def visit_Negate(self, op: Any, *, arg: Any) -> Any:  # noqa: N802, ARG002
        """Subtract from nothing: Spark rounds the negative of a decimal to 34 digits, and says nothing."""
        return sge.paren(sge.convert(0) - arg)

    def visit_Abs(self, op: Any, *, arg: Any) -> Any:  # noqa: N802, ARG002
        """Subtract from nothing what is below it: ABS would round like a minus."""
        return self.if_(arg < 0, sge.paren(sge.convert(0) - arg), arg)

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:  # noqa: N802
        """Name a column. Ibis' own asks its connection's options about doubles, of which no table has any."""
        return super(PySparkCompiler, self).visit_Field(op, rel=rel, name=name)


class DatabricksCompiler(SparkCompiler):
    """The same with Databricks' spelling."""

    __slots__ = ()
    dialect = Databricks


def spark_statement(expression: Table) -> str:
    """Return an expression as SQL of Spark."""
    return compiled(expression, SparkCompiler())


def databricks_statement(expression: Table) -> str:
    """Return an expression as SQL of Databricks."""
    return compiled(expression, DatabricksCompiler())


def _take_apart_together(select: sge.Select) -> None:
    """Turn several EXPLODEs, of which Spark allows one, into one view over the lists laid side by side."""
    exploded = {one.alias: one.this.this for one in select.expressions if isinstance(one.this, sge.Explode)}
    if len(exploded) < 2:
        return
    zipped = sge.Anonymous(
        this="inline", expressions=[sge.Anonymous(this="arrays_zip", expressions=[*exploded.values()])]
    )
    columns = [sg.to_identifier(name, quoted=True) for name in exploded]
    alias = sge.TableAlias(this=sg.to_identifier("elements", quoted=True), columns=columns)
    select.append("laterals", sge.Lateral(this=zipped, view=True, alias=alias))
    shown = [
        sg.column(one.alias, table="elements", quoted=True) if one.alias in exploded else one
        for one in select.expressions
    ]
    select.set("expressions", shown)
