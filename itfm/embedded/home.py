"""The folder of the embedded parts: data, logs, process files and generated secrets. No Django."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from itfm.embedded.accounts import Account, give, is_reachable, server_account

Say = Callable[[str], None]
"""Takes one line for the person at the terminal."""

SYSTEM_DATA: Final = Path("/var/lib")


@dataclass(frozen=True)
class Secrets:
    """Generated once per home; kept in a file only its owner can read."""

    admin_password: str
    owner_password: str
    application_password: str
    redis_password: str
    secret_key: str


@dataclass(frozen=True)
class Home:
    """Where everything of one installation lies, and the account its servers run under."""

    folder: Path
    servers: Path
    """Holds the data of Postgres and Redis; inside `folder` unless the account cannot enter that."""
    account: Account | None
    secrets: Secrets

    @property
    def run(self) -> Path:
        """Return the folder of locks and pid files."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """Return the folder of log files."""
        return self.folder / "logs"


def default_folder() -> Path:
    """Return `ITFM_HOME`, or `.itfm` in the current folder."""
    return Path(os.environ.get("ITFM_HOME") or ".itfm").resolve()


def open_home(folder: Path, *, say: Say) -> Home:
    """Return the home in a folder, made where it is missing; nobody else can read what is in it."""
    folder = folder.resolve()
    account = server_account()
    folder.mkdir(parents=True, exist_ok=True)
    # The servers' account must pass through the folder, yet list nothing in it.
    folder.chmod(0o711 if account else 0o700)
    for name in ("run", "logs", "mail", "lake"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    servers = _servers_folder(folder, account, say=say)
    return Home(folder, servers, account, _secrets(folder / "secrets.json"))


def private_folder(path: Path, account: Account | None) -> Path:
    """Make a folder that only the servers' account can read."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    give(path, account)
    return path


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    give(Path(temporary), account)
    Path(temporary).replace(path)


def _servers_folder(folder: Path, account: Account | None, *, say: Say) -> Path:
    """Return where the servers keep their data, elsewhere when their account cannot enter the home."""
    record = folder / "servers.path"
    if record.exists():
        return private_folder(Path(record.read_text(encoding="utf-8").strip()), account)
    inside = folder / "servers"
    if is_reachable(inside, account) or account is None:
        return private_folder(inside, account)
    parent = SYSTEM_DATA if os.access(SYSTEM_DATA, os.W_OK) else Path(tempfile.gettempdir())
    elsewhere = private_folder(Path(tempfile.mkdtemp(prefix="itfm-", dir=parent)), account)
    say(f"The user {account.name} cannot enter {folder}: Postgres and Redis keep their data in {elsewhere}.")
    write_private(record, f"{elsewhere}\n")
    return elsewhere


def _secrets(file: Path) -> Secrets:
    """Return the secrets in a file, made when there is none."""
    if not file.exists():
        made = Secrets(**{field.name: secrets.token_urlsafe(48) for field in fields(Secrets)})
        write_private(file, json.dumps(asdict(made), indent=2))
    return Secrets(**json.loads(file.read_text(encoding="utf-8")))
