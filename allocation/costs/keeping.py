"""Answers kept in Redis under the ids of the runs they stand on: runs never change. Without Redis, nothing is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeVar, cast
from uuid import UUID

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from itfm.core.tenancy import current_organization_id

logger = structlog.get_logger(__name__)
SECONDS: Final = 24 * 3600
VERSION: Final = 2
"""Rises when the shape of what is kept changes."""

Answer = TypeVar("Answer")


def kept(
    name: str, parts: object, work_out: Callable[[UUID], Answer], *, is_worth_keeping: Callable[[Answer], bool] = bool
) -> Answer:
    """Return what is kept under a name and all it depends on (by its `repr`), else work it out and keep it.

    `work_out` is given the organization of the running transaction.
    """
    organization_id = current_organization_id()
    digest = hashlib.sha256(repr((VERSION, parts)).encode()).hexdigest()
    key = f"{name}/{organization_id}/{digest}"
    found = _get(key)
    if found is not None:
        return cast("Answer", found)
    answer = work_out(organization_id)
    if is_worth_keeping(answer):
        _set(key, answer)
    return answer


def _get(key: str) -> object | None:
    try:
        found: object | None = cache.get(key)
    except RedisError as error:
        logger.warning("costs.cache_unavailable", error=str(error))
        return None
    return found


def _set(key: str, answer: object) -> None:
    try:
        cache.set(key, answer, SECONDS)
    except RedisError as error:
        logger.warning("costs.cache_unavailable", error=str(error))
