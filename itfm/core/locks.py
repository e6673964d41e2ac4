"""One at a time: locks held by a database session, which the database frees when the process dies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def single(*names: object) -> Iterator[bool]:
    """Yield whether this process now is the only one to hold the lock of that name.

    Needs a connection of its own: not a transaction pooler, and no pool.
    """
    key = _key(names)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        # A connection that broke has freed the lock already.
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def is_held(*names: object) -> bool:
    """Return whether some living process holds the lock."""
    with single(*names) as is_free:
        return not is_free


def wait_for(*names: object) -> None:
    """Wait until nobody else holds the lock of that name, and hold it until the transaction is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(names)])


def _key(names: tuple[object, ...]) -> int:
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
