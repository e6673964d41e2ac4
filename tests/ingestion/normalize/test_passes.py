"""How often an import goes through the text of its files; each pass costs a third of the engine's bare copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingestion.normalize import run
from ingestion.normalize.contents import Limits
from ingestion.normalize.engine import engine
from tests.ingestion.normalize.bills import Bench, aws_rows, azure_rows, csv_text, gcp_rows


class Watched:
    """A connection that keeps the statements it is given."""

    def __init__(self, connection: Any, statements: list[str]) -> None:
        self.connection, self.statements = connection, statements

    def execute(self, statement: str, *rest: Any) -> Any:
        self.statements.append(statement)
        return self.connection.execute(statement, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    @contextmanager
    def watched(limits: Limits) -> Iterator[Watched]:
        with engine(limits) as connection:
            yield Watched(connection, told)

    monkeypatch.setattr(run, "engine", watched)
    return told


@pytest.mark.parametrize("kind", ["aws", "azure", "gcp"])
def test_a_plain_bill_is_gone_through_twice_to_count_and_to_write(tmp_path, statements: list[str], kind: str):
    bench = Bench(tmp_path)
    rows = {"aws": aws_rows, "azure": azure_rows, "gcp": gcp_rows}[kind]({}, {})
    connector = {"aws": "aws_cur", "azure": "azure_export", "gcp": "gcp_csv"}[kind]

    bench.normalized(connector, bench.archived(csv_text(rows)))

    passes = [statement for statement in statements if "read_csv(" in statement]

    assert [statement.split()[0] for statement in passes] == ["CREATE", "COPY"]
    assert all(statement.count("read_csv(") == 1 for statement in passes)
