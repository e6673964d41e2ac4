"""Connecting a service in the browser: what is chosen from a list, and which address its key goes to."""

import pytest
from django.urls import reverse

from ingestion.models import BillSource
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.setting_fields import choices_of
from tests.conftest import member
from tests.fakes.bigquery import DATASET, PROJECT, BigQuery, bigquery, key_json
from tests.fakes.billing_exports import standard_table, usage
from tests.fakes.cost_management import SCOPE, CostManagement, azure
from tests.fakes.datadog import datadog
from tests.fakes.entra import PRINCIPAL
from tests.fakes.tls import certificate

GIVEN = {"name": "Monitoring", "site": "datadoghq.eu", "api_key": "sesame", "application_key": "open"}


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


def connect(client, **changes):
    return client.post(reverse("source_connect", args=["datadog"]), {**GIVEN, **changes})


def only_source(organization):
    with tenant(organization.id):
        return BillSource.objects.get()


def test_a_service_is_connected_and_tested_with_its_keys(owner, acme, settings):
    settings.PRIVATE_ENDPOINTS = True
    with datadog(historical={}, estimated={}) as fake:
        drafted = connect(owner, endpoint_url=fake.url)
        seen = owner.post(drafted.url).content.decode()

    assert "Works" in seen
    assert fake.url in seen
    assert only_source(acme).settings["site"] == "datadoghq.eu"
    assert "sesame" not in seen


def test_an_export_in_bigquery_is_connected_with_its_key_and_its_test_tells_what_it_saw(owner, acme, settings):
    settings.PRIVATE_ENDPOINTS = True
    table = standard_table(usage(), usage())
    with bigquery(BigQuery({"gcp_billing_export_v1_A": table})) as fake:
        given = {
            "name": "Cloud", "project": PROJECT, "dataset": DATASET, "endpoint_url": fake.url, "most_gib": "5",
            "service_account_key": key_json(fake.url), "first_month": "2026-09",
        }  # fmt: skip
        drafted = owner.post(reverse("source_connect", args=["gcp_bigquery"]), given)
        seen = owner.post(drafted.url).content.decode()

    assert "Works" in seen
    assert "acme-billing.exports.gcp_billing_export_v1_A, the standard export, in EU" in seen
    assert "<dt>Rows of 2026-10</dt>" in seen
    assert only_source(acme).settings["most_gib"] == "5"
    assert "PRIVATE KEY" not in seen


def test_a_setting_that_is_one_of_few_is_chosen_from_a_list(owner):
    page = owner.get(reverse("source_connect", args=["datadog"])).content.decode()

    assert '<option value="us5.datadoghq.com">us5.datadoghq.com</option>' in page


def test_a_setting_begins_as_what_it_is_unless_somebody_says_otherwise(owner):
    page = owner.get(reverse("source_connect", args=["opencost"])).content.decode()

    assert '<option value="elsewhere" selected>elsewhere</option>' in page
    assert 'name="currency" value="USD"' in page
    assert "Address" in page


def test_the_address_of_the_site_chosen_is_shown(owner, acme):
    connect(owner)

    page = owner.get(reverse("source_test", args=[only_source(acme).id])).content.decode()

    assert "https://api.datadoghq.eu" in page


@pytest.mark.parametrize("changes", [{"site": "evil.example"}, {"site": ""}, {"application_key": ""}])
def test_what_is_no_choice_or_missing_is_told_and_not_saved(owner, acme, changes):
    assert connect(owner, **changes).status_code == 422
    with tenant(acme.id):
        assert not BillSource.objects.exists()


def test_a_stored_key_does_not_follow_to_another_site(owner, acme):
    connect(owner)
    moved = owner.post(
        reverse("source_settings", args=[only_source(acme).id]),
        {**GIVEN, "site": "us3.datadoghq.com", "api_key": "", "application_key": ""},
    )

    assert "enter the secret again" in moved.content.decode()
    assert only_source(acme).settings["site"] == "datadoghq.eu"


def test_text_of_any_kind_is_no_choice():
    assert choices_of(str | None) == ()


def test_azure_is_asked_what_a_scope_cost_before_it_is_connected(owner, acme, settings, monkeypatch, tmp_path):
    settings.PRIVATE_ENDPOINTS = True
    files = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.certificate))
    with azure(CostManagement(spent=(("12.5", 20261101, "EUR"),)), files) as fake:
        told = {"name": "Azure", "scope": SCOPE, "costs": "actual and amortized", **PRINCIPAL}
        addresses = {"endpoint_url": fake.url, "authority_url": fake.url}
        drafted = owner.post(reverse("source_connect", args=["azure_api"]), {**told, **addresses})
        seen = owner.post(drafted.url).content.decode()

    assert "Works" in seen
    assert f"{SCOPE} has cost 12.50 EUR this month so far" in seen
    assert set(only_source(acme).sealed_secrets) == {"client_secret"}
    assert PRINCIPAL["client_secret"] not in seen


def test_the_scope_that_is_asked_is_shown(owner, acme):
    told = {"name": "Azure", "scope": SCOPE, "costs": "actual", **PRINCIPAL}
    drafted = owner.post(reverse("source_connect", args=["azure_api"]), told)

    assert f"https://management.azure.com{SCOPE}" in owner.get(drafted.url).content.decode()
