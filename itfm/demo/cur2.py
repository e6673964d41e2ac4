"""Lay out CUR 2.0 as AWS Data Exports delivers it: data and a manifest per billing period. Pure.

Source: AWS Data Exports user guide, "Understanding export delivery" (overwriting an existing export).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np

from itfm.core.periods import next_period, period_name
from itfm.demo import cur, cur_lines
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
    partition = f"BILLING_PERIOD={period_name(month.first_day)}"
    root = folder / PREFIX / EXPORT
    with NumberedFiles(
        lambda number: root / "data" / partition / f"{EXPORT}-{number:05d}.csv.gz", header=LAYOUT.header().encode()
    ) as files:
        written = cur_lines.write(report, month, lines=lines, files=files, random=random)
    manifest = root / "metadata" / partition / f"{EXPORT}-Manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    keys = [path.relative_to(folder).as_posix() for path in files.paths]
    manifest.write_text(json.dumps(_manifest(report, month, keys), indent=2) + "\n", encoding="utf-8")
    return written


def _manifest(report: Report, month: Month, keys: list[str]) -> dict[str, object]:
    delivery = "restated" if month.is_restated else "final"
    export = f"arn:aws:bcm-data-exports:us-east-1:{report.payer.account}:export/{EXPORT}-demo"
    return {
        "exportArn": export,
        "executionId": f"{period_name(month.first_day)}-{delivery}",
        "createdAt": cur.moment(next_period(month.first_day), 120 if month.is_restated else 72),
        "billingPeriod": {"start": cur.moment(month.first_day), "end": cur.moment(next_period(month.first_day))},
        "contentType": "text/csv",
        "compression": "GZIP",
        "columns": [{"name": name, "type": _type(name)} for name in COLUMNS],
        "dataFiles": [f"s3://{BUCKET}/{key}" for key in keys],
    }


def _type(name: str) -> str:
    if name in MAPS:
        return "map"
    if name.endswith(("_start_date", "_end_date")):
        return "timestamp"
    return "double" if name.endswith(_NUMBERS) and not name.startswith("identity") else "string"
