"""Sites of a test's own."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.site import Site


@contextmanager
def new_site():
    """A site in a folder that every user of the system may enter."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="itfm-kills-") as folder:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ITFM_HOME"):
            patch.delenv(name, raising=False)
        Path(folder).chmod(0o755)
        site = Site(Path(folder) / "home")
        try:
            yield site
        finally:
            site.close()


@pytest.fixture
def site():
    """A site for one test, which may leave it in any state."""
    with new_site() as site:
        yield site
