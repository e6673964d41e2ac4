"""Reading a folder and an S3 bucket through one small protocol, which others speak too. Pure but for the reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from ingestion.delivery.contents import DeliveredFile
from ingestion.delivery.reach import PrivateAddressError

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

    def open(self, path: str, *, version: str = "") -> AbstractContextManager[BinaryIO]:
        """Open a file for reading from its start; where the place can tell, the very version that was listed.

        :raises DeliveryError: the file cannot be read, or is not that version any more.
        """
        ...


@dataclass(frozen=True)
class FolderStore:
    """A folder, or a single file (then the store holds just that)."""

    root: Path

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return all files by path; what begins with a dot or an underscore belongs to some tool and is left out.

        A link within the folder is passed over, as its file counts under its own name; one that leads out is refused.
        """
        try:
            if self.root.is_file():
                return (self._file(self.root, self.root.name),)
            if not self.root.is_dir():
                raise DeliveryError("not_found", f"There is no file or folder {self.root}. Check the path.")
            return tuple(sorted(self._walk(self.root), key=lambda file: file.path))
        except OSError as error:
            place = error.filename or self.root
            raise DeliveryError("unreadable", f"{place} could not be read: {error.strerror}.") from error

    @contextmanager
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:  # noqa: ARG002 - a folder keeps no versions
        """Open a file of this folder."""
        base = self.root.parent if self.root.is_file() else self.root
        place = (base / path).resolve()
        # A single file was named by its user, who may point at it through a link.
        if not self.root.is_file() and not place.is_relative_to(base.resolve()):
            raise DeliveryError("outside", f"{path} lies outside {base} and was not read.")
        try:
            stream = place.open("rb")
        except OSError as error:
            raise DeliveryError("unreadable", f"{path} could not be read: {error.strerror}.") from error
        with stream:
            yield stream

    def _walk(self, folder: Path) -> Iterator[DeliveredFile]:
        for place in folder.iterdir():
            if place.name.startswith((".", "_")):
                continue
            path = place.relative_to(self.root).as_posix()
            if place.is_symlink():
                if not place.resolve().is_relative_to(self.root.resolve()):
                    raise DeliveryError("outside", f"{path} leads out of {self.root}. Copy what it points to there.")
            elif place.is_dir():
                yield from self._walk(place)
            elif place.is_file():
                yield self._file(place, path)

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
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:
        """Open an object of this bucket."""
        key = f"{self._base}{path}"
        try:
            if version:
                body = self.client.get_object(Bucket=self.bucket, Key=key, IfMatch=f'"{version}"')["Body"]
            else:
                body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
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
        if isinstance(error, HTTPClientError) and isinstance(error.kwargs.get("error"), PrivateAddressError):
            return DeliveryError("private_address", f"{error.kwargs['error']} Name a public host.")
        code, advice = _cause(error)
        return DeliveryError(code, f"The bucket {self.bucket} could not be read: {error} {advice}")


def _cause(error: ClientError | BotoCoreError) -> tuple[str, str]:
    """Return the stable code of what went wrong at S3, and what to do about it."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return "no_credentials", "Give the source access keys, or run this program under a role."
    told = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    match told:
        case "NoSuchBucket":
            return "no_such_bucket", "Check the bucket's name, and the endpoint if one is set."
        case "AccessDenied" | "AllAccessDisabled" | "403":
            return "access_denied", "Permit s3:ListBucket and s3:GetObject, and kms:Decrypt for encrypted bills."
        case "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken":
            return "bad_credentials", "Check the source's access keys."
        case "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" | "301":
            return "wrong_region", "Set the region the bucket is in."
        case "NoSuchKey" | "PreconditionFailed":
            return "changed", "The file is not the one that was there when the bucket was listed. Pull again."
        case "InvalidObjectState":
            return "archived", "Restore the file from the archive storage class first."
    return "unreachable", "Check bucket, region, endpoint and network."
