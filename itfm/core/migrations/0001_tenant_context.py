"""What every later table relies on: the tenant of a transaction, and the application role's rights."""

from django.db import migrations

from itfm.core.operations import application_role

FUNCTIONS = """
CREATE FUNCTION itfm_current_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('itfm.organization', true), '')::uuid $$;
CREATE FUNCTION itfm_current_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('itfm.user', true), '')::bigint $$;
CREATE FUNCTION itfm_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('itfm.system', true), '') = 'on' $$;
"""


def grant(apps, schema_editor):
    """Let the application role read and write rows, and nothing else; it owns no table."""
    role = schema_editor.quote_name(application_role())
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT ON django_migrations TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    initial = True
    # Default privileges reach only tables made after them.
    run_before = [
        ("contenttypes", "0001_initial"),
        ("sessions", "0001_initial"),
        ("axes", "0001_initial"),
    ]
    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RunSQL(
            FUNCTIONS,
            "DROP FUNCTION itfm_current_organization(); DROP FUNCTION itfm_current_user(); DROP FUNCTION itfm_is_system();",
        ),
    ]
