"""Connecting a source in the browser, step by step, and what a person may not reach by it."""

import pytest
from django.urls import reverse

from ingestion.models import BillSource, ImportRun
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.focus_files import HEADER, line

BODY = "\n".join([HEADER, line("1.5")]).encode()
GIVEN = {
    "name": "Payer account",
    "bucket": "bills",
    "prefix": "focus",
    "region": "us-east-1",
    "access_key_id": ACCESS_KEY_ID,
    "secret_access_key": SECRET_ACCESS_KEY,
}


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


@pytest.fixture
def bucket(settings):
    settings.PRIVATE_ENDPOINTS = True
    with s3_service() as url:
        put_objects(url, bucket="bills", objects={"focus/billing_period=2026-10/a.csv": BODY})
        yield url


def connect(client, **changes):
    return client.post(reverse("source_connect", args=["focus"]), {**GIVEN, **changes})


def only_source(organization):
    with tenant(organization.id):
        return BillSource.objects.get()


def events(organization):
    with tenant(organization.id):
        return [(event.action, event.changes) for event in AuditEvent.objects.order_by("at")]


def test_a_source_is_connected_step_by_step(owner, acme, bucket):
    assert b"FOCUS" in owner.get(reverse("source_new")).content
    drafted = connect(owner, endpoint_url=bucket)
    source = only_source(acme)
    assert drafted.url == reverse("source_test", args=[source.id])
    assert source.is_draft

    seen = owner.post(drafted.url).content.decode()
    assert "Works" in seen
    assert "October 2026" in seen

    finished = owner.post(
        reverse("source_schedule", args=[source.id]), {"pull_time": "03:00", "time_zone": "Europe/Oslo"}
    )
    assert finished.url == reverse("source", args=[source.id])
    source = only_source(acme)
    assert (source.is_draft, str(source.pull_time), source.time_zone) == (False, "03:00:00", "Europe/Oslo")
    with tenant(acme.id):
        assert ImportRun.objects.get().state == "queued"
    assert [action for action, _ in events(acme)] == ["source.drafted", "source.connected"]


def test_no_page_and_no_event_shows_a_secret(owner, acme, bucket):
    connect(owner, endpoint_url=bucket)
    source = only_source(acme)
    owner.post(reverse("source_settings", args=[source.id]), {**GIVEN, "endpoint_url": bucket, "name": "Renamed"})
    owner.post(reverse("source_schedule", args=[source.id]), {"pull_time": "", "time_zone": "UTC"})

    pages = [
        owner.get(reverse(name, args=[source.id])).content.decode()
        for name in ("source", "source_settings", "source_test", "source_remove")
    ]
    rejected = owner.post(reverse("source_settings", args=[source.id]), {**GIVEN, "bucket": ""}).content.decode()

    assert not any(SECRET_ACCESS_KEY in page for page in [*pages, rejected])
    assert SECRET_ACCESS_KEY not in str(events(acme))
    assert ("secrets_replaced", ["secret_access_key"]) in [*events(acme)[1][1].items()]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bucket": ""}, "Name the bucket"),
        ({"bucket": "no bucket!"}, "String should match pattern"),
        ({"region": "evil.example/"}, "String should match pattern"),
        ({"access_key_id": "", "secret_access_key": ""}, "Give an access key, or a role"),
        ({"secret_access_key": ""}, "Give both"),
        ({"endpoint_url": "http://169.254.169.254"}, "private network"),
        ({"endpoint_url": "http://2130706433:9000"}, "private network"),
        ({"endpoint_url": "file:///etc/passwd"}, "begins with https://"),
        ({"name": ""}, "required"),
    ],
)
def test_settings_that_cannot_work_are_told_and_not_saved(owner, acme, changes, told):
    response = connect(owner, **changes)

    assert response.status_code == 422
    assert told in response.content.decode()
    with tenant(acme.id):
        assert not BillSource.objects.exists()


BLOBS = {
    "name": "Exports",
    "container": "exports",
    "storage_account": "bills",
    "sas_token": "sv=2026-02-06&sp=rl&sig=sesame",
}


def connect_blobs(client, **changes):
    return client.post(reverse("source_connect", args=["azure_export"]), {**BLOBS, **changes})


def test_the_form_asks_for_one_place_and_folds_the_others_away(owner):
    asked = owner.get(reverse("source_connect", args=["azure_export"])).content.decode()

    open_part, _, folded = asked.partition("<summary>Azure Blob Storage</summary>")
    assert open_part.endswith('<details class="field-part" open>\n            ')
    assert '<details class="field-part">\n            <summary>Amazon S3' in folded
    assert "Storage Blob Data Reader" in asked
    assert 'type="password" name="sas_token"' in asked


def test_a_container_is_connected_and_its_token_sealed(owner, acme):
    drafted = connect_blobs(owner)
    source = only_source(acme)

    page = owner.get(reverse("source_settings", args=[source.id])).content.decode()

    assert drafted.url == reverse("source_test", args=[source.id])
    assert source.settings == {"container": "exports", "storage_account": "bills"}
    assert set(source.sealed_secrets) == {"sas_token"}
    assert "https://bills.blob.core.windows.net/exports" in owner.get(drafted.url).content.decode()
    assert "sesame" not in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"container": "", "storage_account": "", "sas_token": ""}, "Name the container or the bucket"),
        ({"bucket": "bills"}, "The container is read: leave this empty."),
        ({"access_key_id": "AKIA"}, "The container is read: leave this empty."),
        ({"storage_account": ""}, "name both"),
        ({"sas_token": ""}, "Give one of an account key, a SAS token or a service principal."),
        ({"blob_endpoint_url": "https://10.0.0.1"}, "private network"),
        ({"client_id": "x"}, "give all three"),
    ],
)
def test_settings_of_a_container_that_cannot_work_are_told_and_not_saved(owner, acme, changes, told):
    response = connect_blobs(owner, **changes)

    assert response.status_code == 422
    assert told in response.content.decode()
    assert "sesame" not in response.content.decode()
    with tenant(acme.id):
        assert not BillSource.objects.exists()


def test_another_right_takes_the_place_of_the_one_stored(owner, acme):
    connect_blobs(owner)
    source = only_source(acme)
    address = reverse("source_settings", args=[source.id])

    moved = owner.post(address, {**BLOBS, "sas_token": "", "storage_account": "others"})
    changed = owner.post(address, {**BLOBS, "sas_token": "", "account_key": "c2VzYW1l"})

    assert moved.status_code == 422
    assert "enter the secret again" in moved.content.decode()
    assert changed.status_code == 302
    assert set(only_source(acme).sealed_secrets) == {"account_key"}


def test_a_bucket_that_is_not_there_is_told_by_the_test(owner, acme, bucket):
    connect(owner, endpoint_url=bucket, bucket="nowhere")

    seen = owner.post(reverse("source_test", args=[only_source(acme).id])).content.decode()

    assert "Not readable" in seen
    assert "Check the bucket" in seen


def test_a_folder_of_the_server_is_no_place_unless_the_site_allows_it(owner, acme, tmp_path):
    response = connect(owner, path="/etc", bucket="")

    assert response.status_code == 422
    assert 'name="path"' not in response.content.decode()


@pytest.mark.parametrize("place", ["/etc", "{root}", "{root}/globex", "{root}/acme/../globex", "{root}/acme-2"])
def test_only_the_organizations_own_import_folder_can_be_read(owner, acme, tmp_path, settings, place):
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    for name in ("acme", "acme-2", "globex"):
        (tmp_path / name).mkdir()

    refused = connect(owner, path=place.format(root=tmp_path), bucket="", access_key_id="", secret_access_key="")
    allowed = connect(owner, path=f"{tmp_path}/acme", bucket="", access_key_id="", secret_access_key="")

    assert refused.status_code == 422
    assert "not one that your sources may read" in refused.content.decode()
    assert allowed.status_code == 302


def test_a_role_is_assumed_under_the_external_id_of_the_organization_alone(owner, acme):
    role = {"access_key_id": "", "secret_access_key": "", "role_arn": "arn:aws:iam::123456789012:role/bills"}

    connect(owner, **role, external_id="somebody-else")

    assert only_source(acme).settings["external_id"] == f"itfm-{acme.id}"


def test_a_stored_secret_is_kept_for_its_key_and_endpoint_only(owner, acme, bucket):
    connect(owner, endpoint_url=bucket)
    source = only_source(acme)
    address = reverse("source_settings", args=[source.id])
    unchanged = {**GIVEN, "endpoint_url": bucket, "secret_access_key": ""}

    assert owner.post(address, {**unchanged, "prefix": "other"}).status_code == 302
    for moved in ({"endpoint_url": f"{bucket}/"}, {"access_key_id": "AKIAOTHER"}):
        response = owner.post(address, {**unchanged, **moved})
        assert response.status_code == 422
        assert "enter the secret again" in response.content.decode()
    source = only_source(acme)
    assert (source.settings["prefix"], source.settings["endpoint_url"]) == ("other", bucket)


def test_a_source_is_paused_resumed_removed_put_back_and_erased(owner, acme, bucket):
    connect(owner, endpoint_url=bucket)
    source = only_source(acme)
    owner.post(reverse("source_schedule", args=[source.id]), {"pull_time": "03:00", "time_zone": "UTC"})

    def act(name, **data):
        assert owner.post(reverse(name, args=[source.id]), data).status_code == 302
        return only_source(acme)

    assert act("source_pause").is_paused
    assert not act("source_resume").is_paused
    assert "No bill has come from it" in owner.get(reverse("source_remove", args=[source.id])).content.decode()
    assert act("source_remove", bills="keep").removed_at is not None
    assert owner.get(reverse("source", args=[source.id])).status_code == 404
    assert owner.post(reverse("pull", args=[source.id])).status_code == 404
    assert "Put back" in owner.get(reverse("bills")).content.decode()
    assert act("source_restore").removed_at is None
    act("source_remove", bills="keep")
    owner.post(reverse("source_erase", args=[source.id]))
    with tenant(acme.id):
        assert not BillSource.objects.exists()
    assert [action for action, _ in events(acme)][2:] == [
        "source.paused", "source.resumed", "source.removed", "source.restored", "source.removed", "source.erased",
    ]  # fmt: skip


def test_finance_sees_a_source_and_cannot_change_it(client, acme, owner, bucket):
    connect(owner, endpoint_url=bucket)
    source = only_source(acme)
    owner.post(reverse("source_schedule", args=[source.id]), {"pull_time": "", "time_zone": "UTC"})
    client.force_login(member(acme, Role.FINANCE))

    page = client.get(reverse("source", args=[source.id])).content.decode()

    assert "Pull now" in page
    assert "Change settings" not in page
    assert client.post(reverse("source_pause", args=[source.id])).status_code == 403
    assert client.post(reverse("source_remove", args=[source.id]), {"bills": "withdraw"}).status_code == 403
