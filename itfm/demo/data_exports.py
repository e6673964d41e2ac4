"""The manifests of AWS Data Exports. Pure.

Source: AWS Data Exports user guide, "Understanding export delivery" (overwriting an existing export).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from itfm.core.periods import next_period, period_name
from itfm.demo import cur
from itfm.demo.usage import Month


def partition(month: Month) -> str:
    """Return the folder of a billing period."""
    return f"BILLING_PERIOD={period_name(month.first_day)}"


def write_manifest(
    root: Path, month: Month, *, account: str, bucket: str, keys: Sequence[str], types: Mapping[str, str]
) -> None:
    """Write the manifest of a month of the export whose folder is `root`; `keys` are its files, `types` its columns."""
    export = root.name
    delivery = "restated" if month.is_restated else "final"
    manifest = {
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:{account}:export/{export}-demo",
        "executionId": f"{period_name(month.first_day)}-{delivery}",
        "createdAt": cur.moment(next_period(month.first_day), 120 if month.is_restated else 72),
        "billingPeriod": {"start": cur.moment(month.first_day), "end": cur.moment(next_period(month.first_day))},
        "contentType": "text/csv",
        "compression": "GZIP",
        "columns": [{"name": name, "type": kind} for name, kind in types.items()],
        "dataFiles": [f"s3://{bucket}/{key}" for key in keys],
    }
    path = root / "metadata" / partition(month) / f"{export}-Manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
