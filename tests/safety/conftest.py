"""Two organizations: one with a row of every kind, the other looking for them."""

import pytest

from itfm.core.policy import Role
from itfm.notify.services import _mail
from tests.conftest import member
from tests.safety.plants import plant

CANARY = "Canary-7f3a"


@pytest.fixture(autouse=True)
def tried_out(sink):
    """The site keeps its mail, so that the pages of local mail are there too."""


@pytest.fixture
def planted(acme):
    """A row of every kind in Acme, and the letter as the local mail has it."""
    rows = plant(acme, user=member(acme, Role.OWNER), word=CANARY)
    _mail(rows["notify.OutboxMessage"]).send()
    return rows


@pytest.fixture
def stranger(globex):
    """The owner of another organization."""
    return member(globex, Role.OWNER)
