"""Write numbered gzip files of at most a million lines each, the same bytes for the same lines. Pure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from isal import igzip

LINES_PER_FILE: Final = 1_000_000
FAST: Final = 1
"""The compression level of isal that costs least; 0 does not compress."""


class NumberedFiles:
    """The data files of one delivery; `path` gives the place of each by its number from 1."""

    def __init__(self, path: Callable[[int], Path], *, header: bytes) -> None:
        self.paths: list[Path] = []
        self._path = path
        self._header = header
        self._lines = LINES_PER_FILE
        self._raw: IO[bytes] | None = None
        self._packed: Any = None

    def __enter__(self) -> NumberedFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def write(self, text: bytes | memoryview, *, lines: int) -> None:
        """Write whole lines, in a new file when the present one would grow too long."""
        if self._lines + lines > LINES_PER_FILE:
            self._next()
        self._packed.write(text)
        self._lines += lines

    def _next(self) -> None:
        self._close()
        path = self._path(len(self.paths) + 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = path.open("wb")
        # No file name and no time, so that the bytes depend on the content alone.
        self._packed = igzip.GzipFile(filename="", mode="wb", compresslevel=FAST, fileobj=self._raw, mtime=0)
        self._packed.write(self._header)
        self._lines = 0
        self.paths.append(path)

    def _close(self) -> None:
        if self._raw is not None:
            self._packed.close()
            self._raw.close()
            self._raw = None
