"""Homes of the embedded stack, in folders that every user of the system may enter."""

import shutil
import tempfile
from pathlib import Path

import pytest

from itfm.embedded.home import open_home
from itfm.embedded.stack import Stack


@pytest.fixture
def place():
    """A folder under the system's own for temporary files; pytest's is closed to the servers' user."""
    folder = Path(tempfile.mkdtemp(prefix="itfm-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared_place():
    """The same, for the tests of one module."""
    folder = Path(tempfile.mkdtemp(prefix="itfm-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def stack_in(monkeypatch):
    """Return a stack of the folder that brings everything itself, whatever the tests themselves run on."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ITFM_HOME", "ITFM_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)

    def make(folder):
        return Stack(open_home(folder, say=print), say=print)

    return make
