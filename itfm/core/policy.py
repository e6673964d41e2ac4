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
    "costs.read",
    "views.write",
    "bills.read",
    "bills.pull",
    "invoices.write",
    "sources.write",
    "rules.read",
    "rules.write",
    "drivers.write",
    "showback.read",
    "showback.write",
    "organization.read",
    "organization.write",
    "organization.transfer",
    "organization.close",
    "members.read",
    "members.invite",
    "members.write",
    "keys.read",
    "keys.write",
    "audit.read",
]

_EVERYBODY: Final = frozenset(Role)
_ADMINS: Final = frozenset({Role.OWNER, Role.ADMIN})
_OFFICE: Final = _ADMINS | {Role.FINANCE}
_CONTROL: Final = _OFFICE | {Role.AUDITOR}

ALLOWED: Final[dict[Permission, frozenset[Role]]] = {
    "overview.read": _EVERYBODY,
    "costs.read": _EVERYBODY,
    "views.write": _EVERYBODY - {Role.AUDITOR},
    "bills.read": _CONTROL,
    "bills.pull": _OFFICE,
    "invoices.write": _OFFICE,
    "sources.write": _ADMINS,
    "rules.read": _CONTROL,
    "rules.write": _ADMINS,
    "drivers.write": _OFFICE,
    "showback.read": _EVERYBODY,
    "showback.write": _OFFICE,
    "organization.read": _EVERYBODY,
    "organization.write": _ADMINS,
    "organization.transfer": frozenset({Role.OWNER}),
    "organization.close": frozenset({Role.OWNER}),
    "members.read": _ADMINS | {Role.AUDITOR},
    "members.invite": _ADMINS,
    "members.write": _ADMINS,
    "keys.read": _ADMINS | {Role.AUDITOR},
    "keys.write": _ADMINS,
    "audit.read": _ADMINS | {Role.AUDITOR},
}

SEES_EVERYTHING: Final = _CONTROL
"""Roles that see the cost of the whole organization; the others see what their scopes name."""

SHOWS_ALL_COST: Final[frozenset[Permission]] = frozenset({"bills.read", "invoices.write", "rules.read"})
"""Permissions that show sums over the whole organization; a key that sees only a part does not hold them."""


def is_allowed(role: Role, permission: Permission) -> bool:
    """Return whether members of this role hold the permission."""
    return role in ALLOWED[permission]


if set(ALLOWED) != set(get_args(Permission)):
    raise RuntimeError("Every permission needs its roles.")
