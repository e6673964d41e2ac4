"""How often an import goes through the text of its files; each pass costs a third of the engine's bare copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.focus.findings import RejectedBillError
from ingestion.normalize import run
from ingestion.normalize.contents import Limits
from ingestion.normalize.engine import engine
from tests.ingestion.normalize.bills import Bench, aws_rows, azure_rows, csv_text, gcp_rows, values


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


def test_numbers_of_which_no_amount_is_made_are_looked_at_when_they_are_written(tmp_path, statements: list[str]):
    plain, odd = {}, {"usage.amount": "1.5E-3", "usage_start_time": "2026-10-05 02:00:00+02:00"}

    delivery = Bench(tmp_path).gcp(plain, odd)

    counted = [
        statement for statement in statements if statement.startswith("CREATE OR REPLACE TEMP TABLE combination")
    ]
    assert len(counted) == 1
    assert values(delivery, "consumed_quantity, charge_period_start") == [
        (Decimal(3600), datetime(2026, 10, 5)),
        (Decimal("0.0015"), datetime(2026, 10, 5)),
    ]


def test_a_number_that_the_engine_would_take_for_another_is_refused_also_where_no_amount_is_made_of_it(tmp_path):
    with pytest.raises(RejectedBillError) as refused:
        Bench(tmp_path).gcp({}, {"usage.amount": "1_000"})

    assert [(found.code, found.row) for found in refused.value.findings] == [("not_a_number", 2)]


def test_what_is_no_number_is_told_before_what_is_wrong_with_entries(tmp_path):
    with pytest.raises(RejectedBillError) as refused:
        Bench(tmp_path).gcp({"currency": "euro"}, {"usage.amount": "free"})

    assert [found.code for found in refused.value.findings] == ["not_a_number"]
