"""Serves the few files the pages need from the npm packages, and none of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

FILES: Final = (
    ("vendor/tabler", "@tabler/core/dist/css", "tabler.min.css*"),
    ("vendor/htmx", "htmx.org/dist", "htmx.min.js*"),
    ("vendor/plotly", "plotly.js-cartesian-dist-min", "plotly-cartesian.min.js"),
    ("vendor/sortable", "sortablejs", "Sortable.min.js"),
    ("vendor/inter", "@fontsource-variable/inter", "wght.css"),
    ("vendor/inter/files", "@fontsource-variable/inter/files", "*-wght-normal.woff2"),
)
"""Prefix under which files are served, their folder in `node_modules`, and a pattern of their names."""


class PackageFinder(BaseFinder):
    """Finds static files in `node_modules`; without the packages installed it finds none."""

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:  # noqa: FBT001, FBT002 - Django's
        """Return where a served file lies; nothing when it is not one of ours."""
        prefix, _, name = path.rpartition("/")
        found = [
            str(folder / name)
            for served, folder, pattern in _folders()
            if served == prefix and Path(name).match(pattern) and (folder / name).is_file()
        ]
        return found if find_all else next(iter(found), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield every file's name with the storage that reads it."""
        ignored = list(ignore_patterns or ())
        for prefix, folder, pattern in _folders():
            storage = FileSystemStorage(location=folder)
            # Django's own finders say in the same way where the files go.
            storage.prefix = prefix  # type: ignore[attr-defined]
            for file in sorted(folder.glob(pattern)):
                if not matches_patterns(file.name, ignored):
                    yield file.name, storage


def _folders() -> Iterator[tuple[str, Path, str]]:
    packages = Path(settings.BASE_DIR) / "node_modules"
    return ((prefix, packages / folder, pattern) for prefix, folder, pattern in FILES)
