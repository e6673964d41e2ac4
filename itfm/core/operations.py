"""Migration operations that put a table under its tenant's protection."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from itfm.core.tenancy import TenantForeignKey

IN_TENANT = "{column} = (SELECT itfm_current_organization())"


class ProtectTenant(Operation):
    """Force row-level security on a model's table and tie its foreign keys to the tenant.

    `also_visible` is a further SQL condition under which a row may be read, never written.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, name: str, *, column: str = "organization_id", also_visible: str = "") -> None:
        self.name = name
        self.column = column
        self.also_visible = also_visible

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Models are unchanged: policies are the database's own."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002 - Django's signature
        to_state: ProjectState,
    ) -> None:
        """Enable and force the policies and add the composite foreign keys."""
        model = to_state.apps.get_model(app_label, self.name)
        for statement in [*self._policies(model._meta.db_table), *_foreign_keys(model)]:
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,  # noqa: ARG002 - Django's signature
    ) -> None:
        """Drop the policies; dropping the table drops the foreign keys."""
        table = from_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(f'DROP POLICY IF EXISTS tenant ON "{table}"')
        schema_editor.execute(f'DROP POLICY IF EXISTS also_visible ON "{table}"')

    def describe(self) -> str:
        """Return the line `migrate` prints."""
        return f"Protect the rows of {self.name} by tenant"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to write this operation down."""
        return ("ProtectTenant", [self.name], {"column": self.column, "also_visible": self.also_visible})

    def _policies(self, table: str) -> list[str]:
        condition = IN_TENANT.format(column=self.column)
        statements = [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY tenant ON "{table}" USING ({condition}) WITH CHECK ({condition})',
        ]
        if self.also_visible:
            statements.append(f'CREATE POLICY also_visible ON "{table}" FOR SELECT USING ({self.also_visible})')
        return statements


def _foreign_keys(model: Any) -> list[str]:
    table = model._meta.db_table
    return [
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_tenant"'
        f' FOREIGN KEY (organization_id, "{field.column}")'
        f' REFERENCES "{field.related_model._meta.db_table}" (organization_id, id)'
        " DEFERRABLE INITIALLY DEFERRED"
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]


def application_role() -> str:
    """Return the role the application connects as, which owns no table."""
    return str(settings.DATABASES["default"]["USER"])
