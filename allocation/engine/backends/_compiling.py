"""From an expression to SQL text. Steps stay steps: fused, they would repeat each other's arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis
from ibis.expr.types import Table


def compiled(expression: Table, compiler: Any) -> str:
    """Return an expression as a compiler of Ibis puts it."""
    with _unfused():
        return str(compiler.to_sqlglot(expression).sql(dialect=compiler.dialect))


@contextmanager
def _unfused() -> Iterator[None]:
    fused = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = fused
