"""Who may do what: one table of permissions and roles. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, get_args


class Role(StrEnum):
    """What a member is in an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    FINANCE = "finance"
    ENGINEER = "engineer"
    VIEWER = "viewer"
    AUDITOR = "auditor"


Permission = Literal[
    "overview.read",
    "bills.read",
    "bills.pull",
    "members.read",
    "members.invite",
]

ALLOWED: Final[dict[Permission, frozenset[Role]]] = {
    "overview.read": frozenset(Role),
    "bills.read": frozenset({Role.OWNER, Role.ADMIN, Role.FINANCE, Role.AUDITOR}),
    "bills.pull": frozenset({Role.OWNER, Role.ADMIN, Role.FINANCE}),
    "members.read": frozenset({Role.OWNER, Role.ADMIN, Role.AUDITOR}),
    "members.invite": frozenset({Role.OWNER, Role.ADMIN}),
}

SEES_EVERYTHING: Final = frozenset({Role.OWNER, Role.ADMIN, Role.FINANCE, Role.AUDITOR})
"""Roles that see the cost of the whole organization; the others see what their scopes name."""


def is_allowed(role: Role, permission: Permission) -> bool:
    """Return whether members of this role hold the permission."""
    return role in ALLOWED[permission]


if set(ALLOWED) != set(get_args(Permission)):
    raise RuntimeError("Every permission needs its roles.")
