"""Reading a folder and an S3 bucket through one small protocol. Pure but for the reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.delivery.contents import DeliveredFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DeliveryError(Exception):
    """What a source points at could not be read. `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Store(Protocol):
    """A place that holds delivered files; paths are '/'-separated and relative to it."""

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return all files by path.

        :raises DeliveryError: the place cannot be listed.
        """
        ...

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open a file for reading from its start.

        :raises DeliveryError: the file cannot be read.
        """
        ...


@dataclass(frozen=True)
class FolderStore:
    """A folder, or a single file (then the store holds just that)."""

    root: Path

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return all files by path; what begins with a dot or an underscore belongs to some tool and is left out."""
        if not self.root.exists():
            raise DeliveryError("not_found", f"There is no file or folder {self.root}. Check the path.")
        if self.root.is_file():
            return (self._file(self.root, self.root.name),)
        found = []
        for path in self.root.rglob("*"):
            parts = path.relative_to(self.root).parts
            if path.is_file() and not any(part.startswith((".", "_")) for part in parts):
                found.append(self._file(path, "/".join(parts)))
        return tuple(sorted(found, key=lambda file: file.path))

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file of this folder."""
        base = self.root.parent if self.root.is_file() else self.root
        place = (base / path).resolve()
        if not place.is_relative_to(base.resolve()):
            raise DeliveryError("outside", f"{path} lies outside {base} and was not read.")
        try:
            with place.open("rb") as stream:
                yield stream
        except OSError as error:
            raise DeliveryError("unreadable", f"{path} could not be read: {error.strerror}.") from error

    @staticmethod
    def _file(path: Path, name: str) -> DeliveredFile:
        status = path.stat()
        return DeliveredFile(path=name, size=status.st_size, version=f"{status.st_size}-{status.st_mtime_ns}")


@dataclass(frozen=True)
class S3Store:
    """The objects of a bucket under a prefix; paths are relative to the prefix."""

    client: S3Client
    bucket: str
    prefix: str = ""

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return all objects by path, but for the empty ones that stand for folders."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._base)
        try:
            return tuple(
                DeliveredFile(
                    path=entry["Key"].removeprefix(self._base), size=entry["Size"], version=entry["ETag"].strip('"')
                )
                for page in pages
                for entry in page.get("Contents", [])
                if not entry["Key"].endswith("/")
            )
        except (ClientError, BotoCoreError) as error:
            raise self._refused(error) from error

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open an object of this bucket."""
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=f"{self._base}{path}")["Body"]
            try:
                # botocore's StreamingBody reads like a binary file without being declared as one.
                yield body  # type: ignore[misc]
            finally:
                body.close()
        except (ClientError, BotoCoreError) as error:
            raise self._refused(error) from error

    @property
    def _base(self) -> str:
        prefix = self.prefix.strip("/")
        return f"{prefix}/" if prefix else ""

    def _refused(self, error: ClientError | BotoCoreError) -> DeliveryError:
        return DeliveryError(
            "unreachable",
            f"The bucket {self.bucket} could not be read: {error} Check bucket, region, role and permissions.",
        )
