"""Homes of the embedded stack, in folders that every user of the system may enter."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from itfm.embedded.home import open_home
from itfm.embedded.stack import Stack, remove


@contextmanager
def folder_for_homes():
    """A folder under the system's own for temporary files; pytest's is closed to the servers' user."""
    folder = Path(tempfile.mkdtemp(prefix="itfm-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for secrets in list(folder.rglob("secrets.json")):
            remove(secrets.parent)
        shutil.rmtree(folder)


@pytest.fixture
def place():
    """A folder for the homes of one test."""
    with folder_for_homes() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared_place():
    """A folder for a home that the tests of a module share."""
    with folder_for_homes() as folder:
        yield folder


@pytest.fixture
def stack_in(monkeypatch):
    """Return a stack of the folder that brings everything itself, whatever the tests themselves run on."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ITFM_HOME", "ITFM_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)

    def make(folder):
        return Stack(open_home(folder, say=print), say=print)

    return make
