"""Lay out the subsidiary's legacy Cost and Usage Report: one manifest per month, data under its assembly id. Pure.

Source: AWS Cost and Usage Reports user guide, "Understanding your report versions" (creating new versions).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from uuid import UUID

import numpy as np

from itfm.core.periods import next_period
from itfm.demo import cur, cur_lines
from itfm.demo.cur_lines import Layout, Report, Written
from itfm.demo.data_files import NumberedFiles
from itfm.demo.usage import Month

BUCKET: Final = "harbor-pine-demo-billing"
PREFIX: Final = "reports"
REPORT: Final = "harbor-pine-hourly"
TAG_KEYS: Final = ("cost_center", "env", "product", "team")

_SHARED: Final = tuple(name for name in cur.COLUMNS if not name.endswith("_account_name"))
"""Legacy reports name no accounts."""


def _header(name: str) -> str:
    if name in TAG_KEYS:
        return f"resourceTags/user:{name}"
    return "product/ProductName" if name == "product_product_name" else cur.legacy_column(name)


def _completed(values: dict[str, str]) -> dict[str, str]:
    """Return the values with a column for each tag key and the product's name."""
    tags: dict[str, str] = json.loads(values["resource_tags"])
    product: dict[str, str] = json.loads(values["product"])
    return (
        values
        | {key: tags.get(f"user_{key}", "") for key in TAG_KEYS}
        | {"product_product_name": product["product_name"]}
    )


_GROUPS: Final = ("identity", "bill", "line_item", "product", "pricing", "reservation", "savings_plan")
_NAMES: Final = tuple(
    name for group in _GROUPS for name in (*_SHARED, "product_product_name") if name.startswith(f"{group}_")
)

LAYOUT: Final = Layout(columns=tuple((_header(name), name) for name in (*_NAMES, *TAG_KEYS)), completed=_completed)


def write(folder: Path, report: Report, month: Month, *, lines: int, random: np.random.Generator) -> Written:
    """Write one month's delivery below `folder`."""
    period = f"{month.first_day:%Y%m%d}-{next_period(month.first_day):%Y%m%d}"
    root = folder / PREFIX / REPORT / period
    assembly = str(UUID(int=int(f"{month.first_day:%Y%m%d}") ** 4 % 2**128, version=4))
    with NumberedFiles(
        lambda number: root / assembly / f"{REPORT}-{number:05d}.csv.gz", header=LAYOUT.header().encode()
    ) as files:
        written = cur_lines.write(report, month, lines=lines, files=files, random=random)
    keys = [path.relative_to(folder).as_posix() for path in files.paths]
    text = json.dumps(_manifest(report, month, assembly, keys), indent=2) + "\n"
    # AWS puts the manifest both beside the assembly folder (the newest) and inside it.
    for place in (root, root / assembly):
        (place / f"{REPORT}-Manifest.json").write_text(text, encoding="utf-8")
    return written


def _manifest(report: Report, month: Month, assembly: str, keys: list[str]) -> dict[str, object]:
    columns = [header.split("/", 1) for header, _ in LAYOUT.columns]
    return {
        "assemblyId": assembly,
        "account": report.payer.account,
        "columns": [{"category": category, "name": name} for category, name in columns],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": f"demo-{REPORT}",
        "reportName": REPORT,
        "billingPeriod": {
            "start": f"{month.first_day:%Y%m%d}T000000.000Z",
            "end": f"{next_period(month.first_day):%Y%m%d}T000000.000Z",
        },
        "bucket": BUCKET,
        "reportKeys": keys,
        "additionalArtifactKeys": [],
    }
