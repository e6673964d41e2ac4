"""Where large things lie: immutable files under one root, published by renaming a finished folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

from django.conf import settings

from itfm.core.periods import period_name


def organization_folder(organization_id: UUID) -> Path:
    """Return the folder of all files of one organization."""
    return Path(settings.LAKE_ROOT) / str(organization_id)


def charges_folder(organization_id: UUID, *, source_id: UUID, period: date, revision_id: UUID) -> Path:
    """Return the folder of one bill revision's charges."""
    folder = organization_folder(organization_id) / "charges" / str(source_id)
    return folder / period_name(period) / str(revision_id)


def run_folder(organization_id: UUID, *, period: date, run_id: UUID) -> Path:
    """Return the folder of one allocation run."""
    return organization_folder(organization_id) / "runs" / period_name(period) / str(run_id)


@contextmanager
def scratch(organization_id: UUID) -> Iterator[Path]:
    """Yield a folder on the lake's own file system, gone afterwards."""
    root = organization_folder(organization_id) / "scratch"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(finished: Path, *, to: Path) -> None:
    """Move a finished folder to its final name; its files are on disk before the name appears."""
    for path in sorted(finished.rglob("*")):
        if path.is_file():
            _sync(path)
    to.parent.mkdir(parents=True, exist_ok=True)
    finished.rename(to)
    _sync(to.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
