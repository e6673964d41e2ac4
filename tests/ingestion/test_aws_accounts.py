"""Accounts that AWS Organizations tells beside the bills of a bucket: names, inherited tags, and what stays."""

from __future__ import annotations

import json
from datetime import date

import botocore.client
import pytest
from botocore.exceptions import ClientError

from ingestion.aws import accounts
from ingestion.aws.accounts import Account, Told, as_csv, read_accounts, with_accounts
from ingestion.delivery import DeliveredFile, Delivery
from ingestion.models import Bill, Finding
from ingestion.revisions import revision_folder
from ingestion.services import create_source, deliveries, run_import
from ingestion.services.reading_again import request_reading_again
from ingestion.services.sources import look
from itfm.audit.services import Actor
from itfm.core.tenancy import tenant
from tests import duck
from tests.conftest import NOW
from tests.fakes.organizations import founded, tag
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.pulls import pull

MONTH = "cur/data/BILLING_PERIOD=2026-10/cur-1.csv"


@pytest.fixture
def service(settings):
    settings.PRIVATE_ENDPOINTS = True
    with s3_service() as url:
        yield url


@pytest.fixture
def fetched(monkeypatch):
    """Return the list of what is fetched, by path."""
    names, archive_file = [], deliveries.archive

    def archive(store, file, *, root):
        names.append(file.path)
        return archive_file(store, file, root=root)

    monkeypatch.setattr(deliveries, "archive", archive)
    return names


def connect(organization, url, **changes):
    told = {
        "bucket": "bills", "region": "us-east-1", "endpoint_url": url, "access_key_id": ACCESS_KEY_ID,
        "secret_access_key": SECRET_ACCESS_KEY, "account_list": "aws_organizations",
    }  # fmt: skip
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id, key="aws", name="AWS", kind="aws_cur", settings={**told, **changes}, at=NOW
        )


def deliver(url, *changes, path=MONTH):
    told = {name: "" for change in changes for name in change}
    rows = [{**told, **row} for row in cur_2_rows(*changes)]
    put_objects(url, bucket="bills", objects={path: csv_text(rows).encode()})


def revision(source):
    with tenant(source.organization_id):
        return Bill.objects.select_related("current_revision").get(source=source).current_revision


def charges(source, columns):
    folder = revision_folder(revision(source))
    return duck.rows(f"SELECT {columns} FROM read_parquet('{folder}/charges.parquet') ORDER BY x_row_number")


def codes(run):
    with tenant(run.organization_id):
        return list(Finding.objects.filter(run=run).order_by("number").values_list("code", flat=True))


def refuse(monkeypatch, operation):
    """Let AWS refuse one operation to whoever asks."""
    ask = botocore.client.BaseClient._make_api_call

    def asked(self, name, arguments):
        if name == operation:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "You may not."}}, name)
        return ask(self, name, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", asked)


def test_charges_have_the_names_and_inherited_tags_of_their_accounts(acme, service):
    ids = founded(service, {"shop": {"team": "retail", "cost center": "77"}, "lab": {}})
    deliver(
        service,
        {"line_item_usage_account_id": ids["shop"], "resource_tags": '{"user_team":"cart"}'},
        {"line_item_usage_account_id": ids["lab"], "line_item_usage_account_name": "Laboratory"},
        {"line_item_usage_account_id": "999999999999"},
    )
    source = connect(acme, service)

    assert pull(source).state == "imported"
    own = {"team": "cart", "accountTag/team": "retail", "accountTag/cost center": "77"}
    found = [(name, tags and json.loads(tags)) for name, tags in charges(source, "sub_account_name, tags")]
    assert found == [("shop", own), ("Laboratory", None), (None, None)]
    assert [(file["name"], file["row_count"]) for file in revision(source).files] == [
        (MONTH, 3),
        ("aws-organizations/accounts-2026-10.csv", 3),
    ]


def test_a_tag_of_an_account_that_the_bill_tells_itself_is_the_bills(acme, service):
    ids = founded(service, {"shop": {"team": "from Organizations", "unit": "north"}})
    deliver(service, {"line_item_usage_account_id": ids["shop"], "tags": '{"accountTag/team":"from the bill"}'})
    source = connect(acme, service)

    pull(source)

    ((tags,),) = charges(source, "tags")
    assert json.loads(tags) == {"accountTag/team": "from the bill", "accountTag/unit": "north"}


def test_tags_that_changed_restate_the_month_without_fetching_its_files_again(acme, service, fetched):
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, {"line_item_usage_account_id": ids["shop"]})
    source = connect(acme, service)
    assert pull(source).state == "imported"
    assert pull(source).state == "unchanged"

    tag(service, ids["shop"], team="web")

    assert pull(source).state == "imported"
    assert [json.loads(tags) for (tags,) in charges(source, "tags")] == [{"accountTag/team": "web"}]
    assert revision(source).number == 2
    assert fetched == [MONTH, "aws-organizations/accounts-2026-10.csv", "aws-organizations/accounts-2026-10.csv"]


def test_a_month_that_is_settled_keeps_the_list_it_was_read_with(acme, service):
    ids = founded(service, {"shop": {"team": "retail"}})
    old = {
        "line_item_usage_account_id": ids["shop"],
        "bill_billing_period_start_date": "2025-10-01 00:00:00",
        "bill_billing_period_end_date": "2025-11-01 00:00:00",
        "line_item_usage_start_date": "2025-10-05 00:00:00",
        "line_item_usage_end_date": "2025-10-05 01:00:00",
    }
    path = "cur/data/BILLING_PERIOD=2025-10/cur-1.csv"
    deliver(service, old, path=path)
    source = connect(acme, service)
    pull(source)
    tag(service, ids["shop"], team="web")

    assert pull(source).state == "unchanged"
    deliver(service, old, {**old, "line_item_unblended_cost": "1"}, path=path)
    assert pull(source).state == "imported"

    assert [json.loads(tags) for (tags,) in charges(source, "tags")] == [{"accountTag/team": "retail"}] * 2


def test_read_again_a_bill_has_the_accounts_it_came_with(acme, service):
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, {"line_item_usage_account_id": ids["shop"]})
    source = connect(acme, service)
    pull(source)
    tag(service, ids["shop"], team="web")
    before = revision(source)

    with tenant(acme.id):
        before.bill.source = source
        (run,), _ = request_reading_again([before], organization_id=acme.id, by=Actor(id=None, name="test"), at=NOW)
    done = run_import(acme.id, run_id=run.id, retries=False)

    assert done.state == "unchanged"
    assert revision(source).id == before.id


@pytest.mark.parametrize("operation", ["ListAccounts", "ListTagsForResource"])
def test_without_the_permission_bills_come_in_and_one_finding_says_what_to_permit(
    acme, service, monkeypatch, operation
):
    founded(service, {"shop": {"team": "retail"}})
    deliver(service, {})
    refuse(monkeypatch, operation)
    source = connect(acme, service)

    run = pull(source)

    assert run.state == "imported"
    assert codes(run) == ["accounts_not_told"]
    assert [file["name"] for file in revision(source).files] == [MONTH]
    seen = look(source)
    assert len(seen.notes) == 1
    assert "Permit organizations:ListAccounts and organizations:ListTagsForResource" in seen.notes[0]


def test_a_test_of_the_connection_tries_one_account_only(acme, service, monkeypatch):
    founded(service, {"shop": {"team": "retail"}, "lab": {}})
    deliver(service, {})
    asked, ask = [], botocore.client.BaseClient._make_api_call
    monkeypatch.setattr(
        botocore.client.BaseClient,
        "_make_api_call",
        lambda self, name, arguments: asked.append(name) or ask(self, name, arguments),
    )

    seen = look(connect(acme, service))

    assert ("AWS Organizations", "tells accounts and their tags") in seen.facts
    assert [name for name in asked if name.startswith("List") and name != "ListObjectsV2"] == [
        "ListAccounts",
        "ListTagsForResource",
    ]


def test_a_list_that_is_refused_later_leaves_the_bill_with_the_one_it_has(acme, service, monkeypatch):
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, {"line_item_usage_account_id": ids["shop"]})
    source = connect(acme, service)
    pull(source)
    refuse(monkeypatch, "ListAccounts")

    run = pull(source)
    assert (run.state, codes(run)) == ("unchanged", ["accounts_not_told"])
    deliver(service, {"line_item_usage_account_id": ids["shop"], "line_item_unblended_cost": "7"})
    run = pull(source)

    assert (run.state, codes(run)) == ("imported", ["accounts_not_told"])
    assert [json.loads(tags) for (tags,) in charges(source, "tags")] == [{"accountTag/team": "retail"}]


def test_without_the_setting_nobody_is_asked_and_taking_it_back_takes_the_tags_away(acme, service, monkeypatch):
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, {"line_item_usage_account_id": ids["shop"]})
    source = connect(acme, service)
    pull(source)
    monkeypatch.setattr(accounts, "told_by_organizations", None)

    with tenant(acme.id):
        del source.settings["account_list"]
        source.save()
    assert pull(source).state == "imported"

    assert charges(source, "sub_account_name, tags") == [(None, None)]


def test_the_list_is_the_same_bytes_whatever_the_order_of_tags(tmp_path):
    one, other = (
        [Account(id="012345678901", name='Shop, "old"\nand new', tags=tags)]
        for tags in ({"b": "1", "a": "é"}, {"a": "é", "b": "1"})
    )
    (tmp_path / "list.csv").write_bytes(as_csv(one))

    assert as_csv(one) == as_csv(other)
    assert read_accounts(tmp_path / "list.csv") == tuple(one)


def test_a_delivery_that_waits_for_files_gets_no_list():
    waiting = Delivery(
        name="cur", manifest="data_export", billing_period=date(2026, 10, 1), files=(), missing=("a.csv",)
    )
    whole = Delivery(
        name="cur", manifest="none", billing_period=None, files=(DeliveredFile(path="a.csv", size=1, version="1"),)
    )

    first, second = with_accounts([waiting, whole], Told(accounts=()), today=date(2026, 11, 1))

    assert first.files == ()
    assert [file.path for file in second.files] == ["a.csv", "aws-organizations/accounts.csv"]
