"""How much a caller and an organization may ask in a minute, so that nobody slows the others down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from itfm.api.callers import Caller
from itfm.api.problems import ProblemError

logger = structlog.get_logger(__name__)
WINDOW_SECONDS: Final = 60


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What is left of one limit in the running window."""

    name: str
    limit: int
    used: int
    resets_in: int

    @property
    def left(self) -> int:
        """How many requests still go through."""
        return max(self.limit - self.used, 0)


def take(caller: Caller) -> dict[str, str]:
    """Count one request against the caller's limit and its organization's, and return the headers that tell of them.

    :raises ProblemError: one of them is used up.
    """
    organization_id = caller.membership.organization_id
    allowances = [
        _count("caller", f"{organization_id}/{caller.identity}", limit=settings.API_REQUESTS_PER_CALLER),
        _count("organization", str(organization_id), limit=settings.API_REQUESTS_PER_ORGANIZATION),
    ]
    headers = {
        "RateLimit-Policy": ", ".join(f'"{one.name}";q={one.limit};w={WINDOW_SECONDS}' for one in allowances),
        "RateLimit": ", ".join(f'"{one.name}";r={one.left};t={one.resets_in}' for one in allowances),
    }
    over = next((one for one in allowances if one.used > one.limit), None)
    if over is not None:
        detail = (
            f"More than {over.limit} requests a minute for this {over.name}. Try again in {over.resets_in} seconds."
        )
        raise ProblemError("rate_limited", detail, headers={**headers, "Retry-After": str(over.resets_in)})
    return headers


def _count(name: str, who: str, *, limit: int) -> Allowance:
    now = int(time.time())
    window, second = divmod(now, WINDOW_SECONDS)
    key = f"api-limit/{name}/{who}/{window}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        used = cache.incr(key)
    except (RedisError, ValueError) as error:
        # Without the counters everybody is served: a limit must not be what takes the service down.
        logger.warning("api.limit_not_counted", error=str(error))
        used = 0
    return Allowance(name=name, limit=limit, used=used, resets_in=WINDOW_SECONDS - second)
