"""Ids that Azure gives to subscriptions and everything else, made up: the same for the same name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID, uuid5

PRODUCTION: Final = "production"
OTHER: Final = "non-production"
_NAMESPACE: Final = UUID("00000000-0000-4000-8000-00000000de30")


def made_up_id(name: str) -> str:
    """Return the id of what is called so."""
    return str(uuid5(_NAMESPACE, name))


def subscription(department: str, environment: str) -> str:
    """Return the id of a department's subscription for an environment."""
    return made_up_id(f"subscription {department} {environment}")


def subscriptions(departments: Iterable[str]) -> dict[str, str]:
    """Return the names of the departments' subscriptions by their ids."""
    return {subscription(name, kind): f"{name} {kind}" for name in departments for kind in (PRODUCTION, OTHER)}
