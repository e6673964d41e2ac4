"""Answers kept in Redis under the ids of what they stand on, which never changes. Without Redis, nothing is kept.

Programs do change: an answer is kept under the sources it was worked out by, so that a mended figure is shown at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar, cast
from uuid import UUID

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from itfm.core.tenancy import current_organization_id

logger = structlog.get_logger(__name__)
SECONDS: Final = 24 * 3600
PROJECT: Final = Path(__file__).resolve().parents[2]

Answer = TypeVar("Answer")


def kept(
    name: str, parts: object, work_out: Callable[[UUID], Answer], *, is_worth_keeping: Callable[[Answer], bool] = bool
) -> Answer:
    """Return what is kept under a name and all it depends on (by its `repr`), else work it out and keep it.

    `work_out` is given the organization of the running transaction.
    """
    return kept_of(current_organization_id(), name, parts, work_out, is_worth_keeping=is_worth_keeping)


def kept_of(
    organization_id: UUID,
    name: str,
    parts: object,
    work_out: Callable[[UUID], Answer],
    *,
    is_worth_keeping: Callable[[Answer], bool] = bool,
) -> Answer:
    """Return the same for who knows the organization already, from a row of it, and asks for many answers."""
    # Any app may have a part in an answer, and so may what they all share.
    apps = [app.parent for app in sorted(PROJECT.glob("*/apps.py"))]
    sources = [sources_digest(package) for package in (*apps, Path(__file__).parent)]
    digest = hashlib.sha256(repr((sources, parts)).encode()).hexdigest()
    key = f"{name}/{organization_id}/{digest}"
    found = _get(key)
    if found is not None:
        return cast("Answer", found)
    answer = work_out(organization_id)
    if is_worth_keeping(answer):
        _set(key, answer)
    return answer


@lru_cache
def sources_digest(package: Path) -> str:
    """Return what the sources of a package come to, as they were when this process first asked."""
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


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
