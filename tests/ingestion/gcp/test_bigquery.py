"""Asking BigQuery: what is found, what a query may read, and what is said when it does not answer."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingestion.connectors.gcp_bigquery import KIND
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.gcp.queries import Scan
from ingestion.gcp.settings import BigQuerySettings
from tests.fakes.bigquery import DATASET, EMAIL, PROJECT, BigQuery, Table, bigquery, key_json, refused
from tests.fakes.billing_exports import columns, detailed_table, focus_table, standard_table, usage
from tests.fakes.service import FakeService, Told

STANDARD = "gcp_billing_export_v1_AAAAAA_BBBBBB_CCCCCC"
DETAILED = "gcp_billing_export_resource_v1_AAAAAA_BBBBBB_CCCCCC"


def settings(fake: FakeService, *, attempts: int = 1, **changes: Any) -> BigQuerySettings:
    told = {
        "project": PROJECT, "dataset": DATASET, "service_account_key": key_json(fake.url), "endpoint_url": fake.url,
        "first_month": "2026-08", **changes,
    }  # fmt: skip
    return BigQuerySettings.model_validate(told, context=Reach(allows_private=True, attempts=attempts))


def one_table(*rows: dict[str, Any], **behavior: Any) -> BigQuery:
    return BigQuery({STANDARD: standard_table(*(rows or (usage(),)))}, **behavior)


def read(told: BigQuerySettings, month: str = "2026-10") -> bytes:
    with KIND.open(told).open(f"{month}.parquet") as stream:
        return stream.read()


def queries(fake: FakeService) -> list[str]:
    """Return the queries that really ran."""
    return [asked.body["query"] for asked in fake.asked if asked.path.endswith("/queries")]


def test_each_invoice_month_is_a_delivery_whose_version_is_its_last_export_and_number_of_rows():
    held = one_table(
        usage(month="202607"),
        usage(month="202609", day="2026-09-03"),
        usage(exported="2026-10-06T05:30"),
        usage(exported="2026-10-07T04:00"),
    )
    with bigquery(held) as fake:
        deliveries = KIND.discover(settings(fake))

    assert [(found.billing_period, found.files[0].version) for found in deliveries] == [
        (date(2026, 9, 1), "2026-09-03T06:00:00+00:00 1"),
        (date(2026, 10, 1), "2026-10-07T04:00:00+00:00 2"),
    ]


def test_a_test_of_the_connection_tells_what_it_saw_and_what_reading_costs():
    with bigquery(one_table(usage(), usage(), value_bytes=1 << 20)) as fake:
        (delivery,) = KIND.discover(settings(fake))

    # Two rows: looking reads the month, the export time, the currency and the part of each, reading all 51 values.
    # 8 MiB are 8 / 1,048,576 of a TiB: 0.0000477 USD.
    assert dict(delivery.seen)["Table"] == f"{DATASET}.{STANDARD}, the standard export, in EU"
    assert dict(delivery.seen)["Rows of 2026-10"] == "2"
    assert dict(delivery.seen)["Last export"] == "2026-10-05 06:00 UTC"
    assert dict(delivery.seen)["Currency"] == "EUR"
    assert dict(delivery.seen)["Looking for months scans"] == "8.0 MiB, 0.000048 USD on demand"
    assert dict(delivery.seen)["Reading 2026-10 scans"] == "at most 102.0 MiB, 0.000608 USD on demand"


def test_what_a_scan_costs_is_its_part_of_the_price_of_a_tebibyte():
    # 6.25 / 1024 = 0.006103515625
    assert Scan(1 << 30).usd == Decimal("0.006103515625")
    assert str(Scan(1536)) == "1.5 KiB, 0.000000 USD on demand"
    assert str(Scan(1 << 41)) == "2.0 TiB, 12.500000 USD on demand"
    assert str(Scan(7)) == "7 bytes, 0.000000 USD on demand"


def test_no_more_of_the_table_is_read_than_the_parts_a_month_came_in():
    years = [usage(month="202601", day="2026-01-05") for _ in range(50)]
    held = one_table(*years, usage(), usage(month="202611", day="2026-11-03"))
    with bigquery(held) as fake:
        read(settings(fake))

    parts, rows = queries(fake)
    assert parts.startswith("SELECT MIN(_PARTITIONTIME)")
    assert rows == (
        f"SELECT * FROM `{DATASET}.{STANDARD}` WHERE invoice.month = '202610' AND (_PARTITIONTIME BETWEEN"
        " TIMESTAMP '2026-10-05 00:00:00+00' AND TIMESTAMP '2026-10-05 00:00:00+00' OR _PARTITIONTIME IS NULL)"
    )
    (job,) = [job for job in held.jobs.values() if job["sql"]["query"] == rows]
    # One row of 50 values, and that of its part.
    assert job["size"] == 51 * 8


def test_a_table_that_is_not_in_parts_by_arrival_is_read_whole():
    rows = [{name: value for name, value in usage().items() if name != "_PARTITIONTIME"}]
    with bigquery(BigQuery({STANDARD: standard_table(*rows, has_parts=False)})) as fake:
        assert len(KIND.discover(settings(fake))) == 1
        read(settings(fake))

    assert queries(fake)[-1] == f"SELECT * FROM `{DATASET}.{STANDARD}` WHERE invoice.month = '202610'"


def test_rows_that_were_written_just_now_are_in_no_part_and_are_read():
    with bigquery(one_table(usage(cost=1.0), usage(cost=2.0, _PARTITIONTIME=None))) as fake:
        told = settings(fake)
        (delivery,) = KIND.discover(told)
        content = read(told)

    assert delivery.files[0].version.endswith(" 2")
    assert pq.read_table(io.BytesIO(content)).column("cost").to_pylist() == ["1.0", "2.0"]


def test_every_query_is_estimated_before_it_runs_and_bounded_when_it_does():
    with bigquery(one_table()) as fake:
        KIND.discover(settings(fake, most_gib=3))

    bodies = [asked.body for asked in fake.asked if asked.method == "POST" and asked.path != "/token"]
    estimate, run, _ = bodies
    assert estimate["configuration"]["dryRun"] is True
    assert estimate["configuration"]["query"]["query"] == run["query"]
    assert run["maximumBytesBilled"] == str(3 << 30)


def test_a_query_beyond_the_bound_is_not_run():
    with bigquery(one_table(value_bytes=1 << 30)) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake, most_gib=2))

    assert refusal.value.code == "scan_too_large"
    assert str(refusal.value) == (
        f"Looking for months would scan 4.0 GiB of {DATASET}.{STANDARD} (0.02 USD on demand), more than the 2 GiB that"
        " a query may. Raise the bound, or read from a later month on."
    )
    assert queries(fake) == []


def test_of_several_exports_one_must_be_named():
    held = BigQuery(
        {
            STANDARD: standard_table(usage()),
            DETAILED: detailed_table(usage(), usage()),
            "cloud_pricing_export": focus_table(),
        }
    )
    with bigquery(held) as fake:
        with pytest.raises(DeliveryError) as refusal:
            KIND.discover(settings(fake))
        (delivery,) = KIND.discover(settings(fake, table=DETAILED))

    assert refusal.value.code == "ambiguous"
    assert f"several exports: {DETAILED}, {STANDARD}. Name one of them" in str(refusal.value)
    assert dict(delivery.seen)["Table"] == f"{DATASET}.{DETAILED}, the detailed export, in EU"


def test_a_dataset_without_an_export_says_which_tables_would_be():
    with bigquery(BigQuery({"orders": standard_table(usage())})) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake))

    assert refusal.value.code == "not_found"
    assert "gcp_billing_export_resource_v1_" in str(refusal.value)


def test_a_table_that_is_no_export_is_told_by_the_columns_it_lacks():
    table = Table(columns("cost FLOAT, currency STRING, invoice (month STRING), service (id STRING)"), [])
    with bigquery(BigQuery({"orders": table})) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake, table="orders"))

    assert refusal.value.code == "no_export"
    assert str(refusal.value) == (
        f"The table {DATASET}.orders is no billing export: it has no column usage_start_time, service.description,"
        " export_time. Name another table."
    )


def test_a_location_that_is_not_the_datasets_is_told():
    with bigquery(one_table(location="EU")) as fake:
        assert KIND.discover(settings(fake, location="eu"))
        with pytest.raises(DeliveryError, match="stands in EU, not in US") as refusal:
            KIND.discover(settings(fake, location="US"))

    assert refusal.value.code == "wrong_location"


def test_an_export_without_rows_has_no_deliveries():
    with bigquery(one_table(usage(month="202601", day="2026-01-05"))) as fake:
        assert KIND.discover(settings(fake)) == ()


def test_rows_without_an_invoice_month_are_told():
    with bigquery(one_table(usage(), usage(month=None), usage(month=None))) as fake:
        (delivery,) = KIND.discover(settings(fake))

    (finding,) = delivery.findings
    assert (finding.code, finding.severity) == ("month_missing", "warning")
    assert finding.message.startswith(f"2 rows of {DATASET}.{STANDARD} are of the invoice month none")


def test_without_a_first_month_a_year_is_read():
    last_year = f"{datetime.now(UTC).year - 2}-01"
    old = usage(month=last_year.replace("-", ""), day=f"{last_year}-05")
    now = f"{datetime.now(UTC):%Y-%m}"
    held = one_table(old, usage(month=now.replace("-", ""), day=f"{now}-01"))
    with bigquery(held) as fake:
        deliveries = KIND.discover(settings(fake, first_month=None))

    assert [f"{found.billing_period:%Y-%m}" for found in deliveries] == [now]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("{", "The service account key is no JSON. Paste"),
        ("[]", "is no JSON object"),
        ('{"type": "authorized_user"}', "is that of no service account"),
        ('{"type": "service_account", "client_email": "a@b"}', "has no private_key and no token_uri"),
        (key_json("http://x.example", private_key="-----BEGIN PRIVATE KEY-----\nsesame"), "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_in_a_sentence_without_it(key, words):
    with bigquery(one_table()) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake, service_account_key=key))

    assert refusal.value.code == "bad_credentials"
    assert words in str(refusal.value)
    assert "sesame" not in str(refusal.value)
    assert fake.asked == []


def test_a_key_that_was_deleted_is_told():
    with bigquery(one_table()) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake, service_account_key=key_json(fake.url, signed_by="somebody else")))

    assert refusal.value.code == "bad_credentials"
    assert "(invalid_grant: Invalid JWT Signature)" in str(refusal.value)


def test_another_universe_that_a_key_names_is_not_followed():
    with bigquery(one_table()) as fake:
        key = key_json(fake.url, universe_domain="evil.example", extra={"a": 1})
        assert KIND.discover(settings(fake, service_account_key=key))


DENIED = f"Access Denied: Project {PROJECT}: User does not have bigquery.jobs.create permission in project {PROJECT}."
NO_TABLE = (
    f"Access Denied: Table {DATASET}: User does not have permission to query table, or perhaps it does not exist."
)


@pytest.mark.parametrize(
    ("piece", "told", "code", "words"),
    [
        ("/jobs", refused(403, "accessDenied", DENIED), "access_denied", f"Job User (bigquery.jobs.create) on the project {PROJECT}"),
        ("/queries", refused(403, "accessDenied", NO_TABLE), "access_denied", f"Data Viewer on the dataset {DATASET}"),
        ("/datasets", refused(403, "accessNotConfigured", "BigQuery API has not been used."), "access_denied", "Enable the BigQuery API"),
        ("/jobs", refused(403, "billingNotEnabled", "Billing has not been enabled."), "access_denied", "Enable billing"),
        ("/datasets", refused(404, "notFound", "Not found: Dataset a:b"), "not_found", f"the dataset {DATASET}"),
        ("/jobs", refused(404, "notFound", "Not found: Dataset a:b was not found in location US"), "wrong_location", "location"),
        ("/jobs", refused(403, "quotaExceeded", "Quota exceeded: query usage per day."), "throttled", "is used up"),
        ("/jobs", refused(403, "rateLimitExceeded", "Exceeded rate limits."), "throttled", "asked again later"),
        ("/jobs", refused(429, "rateLimitExceeded", "Slow down."), "throttled", "BigQuery answered 429 (Slow down)"),
        ("/queries", refused(400, "bytesBilledLimitExceeded", "Query exceeded limit."), "scan_too_large", "Raise the most"),
        ("/jobs", refused(400, "invalidQuery", "Unrecognized name: cost"), "refused", "(Unrecognized name: cost)"),
        ("/datasets", refused(503, "backendError", "Error encountered."), "unreachable", "The fault is on its side"),
        ("/datasets", Told(302, "", {"Location": "https://elsewhere.example"}), "redirected", "if you trust it"),
        ("/datasets", Told(200, "<html>Sign in</html>"), "answer_unreadable", "Is the endpoint right?"),
        ("/datasets", Told(200, "[]"), "answer_unreadable", "Is the endpoint right?"),
        ("/token", Told(302, "", {"Location": "https://elsewhere.example"}), "bad_credentials", "Google takes"),
        ("/token", Told(503, "{}"), "unreachable", "Google gives no tokens at the moment"),
        ("/token", Told(200, "{}"), "bad_credentials", "No access token in response"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_with_what_to_do(piece, told, code, words):
    with bigquery(one_table(failing={piece: [told] * 3})) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake))

    assert refusal.value.code == code
    assert words in str(refusal.value)
    assert len(str(refusal.value)) < 600
    assert EMAIL not in str(refusal.value)


def test_a_token_that_is_taken_no_more_is_asked_for_anew_and_then_given_up():
    unknown = refused(401, "authError", "Request had invalid authentication credentials.")
    with bigquery(one_table(failing={"/datasets": [unknown]})) as fake:
        assert KIND.discover(settings(fake))
    with bigquery(one_table(failing={"/datasets": [unknown] * 9})) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake))

    assert refusal.value.code == "bad_credentials"


@pytest.mark.parametrize(
    ("piece", "told"),
    [
        ("/jobs", refused(403, "rateLimitExceeded", "Exceeded rate limits.")),
        ("/queries", refused(429, "rateLimitExceeded", "Slow down.", **{"Retry-After": "0"})),
        ("/queries/", refused(503, "backendError", "Error encountered.", **{"Retry-After": "0"})),
        ("/token", Told(503, "{}", {"Retry-After": "0"})),
    ],
)
def test_what_was_busy_is_asked_again(piece, told):
    rows = [usage(cost=float(number)) for number in range(5)]
    held = one_table(*rows, page_rows=2, failing={piece: [told]})
    with bigquery(held) as fake:
        assert read(settings(fake, attempts=2)).startswith(b"PAR1")

    assert held.failing == {piece: []}


def test_pages_that_lack_rows_are_refused():
    held = one_table(usage(), usage(), usage(), page_rows=2, loses=1)
    with bigquery(held) as fake, pytest.raises(DeliveryError) as refusal:
        read(settings(fake))

    assert refusal.value.code == "answer_unreadable"


@pytest.mark.parametrize("piece", ["/datasets", "/token"])
def test_an_answer_without_end_is_cut(monkeypatch, piece):
    monkeypatch.setattr("ingestion.gcp.access.MOST_BYTES", 1000)
    endless = Told(200, "x" * 2000)
    with bigquery(one_table(failing={piece: [endless] * 9})) as fake, pytest.raises(DeliveryError) as refusal:
        KIND.discover(settings(fake))

    assert str(refusal.value) == "BigQuery answered with more than 1,000 bytes at once. Is the endpoint right?"


def test_a_service_that_is_not_there_is_unreachable():
    with bigquery(one_table()) as fake:
        gone = settings(fake)

    with pytest.raises(DeliveryError, match="could not be reached") as refusal:
        KIND.discover(gone)
    assert refusal.value.code == "unreachable"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1]:9", "http://169.254.169.254", "http://10.1.2.3"])
def test_an_endpoint_in_a_private_network_is_never_asked(url):
    told = {
        "project": PROJECT, "dataset": DATASET, "endpoint_url": url,
        "service_account_key": key_json("https://oauth2.googleapis.com"),
    }  # fmt: skip

    with pytest.raises(DeliveryError) as refusal:
        KIND.discover(BigQuerySettings.model_validate(told))
    assert refusal.value.code == "private_address"


def test_a_key_that_has_its_tokens_in_a_private_network_is_not_followed_there():
    with bigquery(one_table()) as fake:
        told = {"project": PROJECT, "dataset": DATASET, "service_account_key": key_json(fake.url)}
        with pytest.raises(DeliveryError) as refusal:
            KIND.discover(BigQuerySettings.model_validate(told, context=Reach(attempts=1)))

    assert refusal.value.code == "private_address"
    assert fake.asked == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": "exports"}, "dataset"),
        ({"dataset": "acme-billing.exports` WHERE true; --"}, "dataset"),
        ({"table": "a`b"}, "table"),
        ({"project": "x"}, "project"),
        ({"most_gib": 0}, "most_gib"),
        ({"service_account_key": None}, "Give a folder, or Service account key."),
    ],
)
def test_settings_that_cannot_be_right_are_refused(changes, words):
    told = {"project": PROJECT, "dataset": DATASET, "service_account_key": "{}", **changes}

    with pytest.raises(ValueError, match=words):
        BigQuerySettings.model_validate(told)


def test_the_key_is_none_of_what_settings_show():
    told = BigQuerySettings.model_validate(
        {"project": PROJECT, "dataset": DATASET, "service_account_key": json.dumps({"private_key": "sesame"})}
    )

    assert "sesame" not in repr(told)
