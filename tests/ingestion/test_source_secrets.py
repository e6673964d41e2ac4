"""Keys of a source: sealed at rest, open to its own pulls only."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from ingestion.models import BillSource, ImportRun
from ingestion.services import KINDS, create_source, request_import
from ingestion.services.secrets import opened_settings, secret_names
from itfm.core.secrets import SealError
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY

SETTINGS = {
    "bucket": "bills",
    "region": "us-east-1",
    "access_key_id": ACCESS_KEY_ID,
    "secret_access_key": SECRET_ACCESS_KEY,
}


def connect(organization, **changes):
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id,
            key="payer",
            name="Payer",
            kind="aws_cur",
            settings={**SETTINGS, **changes},
            at=NOW,
        )


def opened(source):
    return opened_settings(source, source.settings, connector=KINDS[source.kind])


SECRETS = {
    "anthropic": {"api_key"},
    "azure_api": {"client_secret"},
    "azure_export": {"account_key", "client_secret", "sas_token", "secret_access_key"},
    "databricks": {"access_token"},
    "datadog": {"api_key", "application_key"},
    "focus": {"account_key", "client_secret", "sas_token", "secret_access_key"},
    "gcp_bigquery": {"service_account_key"},
    "github": {"access_token"},
    "invoice_file": {"account_key", "client_secret", "sas_token", "secret_access_key"},
    "openai": {"api_key"},
    "opencost": {"token"},
    "snowflake": {"access_token"},
}
"""Those of kinds that ask a service or read containers too; all others read a bucket or AWS with a key's secret."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_names_its_secrets(kind):
    assert secret_names(KINDS[kind].params) == SECRETS.get(kind, {"secret_access_key"})


def test_a_source_reads_with_its_key_and_stores_it_sealed(acme):
    source = connect(acme)

    assert opened(source).secret_access_key.get_secret_value() == SECRET_ACCESS_KEY
    assert "secret_access_key" not in source.settings


def test_no_table_holds_a_secret(acme):
    source = connect(acme)
    with tenant(acme.id):
        request_import(source, trigger="person", at=timezone.now())
        dumped = []
        with connection.cursor() as cursor:
            for model in apps.get_models():
                if model._meta.app_label in {"ingestion", "audit", "accounts", "notify"}:
                    cursor.execute(f'SELECT row_to_json(t)::text FROM "{model._meta.db_table}" t')
                    dumped += [row[0] for row in cursor.fetchall()]

    assert any(ACCESS_KEY_ID in text for text in dumped)
    assert not any(SECRET_ACCESS_KEY in text or SECRET_ACCESS_KEY[:12] in text for text in dumped)


def test_a_sealed_key_copied_to_another_organization_opens_nothing(acme, globex):
    source = connect(acme)
    other = connect(globex, secret_access_key="its own")
    with tenant(globex.id):
        BillSource.objects.filter(pk=other.pk).update(sealed_secrets=source.sealed_secrets)
        other.refresh_from_db()

    with pytest.raises(SealError):
        opened(other)


def test_keys_that_stood_open_are_sealed_by_the_migration_and_opened_when_it_is_undone(acme):
    migration = importlib.import_module("ingestion.migrations.0004_seal_secrets")
    with tenant(acme.id):
        source = BillSource.objects.create(
            organization=acme, key="old", name="Old", kind="aws_cur", settings=dict(SETTINGS)
        )
        ImportRun.objects.create(
            organization=acme, source=source, settings=dict(SETTINGS), trigger="person", not_before=NOW
        )

    with connection.schema_editor() as editor:
        migration.seal_secrets(apps, editor)

    with tenant(acme.id):
        source.refresh_from_db()
        assert opened(source).secret_access_key.get_secret_value() == SECRET_ACCESS_KEY
        assert "secret_access_key" not in source.settings
        assert "secret_access_key" not in ImportRun.objects.get().settings

    with connection.schema_editor() as editor:
        migration.open_secrets(apps, editor)
    with tenant(acme.id):
        source.refresh_from_db()
    assert source.settings == SETTINGS
