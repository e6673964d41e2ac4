"""Where Azure Cost Management lays an export with manifests, and what the manifests say. Pure.

Source: https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from itfm.core.periods import next_period
from itfm.demo.azure_ids import made_up_id
from itfm.demo.usage import Month

ROOT: Final = "cost"


@dataclass(frozen=True)
class Run:
    """One run of an export: that of a month, for a billing account, of a type such as ActualCost."""

    export: str
    type: str
    version: str
    account: str
    month: Month

    @property
    def id(self) -> str:
        """Return the id of the run."""
        return made_up_id(f"run {self.export} {self.month.first_day}")

    @property
    def period(self) -> str:
        """Return the folder of the month, below that in which the export lies."""
        first, last = self.month.first_day, self.month.first_day + timedelta(days=self.month.days - 1)
        return f"{ROOT}/{self.export}/{first:%Y%m%d}-{last:%Y%m%d}"

    def part(self, folder: Path, number: int) -> Path:
        """Return the place of a data file by its number from 1."""
        return folder / self.period / self.id / f"part_{number - 1}_0001.csv.gz"

    def write_manifest(self, folder: Path, paths: Sequence[Path], *, rows: int) -> None:
        """Write the manifest of data files that hold so many rows."""
        text = json.dumps(self._manifest(folder, paths, rows), indent=2) + "\n"
        (folder / self.period / self.id / "manifest.json").write_text(text, encoding="utf-8")

    def _manifest(self, folder: Path, paths: Sequence[Path], rows: int) -> dict[str, object]:
        first, after = self.month.first_day, next_period(self.month.first_day)
        account = f"/providers/Microsoft.Billing/billingAccounts/{self.account}"
        return {
            "manifestVersion": "2024-04-01",
            "blobCount": len(paths),
            "dataRowCount": rows,
            "exportConfig": {
                "exportName": self.export,
                "resourceId": f"{account}/providers/Microsoft.CostManagement/exports/{self.export}",
                "dataVersion": self.version,
                "type": self.type,
                "timeFrame": "TheLastMonth",
                "granularity": "Daily",
            },
            "deliveryConfig": {
                "partitionData": True,
                "dataOverwriteBehavior": "CreateNewReport",
                "fileFormat": "Csv",
                "compressionMode": "gzip",
                "rootFolderPath": ROOT,
            },
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": f"{after + timedelta(days=4)}T04:10:00.0000000Z",
                "runId": self.id,
                "startDate": f"{first}T00:00:00",
                "endDate": f"{after - timedelta(days=1)}T00:00:00",
            },
            "blobs": [{"blobName": path.relative_to(folder).as_posix()} for path in paths],
        }
