"""Folders as AWS delivers them, written by hand into a test's own folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ingestion.delivery import Delivery
from ingestion.delivery.manifests import find_deliveries
from ingestion.delivery.stores import FolderStore

OCTOBER = {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"}


def write(root: Path, *paths: str) -> None:
    """Write files whose content is their own path."""
    for path in paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(path)


def write_json(root: Path, path: str, document: object) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(document))


def write_report(root: Path, path: str, keys: Iterable[str], *, assembly: str = "7f3e") -> None:
    """Write a manifest of the legacy report, as AWS writes it, for October 2026."""
    document = {
        "assemblyId": assembly,
        "account": "123456789012",
        "columns": [{"category": "identity", "name": "LineItemId", "type": "String"}],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": "a" * 64,
        "reportName": "cur",
        "billingPeriod": OCTOBER,
        "bucket": "bills",
        "reportKeys": list(keys),
        "additionalArtifactKeys": [],
    }
    write_json(root, path, document)


def write_export(root: Path, path: str, files: Iterable[str]) -> None:
    """Write a manifest of AWS Data Exports."""
    write_json(root, path, {"executionId": "x", "exportName": "cur2", "columns": [], "dataFiles": list(files)})


def deliveries(root: Path) -> tuple[Delivery, ...]:
    return find_deliveries(FolderStore(root))


def paths(delivery: Delivery) -> list[str]:
    return [file.path for file in delivery.files]
