"""One tenant per transaction: whose rows the database shows and accepts.

Every tenant table has row-level security, enabled and forced. A transaction that has not entered a tenant sees no
tenant's rows. The context is set for the transaction only, so a pooled connection carries nothing to its next user.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

ORGANIZATION = "itfm.organization"
USER = "itfm.user"
SYSTEM = "itfm.system"


class NoTenantError(RuntimeError):
    """Code that needs a tenant ran outside of one."""


@contextmanager
def tenant(organization_id: UUID) -> Iterator[None]:
    """Open a transaction that sees and writes the rows of one organization."""
    with _transaction_with(ORGANIZATION, str(organization_id)):
        yield


@contextmanager
def acting_user(user_id: int) -> Iterator[None]:
    """Open a transaction in which a person's own memberships are visible, whatever the tenant."""
    with _transaction_with(USER, str(user_id)):
        yield


@contextmanager
def system() -> Iterator[None]:
    """Open a transaction that may list organizations, for work that goes round all of them."""
    with _transaction_with(SYSTEM, "on"):
        yield


def current_organization_id() -> UUID:
    """Return the organization of the running transaction.

    :raises NoTenantError: outside of `tenant`.
    """
    value = _setting(ORGANIZATION)
    if not value:
        raise NoTenantError("No organization is set for this transaction.")
    return UUID(value)


@contextmanager
def _transaction_with(setting: str, value: str) -> Iterator[None]:
    with transaction.atomic():
        previous = _setting(setting)
        _set(setting, value)
        yield
        # An exception rolls back to before the setting; only the good way out has to restore it.
        _set(setting, previous)


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [name])
        return str(cursor.fetchone()[0] or "")


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key inside a tenant.

    Its constraint, made by `ProtectTenant`, spans `(organization_id, id)`, so that no row can point at another
    tenant's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)


class TenantModel(models.Model):
    """A row that belongs to one organization."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["organization", "id"], name="%(app_label)s_%(class)s_tenant"),
        ]
