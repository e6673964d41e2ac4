"""A worker that made itself ready builds no expression again."""

from allocation.engine import relations
from allocation.engine.backends.duckdb import statement
from allocation.engine.warm import warm


def test_making_ready_twice_builds_nothing_the_second_time():
    warm()
    built = statement.cache_info().misses, relations.ledger.cache_info().misses

    warm()

    assert (statement.cache_info().misses, relations.ledger.cache_info().misses) == built
