"""Databricks: expressions and functions compile; nothing runs on it yet. Its SQL is Spark's."""

from __future__ import annotations

from typing import Final

from allocation.engine.backends import BackendKind
from allocation.engine.backends._spark_sql import FUNCTIONS, databricks_statement

KIND: Final = BackendKind(label="Databricks", statement=databricks_statement, functions=FUNCTIONS)
