"""Row-level security holds by itself: no filter of the application stands between these statements and the rows."""

import json
from contextlib import nullcontext
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.utils import ProgrammingError

from ingestion.models import BillSource
from itfm.accounts.services import create_organization
from itfm.core.tenancy import acting_user, system, tenant
from tests.safety.plants import KEPT_BY_THE_DATABASE, tenant_models

READABLE = {
    # Rounds over all organizations see their ids and names, nothing else.
    ("system", "accounts_organization"),
    # Whose turn it is at the workers can only be told by who sees which jobs wait; they hold names of tasks and ids.
    ("system", "core_job"),
}
CONTEXTS = ("nowhere", "system", "foreign", "foreign person")


def relations():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND a.attname = 'organization_id' ORDER BY c.relname"
        )
        return [("organization_id", name) for (name,) in cursor.fetchall()] + [("id", "accounts_organization")]


def context(name, *, globex, stranger):
    return {
        "nowhere": nullcontext,
        "system": system,
        "foreign": lambda: tenant(globex.id),
        "foreign person": lambda: acting_user(stranger.pk),
    }[name]()


def run(statement, *values):
    """Return how many rows a statement reached, or that the database refused it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.rowcount
    except ProgrammingError as error:
        if "row-level security" in str(error) or "permission denied" in str(error):
            return "refused"
        raise


def test_every_relation_of_a_tenant_has_a_row_to_look_for(acme, planted):
    with tenant(acme.id):
        empty = [
            table for column, table in relations() if not run(f'SELECT 1 FROM "{table}" WHERE {column} = %s', acme.id)
        ]

    assert empty == []
    assert {model._meta.label for model in tenant_models()} | KEPT_BY_THE_DATABASE <= {*planted, *KEPT_BY_THE_DATABASE}


@pytest.mark.parametrize("where", CONTEXTS)
def test_no_relation_shows_takes_changes_or_loses_a_row_from_elsewhere(acme, globex, planted, stranger, where):
    reached = []
    for column, table in relations():
        with tenant(acme.id), connection.cursor() as cursor:
            cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" AS t WHERE {column} = %s LIMIT 1', [acme.id])
            (row,) = cursor.fetchone()
            copy = row if isinstance(row, dict) else json.loads(row)
            copy["id"] = acme.id.hex if column == "id" else str(uuid4())
        with context(where, globex=globex, stranger=stranger):
            seen = run(f'SELECT 1 FROM "{table}" WHERE {column} = %s', acme.id)
            changed = run(f'UPDATE "{table}" SET {column} = {column} WHERE {column} = %s', acme.id)
            lost = run(f'DELETE FROM "{table}" WHERE {column} = %s', acme.id)
            added = run(
                f'INSERT INTO "{table}" SELECT * FROM jsonb_populate_record(NULL::"{table}", %s::jsonb)',
                json.dumps(copy),
            )
        expected = 1 if (where, table) in READABLE else 0
        if seen != expected or changed not in (0, "refused") or lost not in (0, "refused") or added != "refused":
            reached.append((table, seen, changed, lost, added))

    assert reached == []


def test_a_relation_without_its_policy_is_caught(committed_db):
    """The control: one table opened as its owner could, and the questions above see through it."""
    acme, globex = create_organization("Acme", slug="acme"), create_organization("Globex", slug="globex")
    with tenant(acme.id):
        BillSource.objects.create(organization=acme, key="k", name="Canary", kind="focus")
    with connections["owner"].cursor() as owner:
        owner.execute("ALTER TABLE ingestion_billsource DISABLE ROW LEVEL SECURITY")
        try:
            with tenant(globex.id):
                seen = run("SELECT 1 FROM ingestion_billsource WHERE organization_id = %s", acme.id)
        finally:
            owner.execute("ALTER TABLE ingestion_billsource ENABLE ROW LEVEL SECURITY")

    assert seen == 1
    with tenant(globex.id):
        assert run("SELECT 1 FROM ingestion_billsource WHERE organization_id = %s", acme.id) == 0


def test_nothing_but_the_database_holds_rows_apart(acme, globex, planted):
    """No manager filters by organization: what the walks find missing, row-level security withheld."""
    with tenant(acme.id):
        filtered = [
            model._meta.label for model in tenant_models() if "WHERE" in str(model._default_manager.all().query)
        ]

    assert filtered == []


def test_no_row_can_be_given_to_another_organization(acme, globex, planted):
    given = []
    with tenant(acme.id):
        for column, table in relations():
            if column == "organization_id":
                outcome = run(f'UPDATE "{table}" SET organization_id = %s', globex.id)
                given += [] if outcome == "refused" else [(table, outcome)]

    assert given == []


@pytest.mark.parametrize("statement", ["SET row_security = off", "SET ROLE postgres", "RESET ROLE"])
def test_the_application_cannot_step_out_of_its_role(acme, planted, statement):
    seen = 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("SELECT 1 FROM ingestion_billsource")
            seen = cursor.rowcount
    except DatabaseError:
        return  # refused

    assert seen == 0
