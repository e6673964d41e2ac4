"""What a provider delivered for one bill, as found before anything of it is read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from ingestion.focus.findings import Finding

ManifestKind = Literal["none", "cur", "data_export", "cost_export"]


@dataclass(frozen=True, kw_only=True)
class DeliveredFile:
    """A file in a store by its key. `version` changes whenever its bytes may have (an ETag or a time).

    `size` is None where only reading tells; the version is "" where nothing tells whether the bytes have changed.
    `dataset` says what the file holds where its bill is made of several exports; "" when nothing tells. `content` is
    what the file holds, where it came with the listing. One that `is_as_before` could not be asked for: the file of
    this path that the bill in force was read with stands for it, and where there is none, the file is left out.
    """

    path: str
    size: int | None
    version: str
    dataset: str = ""
    content: bytes | None = field(default=None, repr=False)
    is_as_before: bool = False

    @property
    def name(self) -> str:
        """The path's last part."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class ArchivedFile:
    """A delivered file, stored under the SHA-256 of its bytes. `name` is how findings call it."""

    name: str
    path: Path
    sha256: str
    size: int
    dataset: str = ""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The files that make up one bill now.

    `billing_period` is the first day of the month, None when only the rows can tell. `missing` are files that the
    manifest names and the store does not have: the delivery is not complete and must wait. `ignored` are data files
    beside them that the manifest does not name. `dataset` is what the manifest says it is an export of, "" when it does
    not; `notes` are further findings about the files. `refusals` are findings about what else was asked for and not
    told, which each pull tells, whether it changes something or not. `is_asked_for` means that a service told the
    charges of this month when it was asked, and may have none. `seen` are facts, by name, that a test of the connection
    tells.
    """

    name: str
    manifest: ManifestKind
    billing_period: date | None
    files: tuple[DeliveredFile, ...]
    missing: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    dataset: str = ""
    notes: tuple[Finding, ...] = ()
    refusals: tuple[Finding, ...] = ()
    is_asked_for: bool = False
    seen: tuple[tuple[str, str], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every file that the manifest names is there."""
        return not self.missing

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth saying about the files themselves."""
        waiting = [
            Finding(
                code="file_missing",
                severity="warning",
                file=path,
                message=f"The manifest of {self.name} names {path}, which is not there yet. The bill waits for it.",
            )
            for path in self.missing
        ]
        reason = "no data file of" if self.manifest == "none" else "not named by the manifest of"
        strangers = [
            Finding(
                code="file_ignored",
                severity="warning",
                file=path,
                message=f"{path} is {reason} {self.name} and was left out.",
            )
            for path in self.ignored
        ]
        return (*waiting, *strangers, *self.notes, *self.refusals)
