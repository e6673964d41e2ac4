"""Each kind of figure, as it was last looked at: `UPDATE_SNAPSHOTS=1 pytest` writes the files anew."""

import json
import os
from pathlib import Path

import pytest

from itfm.web.design.sample_charts import figures

SNAPSHOTS = Path(__file__).parent / "snapshots"
FIGURES = figures()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_what_it_was(name):
    text = json.dumps(FIGURES[name], indent=1, ensure_ascii=False) + "\n"
    file = SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")

    assert json.loads(text) == json.loads(file.read_text(encoding="utf-8"))


def test_every_snapshot_belongs_to_a_figure():
    assert {file.stem for file in SNAPSHOTS.glob("*.json")} == set(FIGURES)
