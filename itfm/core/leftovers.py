"""Removing from the lake what no record names: folders that a killed worker left, and scratch nobody works in.

A folder is looked at when nothing in it has changed for longer than any job may take. Then either a row names it, and
it stays for as long as the row, or the transaction that would have named it never was.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings

from itfm.core.lake import organization_folder

logger = structlog.get_logger(__name__)
PERIOD: Final = re.compile(r"\d{4}-\d{2}", re.ASCII)
INCOMING: Final = ".incoming-*"
"""Files that were being archived."""


def left_before(at: datetime) -> datetime:
    """Return since when nothing may have changed in what is removed: a day by default, and never within a job."""
    kept = timedelta(hours=settings.LEFTOVER_HOURS)
    return at - max(kept, 2 * timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT))


def folders(organization_id: UUID, *names: str) -> Iterator[Path]:
    """Yield the folders of an organization that lie so deep; `*` stands for any name, `YYYY-MM` for a billing period.

    Links are none.
    """
    found: Iterable[Path] = [organization_folder(organization_id)]
    for name in names:
        found = [inner for outer in found for inner in _inside(outer, name)]
    yield from found


def _inside(folder: Path, name: str) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        is_named = name in {"*", path.name} or (name == "YYYY-MM" and PERIOD.fullmatch(path.name))
        if is_named and path.is_dir() and not path.is_symlink():
            yield path


def last_change(path: Path) -> datetime:
    """Return when a file, or anything in a folder, was last written or moved to where it is."""
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    return datetime.fromtimestamp(max(_changed(one) for one in paths), tz=UTC)


def _changed(path: Path) -> float:
    try:
        found = path.lstat()
    except FileNotFoundError:  # gone in the meantime: somebody is at work here
        return datetime.now(tz=UTC).timestamp()
    return max(found.st_mtime, found.st_ctime)


def unnamed(found: Iterable[Path], *, root: Path, before: datetime, named: Callable[[], Collection[str]]) -> list[Path]:
    """Return those of the folders that have not changed since and that no record names.

    `named` gives their names within `root`. It is asked after the folders are looked at, so that none is missing there
    whose record was just written.
    """
    old = [path for path in found if last_change(path) < before]
    names = set(named()) if old else set()
    return [path for path in old if str(path.relative_to(root)) not in names]


def remove(organization_id: UUID, paths: Iterable[Path]) -> int:
    """Remove files and folders of an organization, each at once for whoever looks, and return how many."""
    count = 0
    for path in paths:
        trash = organization_folder(organization_id) / "scratch"
        trash.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=trash, prefix="removed-", ignore_cleanup_errors=True) as folder:
            path.rename(Path(folder) / path.name)
        logger.info("lake.removed", organization=str(organization_id), path=str(path))
        count += 1
    return count


def tidy_scratch(organization_id: UUID, *, before: datetime) -> int:
    """Remove what killed processes were working on, and return how many folders and files it was."""
    root = organization_folder(organization_id)
    incoming = (root / "raw").glob(INCOMING)
    found = [*folders(organization_id, "scratch", "*"), *(path for path in incoming if path.is_file())]
    return remove(organization_id, unnamed(found, root=root, before=before, named=set))
