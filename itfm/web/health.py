"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from itfm.accounts.access import public


@public
@require_GET
def alive(_request: HttpRequest) -> HttpResponse:
    """Answer: the process runs."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_GET
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when Postgres, its schema and Redis are there, otherwise 503 with what is missing."""
    checks = {"database": _database(), "cache": _cache()}
    is_ready = all(problem == "" for problem in checks.values())
    return JsonResponse({name: problem or "ok" for name, problem in checks.items()}, status=200 if is_ready else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "does not answer"
    return f"{len(missing)} migrations are not applied" if missing else ""


def _cache() -> str:
    try:
        cache.get("ready")
    except (RedisError, OSError):
        return "does not answer"
    return ""
