"""Accounts that AWS Organizations tells beside FOCUS exports in a bucket and beside what Cost Explorer tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from ingestion.connectors.focus import FocusSettings
from ingestion.models import Bill
from ingestion.revisions import revision_folder
from ingestion.services import create_source
from ingestion.services.sources import look
from itfm.core.tenancy import tenant
from tests import duck
from tests.conftest import NOW
from tests.fakes.cost_explorer import cost_explorer
from tests.fakes.organizations import founded, tag
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.focus_files import HEADER, line
from tests.ingestion.pulls import pull
from tests.ingestion.test_aws_accounts import codes, fetched, refuse  # noqa: F401 - `fetched` is a fixture

ACCOUNT = "BillingAccountName,SubAccountId,SubAccountName"
EXPORT = "exports/focus/data/billing_period=2026-10/focus-00001.csv"
MANIFEST = "exports/focus/metadata/billing_period=2026-10/focus-Manifest.json"
LAMBDA = ("111111111111", "AWS Lambda", "2", "1.5")


@pytest.fixture(autouse=True)
def _on_this_machine(settings):
    settings.PRIVATE_ENDPOINTS = True


@pytest.fixture
def service():
    with s3_service() as url:
        yield url


def keys(url):
    return {"endpoint_url": url, "access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY}


def connect(organization, kind, **told):
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id, key="aws", name="AWS", kind=kind, at=NOW,
            settings={"account_list": "aws_organizations", **told},
        )  # fmt: skip


def focus_source(organization, url, **changes):
    return connect(organization, "focus", bucket="bills", region="us-east-1", **keys(url), **changes)


def deliver(url, *lines, key=EXPORT, header=f"{HEADER},{ACCOUNT}", manifest=MANIFEST):
    objects = {key: "\n".join([header, *lines, ""]).encode()}
    if manifest:
        objects[manifest] = json.dumps({"dataFiles": [f"s3://bills/{key}"]}).encode()
    put_objects(url, bucket="bills", objects=objects)


def of_account(account, *, cost="1", tags="", name="", payer=""):
    return f"{line(cost, tags=tags)},{payer},{account},{name}"


def revision(source):
    with tenant(source.organization_id):
        return Bill.objects.select_related("current_revision").get(source=source).current_revision


def charges(source, columns):
    folder = revision_folder(revision(source))
    return duck.rows(f"SELECT {columns} FROM read_parquet('{folder}/charges.parquet') ORDER BY x_row_number")


def tags(source):
    return [found and json.loads(found) for (found,) in charges(source, "tags")]


def quoted(**told):
    return '"' + json.dumps(told).replace('"', '""') + '"'


def test_a_focus_export_has_the_names_and_inherited_tags_of_its_accounts(acme, service):
    ids = founded(service, {"shop": {"team": "retail", "cost center": "77"}, "lab": {}})
    deliver(
        service,
        of_account(ids["shop"], tags=quoted(team="cart")),
        of_account(ids["lab"], name="Laboratory"),
        of_account("999999999999"),
    )
    source = focus_source(acme, service)

    run = pull(source)

    assert (run.state, codes(run)) == ("imported", [])
    assert charges(source, "sub_account_name") == [("shop",), ("Laboratory",), (None,)]
    assert tags(source) == [{"team": "cart", "accountTag/team": "retail", "accountTag/cost center": "77"}, None, None]
    assert [(file["name"], file["row_count"]) for file in revision(source).files] == [
        (EXPORT, 3),
        ("aws-organizations/accounts-2026-10.csv", 3),
    ]


def test_a_resource_of_a_focus_export_cannot_make_up_what_it_inherits(acme, service):
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, of_account(ids["shop"], tags=quoted(**{"accountTag/team": "made up", "env": "live"})))
    source = focus_source(acme, service)

    pull(source)

    assert tags(source) == [{"accountTag/team": "retail", "env": "live"}]


def test_a_focus_file_without_a_column_of_names_or_tags_gets_them_and_broken_tags_are_told_as_before(acme, service):
    ids = founded(service, {"shop": {"team": "retail"}})
    header = HEADER.removesuffix(",Tags")
    deliver(service, f"{line('1').removesuffix(',')},{ids['shop']}", header=f"{header},SubAccountId")
    source = focus_source(acme, service)
    pull(source)
    assert (charges(source, "sub_account_name"), tags(source)) == ([("shop",)], [{"accountTag/team": "retail"}])

    deliver(service, of_account(ids["shop"], tags="broken"))
    run = pull(source)

    assert codes(run) == ["tags_unreadable"]
    assert tags(source) == [None]


def test_tags_that_changed_restate_a_focus_month_without_fetching_its_files_again(acme, service, fetched):  # noqa: F811
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, of_account(ids["shop"]))
    source = focus_source(acme, service)
    assert [pull(source).state for _ in range(2)] == ["imported", "unchanged"]

    tag(service, ids["shop"], team="web")

    assert pull(source).state == "imported"
    assert (tags(source), revision(source).number) == ([{"accountTag/team": "web"}], 2)
    assert fetched == [EXPORT, *["aws-organizations/accounts-2026-10.csv"] * 2]


@pytest.mark.parametrize(("key", "manifest"), [(EXPORT, MANIFEST), ("plain/bill.csv", "")])
def test_a_list_that_is_refused_later_leaves_a_focus_bill_with_the_one_it_has(
    acme, service, monkeypatch, key, manifest
):
    """Also where no folder names the month, so that only the rows tell which bills are meant."""
    ids = founded(service, {"shop": {"team": "retail"}})
    deliver(service, of_account(ids["shop"]), key=key, manifest=manifest)
    source = focus_source(acme, service)
    pull(source)
    refuse(monkeypatch, "ListAccounts")

    run = pull(source)
    assert (run.state, codes(run)) == ("unchanged", ["accounts_not_told"])
    deliver(service, of_account(ids["shop"], cost="7"), key=key, manifest=manifest)
    run = pull(source)

    assert (run.state, codes(run)) == ("imported", ["accounts_not_told"])
    assert (charges(source, "billed_cost::DOUBLE"), tags(source)) == ([(7.0,)], [{"accountTag/team": "retail"}])


def test_an_account_list_belongs_to_a_bucket():
    told = {"account_list": "aws_organizations", "container": "bills", "storage_account": "acme"}

    with pytest.raises(ValidationError, match="Account list belongs to Amazon S3"):
        FocusSettings.model_validate(told)
    assert FocusSettings.model_validate({"path": "/bills", "account_list": "aws_organizations"}).bucket is None


def this_month():
    return f"{datetime.now(UTC):%Y-%m}"


def last_month():
    now = datetime.now(UTC)
    return f"{now.year - (now.month == 1)}-{(now.month - 2) % 12 + 1:02}"


def test_what_cost_explorer_tells_has_the_names_and_inherited_tags_of_its_accounts(acme):
    accounts = {"111111111111": ("shop", {"team": "retail"}), "222222222222": ("lab", {})}
    groups = {"Usage": [LAMBDA, ("222222222222", "AWS Lambda", "2", "2"), ("333333333333", "AWS Lambda", "1", "1")]}
    with cost_explorer(groups, accounts=accounts) as fake:
        source = connect(acme, "aws_cost_explorer", first_month=last_month(), **keys(fake.url))
        assert pull(source).state == "imported"
        assert pull(source).state == "unchanged"
        accounts["111111111111"] = ("shop", {"team": "web"})
        assert pull(source).state == "imported"
        assert ("AWS Organizations", "tells accounts and their tags") in look(source).facts

    with tenant(acme.id):
        bill = Bill.objects.select_related("current_revision").get(source=source, billing_period=f"{last_month()}-01")
    assert bill.current_revision.number == 2
    folder = revision_folder(bill.current_revision)
    rows = duck.rows(
        "SELECT DISTINCT sub_account_id, sub_account_name, tags"
        f" FROM read_parquet('{folder}/charges.parquet') ORDER BY sub_account_id"
    )
    assert rows == [
        ("111111111111", "Shop", '{"accountTag/team":"web"}'),
        ("222222222222", "lab", None),
        ("333333333333", None, None),
    ]
    assert [file["name"] for file in bill.current_revision.files] == [
        f"{last_month()}.csv",
        f"aws-organizations/accounts-{last_month()}.csv",
    ]


def test_cost_explorer_is_not_asked_again_for_settled_months_when_a_list_is_wanted_first(acme):
    groups = {"Usage": [LAMBDA]}
    with cost_explorer(groups, accounts={"111111111111": ("shop", {"team": "retail"})}) as fake:
        source = connect(acme, "aws_cost_explorer", first_month="2025-11", account_list=None, **keys(fake.url))
        assert pull(source).state == "imported"
        fake.asked.clear()
        with tenant(acme.id):
            source.settings["account_list"] = "aws_organizations"
            source.save()

        assert pull(source).state == "imported"

    asked = {one.body["TimePeriod"]["Start"] for one in fake.asked if "TimePeriod" in (one.body or {})}
    assert "2025-11-01" not in asked
    with tenant(acme.id):
        old = Bill.objects.select_related("current_revision").get(source=source, billing_period="2025-11-01")
    folder = revision_folder(old.current_revision)
    (found,) = duck.rows(f"SELECT DISTINCT tags FROM read_parquet('{folder}/charges.parquet')")
    assert found == ('{"accountTag/team":"retail"}',)


def test_without_the_permission_cost_explorer_s_months_come_in(acme):
    with cost_explorer({"Usage": [LAMBDA]}) as fake:
        source = connect(acme, "aws_cost_explorer", first_month=last_month(), **keys(fake.url))

        run = pull(source)

    assert (run.state, codes(run)) == ("imported", ["accounts_not_told"])
