"""Every table is a tenant's and protected, or is named here with its reason."""

import pytest
from django.apps import apps
from django.db import connection, connections

from itfm.core.tenancy import TenantForeignKey

OURS = {"accounts", "audit", "notify", "ingestion", "allocation", "showback", "core", "web", "api", "cli"}
SHARED_TABLES = {
    "accounts_user": "people, who may belong to several organizations",
    "accounts_user_groups": "Django's permissions of people; unused",
    "accounts_user_user_permissions": "Django's permissions of people; unused",
    "account_emailaddress": "people's addresses",
    "account_emailconfirmation": "letters that confirm addresses",
    "mfa_authenticator": "people's second factors",
    "auth_group": "Django's own; unused",
    "auth_group_permissions": "Django's own; unused",
    "auth_permission": "Django's own; unused",
    "axes_accessattempt": "failed logins",
    "axes_accessattemptexpiration": "failed logins",
    "axes_accessfailurelog": "failed logins",
    "axes_accesslog": "logins",
    "django_content_type": "Django's own",
    "django_migrations": "Django's own",
    "usersessions_usersession": "where people are logged in",
    "django_session": "sessions, by an unguessable key",
}


def rows(query, database=connection):
    with database.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def tables(database):
    return rows(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,"
        " EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'"
        "   AND p.polcmd = '*' AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL)"
        " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')",
        database,
    )


def unprotected(database=connection):
    return {name for name, is_forced, has_policy in tables(database) if not (is_forced and has_policy)}


def test_every_table_is_protected_or_shared_for_a_reason(db):
    assert unprotected() == set(SHARED_TABLES)


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_table_without_a_policy_would_be_noticed():
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("CREATE TABLE planted (organization_id uuid)")

    assert "planted" in unprotected(owner)


@pytest.mark.parametrize("model", [m for m in apps.get_models() if m._meta.app_label in OURS], ids=str)
def test_every_model_of_ours_belongs_to_an_organization(model):
    names = {field.attname for field in model._meta.local_fields}

    is_root = model._meta.label == "accounts.Organization"
    assert is_root or "organization_id" in names or model._meta.db_table in SHARED_TABLES


def test_views_materialized_or_not_are_not_used(db):
    assert (
        rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')") == []
    )


def test_unique_keys_of_tenants_start_with_the_tenant(db):
    keys = rows(
        "SELECT c.relname, i.indexrelid::regclass::text, a.attname"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND i.indisunique"
    )

    assert keys
    assert [key for key in keys if key[2] not in {"organization_id", "id"} and key[0] != "accounts_organization"] == []


def test_foreign_keys_inside_a_tenant_span_the_tenant(db):
    constrained = {
        (table, tuple(columns))
        for table, columns in rows(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY k.n) FROM pg_constraint f"
            " JOIN pg_class c ON c.oid = f.conrelid"
            " CROSS JOIN LATERAL unnest(f.conkey) WITH ORDINALITY AS k (attnum, n)"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum"
            " WHERE f.contype = 'f' GROUP BY f.oid, c.relname"
        )
    }
    fields = [
        field
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]

    assert fields
    for field in fields:
        assert (field.model._meta.db_table, ("organization_id", field.column)) in constrained, field


def test_the_application_may_not_empty_or_alter_tables(db):
    granted = rows(
        "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE grantee = current_user"
    )

    assert {privilege for (privilege,) in granted} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
