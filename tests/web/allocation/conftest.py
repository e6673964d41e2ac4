"""An organization with a bill one can add up by hand, its owner, and somebody without a scope."""

import pytest

from itfm.core.policy import Role
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge
from tests.conftest import member

CHARGES = [
    charge("100", on=1, tags={"team": "payments"}, service_name="EC2"),
    charge("7.5", on=1, service_name="EC2"),
    charge("3", on=3, service_name="S3", tags={"owner": "ada"}),
]


@pytest.fixture
def october(acme):
    return bill_in_force(acme, CHARGES)


@pytest.fixture
def owner(acme, client):
    user = member(acme, Role.OWNER)
    client.force_login(user)
    return user
