"""A place to import small bills in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.normalize.bills import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
