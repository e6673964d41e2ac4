"""Lay out CUR 2.0 as AWS Data Exports delivers it: data and a manifest per billing period. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from itfm.demo import cur, cur_lines, data_exports
from itfm.demo.cur_lines import Layout, Report, Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.usage import Month

BUCKET: Final = "meridian-retail-demo-billing"
PREFIX: Final = "cur2"
EXPORT: Final = "meridian-cur2"
MAPS: Final = ("cost_category", "discount", "product", "resource_tags")

COLUMNS: Final = tuple(sorted((*cur.COLUMNS, *MAPS)))
LAYOUT: Final = Layout(columns=tuple((name, name) for name in COLUMNS), completed=dict)

_NUMBERS: Final = (
    "_cost",
    "_rate",
    "_amount",
    "_fee",
    "_commitment",
    "_quantity",
    "_value",
    "_period",
    "_usage",
    "_to_date",
)


def write(folder: Path, report: Report, month: Month, *, lines: int, random: np.random.Generator) -> Written:
    """Write one month's delivery below `folder`, replacing nothing that another month wrote."""
    root = folder / PREFIX / EXPORT
    data = root / "data" / data_exports.partition(month)
    with NumberedFiles(lambda number: data / f"{EXPORT}-{number:05d}.csv.gz", header=LAYOUT.header().encode()) as files:
        written = cur_lines.write(report, month, lines=lines, files=files, random=random)
    keys = [path.relative_to(folder).as_posix() for path in files.paths]
    types = {name: _type(name) for name in COLUMNS}
    data_exports.write_manifest(root, month, account=report.payer.account, bucket=BUCKET, keys=keys, types=types)
    return written


def _type(name: str) -> str:
    if name in MAPS:
        return "map"
    if name.endswith(("_start_date", "_end_date")):
        return "timestamp"
    return "double" if name.endswith(_NUMBERS) and not name.startswith("identity") else "string"
