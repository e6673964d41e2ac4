"""A billing export in BigQuery: what a pull reads, what it leaves, what replaces a month, and what a test tells."""

from __future__ import annotations

from functools import partial

import pytest

from ingestion.services import draft_source, look
from itfm.core.tenancy import tenant
from tests.fakes.bigquery import DATASET, PROJECT, BigQuery, bigquery, key_json
from tests.fakes.billing_exports import standard_table, usage
from tests.ingestion import pulls
from tests.ingestion.pulls import pull

in_force = partial(pulls.in_force, currency="EUR")

TABLE = "gcp_billing_export_v1_AAAAAA_BBBBBB_CCCCCC"


@pytest.fixture(autouse=True)
def _on_this_machine(settings):
    settings.PRIVATE_ENDPOINTS = True


def connected(acme, url, **changes):
    told = {
        "project": PROJECT, "dataset": DATASET, "service_account_key": key_json(url), "endpoint_url": url,
        "first_month": "2026-09", **changes,
    }  # fmt: skip
    with tenant(acme.id):
        return draft_source(organization_id=acme.id, name="Cloud", kind="gcp_bigquery", settings=told)


def months_read(fake):
    """Return the months that were read whole since this was last asked."""
    sent = [asked.body["query"] for asked in fake.asked if asked.path.endswith("/queries")]
    fake.asked.clear()
    return [query.partition("invoice.month = '")[2][:6] for query in sent if query.startswith("SELECT *")]


def test_a_month_is_read_again_only_when_rows_of_it_were_exported_since(acme):
    rows = [usage(cost=2.0, month="202609", day="2026-09-05"), usage(cost=0.5)]
    held = BigQuery({TABLE: standard_table(*rows)})
    with bigquery(held) as fake:
        source = connected(acme, fake.url)
        assert pull(source).state == "imported"
        assert months_read(fake) == ["202609", "202610"]
        assert in_force(source) == [("2026-09", 1, "2"), ("2026-10", 1, "0.5")]

        assert pull(source).state == "unchanged"
        assert months_read(fake) == []

        held.tables[TABLE].rows.append(usage(cost=0.25, exported="2026-10-06T05:00"))
        assert pull(source).state == "imported"
        assert months_read(fake) == ["202610"]

    assert in_force(source) == [("2026-09", 1, "2"), ("2026-10", 2, "0.75")]


def test_a_test_of_the_connection_tells_the_table_and_the_last_month(acme):
    held = BigQuery({TABLE: standard_table(usage(month="202609", day="2026-09-05"), usage())})
    with bigquery(held) as fake:
        seen = look(connected(acme, fake.url))

    assert (seen.error_message, seen.deliveries, seen.first_period, seen.last_period) == ("", 2, "2026-09", "2026-10")
    assert dict(seen.facts)["Table"] == f"{DATASET}.{TABLE}, the standard export, in EU"
    assert dict(seen.facts)["Rows of 2026-10"] == "1"


def test_a_key_that_is_none_is_told_in_a_sentence(acme):
    with bigquery(BigQuery({TABLE: standard_table(usage())})) as fake:
        seen = look(connected(acme, fake.url, service_account_key="my key"))

    assert seen.error_code == "bad_credentials"
    assert seen.error_message.startswith("The service account key is no JSON.")
