"""Two organizations: one with a row of every kind, the other looking for them."""

import pytest

from itfm.core.policy import Role
from tests.conftest import member
from tests.safety.plants import plant

CANARY = "Canary-7f3a"


@pytest.fixture
def planted(acme):
    """A row of every kind in Acme."""
    return plant(acme, user=member(acme, Role.OWNER), word=CANARY)


@pytest.fixture
def stranger(globex):
    """The owner of another organization."""
    return member(globex, Role.OWNER)
