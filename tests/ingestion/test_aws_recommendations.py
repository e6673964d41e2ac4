"""Recommendations that a Data Export delivers beside the bills: fetched, archived, and kept as one list a day."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from ingestion.connectors.aws_cur import KIND
from ingestion.models import Finding, RecommendationList
from ingestion.services import create_source
from ingestion.services.recommendations import latest_recommendations
from ingestion.services.sources import look
from itfm.core.lake import organization_folder
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests import duck
from tests.conftest import NOW, member
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.pulls import in_force, pull

FIRST, SECOND = "2026-10-05", "2026-10-06"
ROW = {
    "account_id": "111111111111",
    "action_type": "Rightsize",
    "currency_code": "USD",
    "current_resource_summary": "m5.2xlarge",
    "current_resource_type": "Ec2Instance",
    "estimated_monthly_cost_after_discount": "280.32",
    "estimated_monthly_savings_after_discount": "140.16",
    "estimated_monthly_savings_before_discount": "150.00",
    "last_refresh_timestamp": "2026-10-05T03:00:00.000Z",
    "recommendation_id": "MTExLTE=",
    "recommended_resource_summary": "m5.xlarge",
    "region": "eu-central-1",
    "resource_arn": "arn:aws:ec2:eu-central-1:111111111111:instance/i-1",
}


@pytest.fixture
def service(settings):
    settings.PRIVATE_ENDPOINTS = True
    with s3_service() as url:
        put_objects(
            url,
            bucket="bills",
            objects={"exports/cur/data/BILLING_PERIOD=2026-10/cur-1.csv": csv_text(cur_2_rows({})).encode()},
        )
        yield url


def deliver(url, *changes, day=FIRST, names=("cor-00001.csv.gz",), manifest=True, content=None):
    """Write an export's files of a day as Data Exports lays them out."""
    rows = csv_text([{**ROW, **change} for change in changes] or [ROW])
    body = content or gzip.compress(rows.encode())
    data, keys = f"exports/cor/data/date={day}", []
    objects = {f"{data}/{name}": body for name in names}
    keys = [f"s3://bills/{key}" for key in objects]
    if manifest:
        objects[f"exports/cor/metadata/date={day}/cor-Manifest.json"] = json.dumps({"dataFiles": keys}).encode()
    put_objects(url, bucket="bills", objects=objects)


def connect(organization, url, **changes):
    told = {
        "bucket": "bills", "region": "us-east-1", "endpoint_url": url, "access_key_id": ACCESS_KEY_ID,
        "secret_access_key": SECRET_ACCESS_KEY, "prefix": "exports", "recommendations_prefix": "exports/cor/",
    }  # fmt: skip
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id, key="aws", name="AWS", kind="aws_cur", settings={**told, **changes}, at=NOW
        )


def lists(source):
    with tenant(source.organization_id):
        return list(RecommendationList.objects.filter(source=source).order_by("fetched_at"))


def rows_of(one, columns):
    file = organization_folder(one.organization_id) / one.folder / "recommendations.parquet"
    return duck.rows(f"SELECT {columns} FROM read_parquet('{file}') ORDER BY x_row_number")


def findings(run):
    with tenant(run.organization_id):
        return [(one.code, one.row, one.message) for one in Finding.objects.filter(run=run).order_by("number")]


def test_the_newest_list_is_kept_with_exact_savings_and_bills_come_in_beside_it(acme, service):
    deliver(service, day=FIRST)
    deliver(
        service,
        {"estimated_monthly_savings_after_discount": "0.1"},
        {"estimated_monthly_savings_after_discount": "2E-1", "recommendation_id": "2"},
        {"estimated_monthly_savings_after_discount": "7", "recommendation_id": "3", "currency_code": "EUR"},
        {"estimated_monthly_savings_after_discount": "0.2", "recommendation_id": "4", "account_id": "000000000042"},
        day=SECOND,
    )
    source = connect(acme, service)

    run = pull(source)

    assert (run.state, findings(run)) == ("imported", [])
    assert in_force(source, currency="USD") == [("2026-10", 1, "0.096")]
    (one,) = lists(source)
    assert (one.told_on, one.count, one.savings) == (date(2026, 10, 6), 4, {"EUR": "7", "USD": "0.5"})
    assert rows_of(one, "sub_account_id, resource_id, currency, estimated_monthly_savings, refreshed_at::VARCHAR")[3] == (
        "000000000042", ROW["resource_arn"], "USD", Decimal("0.2"), "2026-10-05 03:00:00",
    )  # fmt: skip
    (file,) = one.files
    archived = organization_folder(acme.id) / "raw" / file["sha256"][:2] / file["sha256"]
    assert gzip.decompress(archived.read_bytes()).startswith(b"account_id,")
    assert file["row_count"] == 4


def test_the_same_files_are_taken_in_once_and_the_next_day_beside_them(acme, service):
    deliver(service)
    source = connect(acme, service)
    pull(source)
    pull(source)
    assert len(lists(source)) == 1

    deliver(service, {"estimated_monthly_savings_after_discount": "1"}, day=SECOND)
    pull(source)

    assert [(str(one.told_on), one.savings) for one in lists(source)] == [
        (FIRST, {"USD": "140.16"}),
        (SECOND, {"USD": "1"}),
    ]
    with tenant(acme.id):
        assert str(latest_recommendations(source).told_on) == SECOND


def test_parquet_keeps_the_digits_that_aws_writes(acme, service, tmp_path):
    file = tmp_path / "cor.parquet"
    duck.rows(
        "COPY (SELECT 'r1' AS recommendation_id, '111111111111' AS account_id, 'USD' AS currency_code,"
        " 0.1::DOUBLE AS estimated_monthly_savings_after_discount, 1e-7::DOUBLE AS estimated_monthly_cost_after_discount,"
        " MAP {'team': 'pay'} AS tags, TRUE AS restart_needed)"
        f" TO '{file}' (FORMAT parquet)"
    )
    deliver(service, names=("cor-00001.snappy.parquet",), content=file.read_bytes())
    source = connect(acme, service)

    pull(source)

    (one,) = lists(source)
    assert rows_of(one, "estimated_monthly_savings, estimated_monthly_cost, tags, restart_needed, resource_id") == [
        (Decimal("0.1"), Decimal("0.0000001"), '{"team":"pay"}', "true", None)
    ]


def test_a_list_without_any_recommendation_is_one(acme, service):
    header = csv_text([ROW]).splitlines()[0] + "\n"
    deliver(service, content=gzip.compress(header.encode()))
    source = connect(acme, service)

    pull(source)

    (one,) = lists(source)
    assert (one.count, one.savings) == (0, {})


def test_a_day_whose_manifest_is_still_to_come_is_not_read(acme, service):
    deliver(service)
    deliver(service, {"estimated_monthly_savings_after_discount": "1"}, day=SECOND, manifest=False)
    source = connect(acme, service)

    pull(source)

    assert [str(one.told_on) for one in lists(source)] == [FIRST]


def test_an_export_that_wrote_nothing_yet_is_told_and_bills_come_in(acme, service):
    source = connect(acme, service)

    run = pull(source)

    assert run.state == "imported"
    assert [code for code, _, _ in findings(run)] == ["recommendations_missing"]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"estimated_monthly_savings_after_discount": "1,5"}, "not_a_number", "row 2"),
        ({"currency_code": ""}, "value_missing", "row 2"),
    ],
)
def test_a_bad_cell_leaves_the_list_as_it_was_and_is_named(acme, service, change, code, message):
    deliver(service)
    source = connect(acme, service)
    pull(source)
    deliver(service, {}, change, day=SECOND)

    run = pull(source)

    assert run.state == "unchanged"
    ((found, row, words),) = findings(run)
    assert (found, row) == (code, 2)
    assert message in words
    assert len(lists(source)) == 1


def test_another_export_in_its_place_is_refused_by_name(acme, service):
    deliver(service, content=gzip.compress(csv_text(cur_2_rows({})).encode()))

    run = pull(connect(acme, service))

    assert findings(run)[0][0] == "column_missing"
    assert "recommendation_id" in findings(run)[0][2]


def test_two_exports_in_one_folder_are_refused(acme, service):
    deliver(service)
    put_objects(
        service,
        bucket="bills",
        objects={
            f"exports/cor/metadata/date={FIRST}/other-Manifest.json": json.dumps(
                {"dataFiles": [f"s3://bills/exports/cor/data/date={FIRST}/other.csv.gz"]}
            ).encode(),
            f"exports/cor/data/date={FIRST}/other.csv.gz": b"x",
        },
    )

    run = pull(connect(acme, service))

    assert [code for code, _, _ in findings(run)] == ["ambiguous_export"]
    assert run.state == "imported"


def test_without_the_setting_none_are_read_and_a_sibling_folder_is_no_part_of_the_bills(acme, service):
    deliver(service)
    source = connect(acme, service, prefix="exports/cur", recommendations_prefix="")

    run = pull(source)

    assert (run.state, findings(run), lists(source)) == ("imported", [], [])


def test_the_folder_of_the_bills_is_not_that_of_the_recommendations():
    told = {"bucket": "bills", "prefix": "exports/", "recommendations_prefix": "/exports"}

    with pytest.raises(ValueError, match="The recommendations lie in a folder of their own"):
        KIND.params.model_validate(told)
    assert KIND.params.model_validate({**told, "recommendations_prefix": "exports/cor"}).prefix == "exports/"


def test_a_test_of_the_connection_tells_what_is_there(acme, service):
    deliver(service)
    source = connect(acme, service)

    assert ("Recommendations", "1 file of 2026-10-05") in look(source).facts


def test_the_page_of_the_source_tells_how_many_there_are_and_what_they_would_save(acme, client, service):
    client.force_login(member(acme, Role.OWNER))
    deliver(service)
    source = connect(acme, service)
    pull(source)

    page = client.get(reverse("source", args=[source.id])).content.decode()

    assert "1 of 2026-10-05, estimated monthly savings 140.16 USD" in page
    assert f'href="{reverse("recommendations")}?source={source.id}"' in page
