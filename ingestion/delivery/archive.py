"""Keeping what was fetched, under the SHA-256 of its bytes, before anything of it is read."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Final

from ingestion.delivery.contents import ArchivedFile, DeliveredFile
from ingestion.delivery.stores import DeliveryError, Store

CHUNK_BYTES: Final = 1 << 20


def archive(store: Store, file: DeliveredFile, *, root: Path) -> ArchivedFile:
    """Store a file as `<root>/raw/<first two of sha256>/<sha256>` and return where; the same bytes are stored once.

    The final name appears only when all bytes are on disk under it.

    :raises DeliveryError: it cannot be read, or ends before its size.
    """
    raw = root / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=raw, prefix=".incoming-")
    try:
        with os.fdopen(descriptor, "wb") as target, _opened(store, file) as stream:
            sha256, size = _copy(stream, target)
            target.flush()
            os.fsync(target.fileno())
        if file.size is not None and size != file.size:
            raise DeliveryError(
                "changed", f"{file.path} was {file.size:,} bytes when listed and {size:,} when read. Pull again."
            )
        final = raw / sha256[:2] / sha256
        if not final.exists():
            final.parent.mkdir(exist_ok=True)
            Path(temporary).replace(final)
            _sync_folder(final.parent)
        return ArchivedFile(name=file.path, path=final, sha256=sha256, size=size, dataset=file.dataset)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _opened(store: Store, file: DeliveredFile) -> AbstractContextManager[BinaryIO]:
    if file.content is not None:
        return io.BytesIO(file.content)
    return store.open(file.path, version=file.version)


def _copy(stream: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
