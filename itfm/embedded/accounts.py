"""The account that servers run under when the command runs as root, which Postgres refuses. No Django."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

CANDIDATES: Final = ("postgres", "nobody")


class ChildUser(TypedDict, total=False):
    """The keywords of `subprocess.Popen` that change the user of a child."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


class NoAccountError(Exception):
    """Root wants to run Postgres, and the machine has no unprivileged account for it."""


def server_account() -> Account | None:
    """Return the account servers are started under; None when we are not root and nothing has to change.

    :raises NoAccountError: the machine knows neither `postgres` nor `nobody`.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise NoAccountError("Postgres does not run as root and there is no user `postgres` or `nobody`: add one.")


def child_user(account: Account | None) -> ChildUser:
    """Return the keywords that make a child run under the account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of one file or folder."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def is_reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may enter every folder above `path`."""
    if account is None:
        return True
    return all(_may_enter(folder, account) for folder in path.resolve().parents)


def _may_enter(folder: Path, account: Account) -> bool:
    try:
        facts = folder.stat()
    except OSError:
        return False
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)
