"""The organization of a request never mixes with another's, whatever shares its connections or fails half way."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.db import connection, connections, transaction
from django.http import HttpResponse

from ingestion.models import BillSource
from itfm.accounts.access import SESSION_KEY, allow
from itfm.accounts.models import Membership, User
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant

THREADS, CONNECTIONS, TENANTS = 32, 2, 50


class PlannedError(Exception):
    """What goes wrong on purpose."""


@allow("overview.read")
def probe(request, *, fails):
    """Read the organization's rows, note a use, and perhaps fail before or after."""
    if fails == "before":
        raise PlannedError
    seen = set(BillSource.objects.values_list("name", flat=True))
    BillSource.objects.update(kind="focus")
    if fails == "database":
        BillSource.objects.create(organization=request.organization, key="k", name="twice", kind="focus")
    if fails == "after":
        raise PlannedError
    return HttpResponse(",".join(sorted(seen)))


@pytest.fixture
def pooled(committed_db, settings):
    """Two connections for everybody."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {
        **options,
        "pool": {"min_size": CONNECTIONS, "max_size": CONNECTIONS, "timeout": 120},
    }
    yield
    connection.close()
    connection.close_pool()
    connection.settings_dict["OPTIONS"] = options


@pytest.fixture
def tenants(pooled):
    """Fifty organizations, each with a person and a source of its own name."""
    made = []
    for number in range(TENANTS):
        organization = create_organization(f"Tenant {number}", slug=f"t{number}")
        user = User.objects.create_user(f"person{number}@example.com")
        with tenant(organization.id):
            Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
            BillSource.objects.create(organization=organization, key="k", name=f"source {number}", kind="focus")
        made.append((organization, user, f"source {number}"))
    return made


def ask_many(tenants, *, count, seed):
    """Return what was seen that should not have been, and how many requests failed as planned."""
    chance, wrong, failed = random.Random(seed), [], 0
    try:
        for _ in range(count):
            organization, user, expected = chance.choice(tenants)
            fails = chance.choice(["", "", "", "before", "after", "database"])
            request = SimpleNamespace(user=user, session={SESSION_KEY: str(organization.id)})
            try:
                seen = probe(request, fails=fails).content.decode()
            except Exception:  # noqa: BLE001 - the planned one and the database's
                failed += 1
                continue
            finally:
                connections["default"].close()
            if seen != expected or fails:
                wrong.append((expected, seen))
            if BillSource.objects.exists():
                wrong.append(("nothing outside of a request", expected))
    finally:
        connections["default"].close()
    return wrong, failed


def check(tenants, *, count, first_seed=0):
    each = count // THREADS
    seeds = range(first_seed, first_seed + THREADS)
    with ThreadPoolExecutor(THREADS) as workers:
        results = list(workers.map(lambda seed: ask_many(tenants, count=each, seed=seed), seeds))
    assert [problem for wrong, _ in results for problem in wrong] == []
    failed = sum(failed for _, failed in results)
    assert count * 0.3 < failed < count * 0.7


def test_thousands_of_requests_over_two_connections_see_their_own_rows(tenants):
    check(tenants, count=3_200)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_ten_times_ten_thousand_requests_over_two_connections_see_their_own_rows(tenants, part):
    check(tenants, count=10_016, first_seed=1000 * part)  # 313 for each thread


def test_a_context_of_the_connection_instead_of_the_transaction_is_caught(tenants, monkeypatch):
    """The control: without it the tests above could not fail."""

    @contextmanager
    def leaking(setting, value):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", [setting, value])
            yield

    monkeypatch.setattr("itfm.core.tenancy._transaction_with", leaking)

    with pytest.raises(AssertionError):
        check(tenants, count=320)
