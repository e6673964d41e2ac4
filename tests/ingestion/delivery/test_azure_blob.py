"""Listing and reading a container of Azure Blob Storage through a real client."""

from __future__ import annotations

import hashlib
import socket
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from azure.storage.blob import ContentSettings
from pydantic import ValidationError

from ingestion.connectors import azure_export
from ingestion.delivery import DeliveryError, PlaceSettings, archive, open_store
from ingestion.delivery.azure_blob import PART_BYTES, container_url
from ingestion.delivery.manifests import find_deliveries
from ingestion.delivery.reach import Reach
from ingestion.delivery.stores import FolderStore, Store
from tests.fakes.azurite import ACCOUNT, KEY, client, put_blobs, sas
from tests.fakes.entra import PRINCIPAL, Entra
from tests.fakes.service import FakeService, Told, service
from tests.ingestion.delivery.test_cost_exports import LATER, OCTOBER, exported
from tests.ingestion.delivery.trees import write, write_json
from tests.ingestion.normalize.bills import gzipped

pytestmark = pytest.mark.usefixtures("trusted")


def settings(url: str, *, reach: Reach | None = None, **changes: Any) -> PlaceSettings:
    told = {
        "container": "exports",
        "storage_account": ACCOUNT,
        "blob_endpoint_url": url,
        **({} if changes.keys() & {"sas_token", "client_id"} else {"account_key": KEY}),
        **changes,
    }
    return PlaceSettings.model_validate(told, context=reach or Reach(allows_private=True, attempts=1))


def store(url: str, **changes: Any) -> Store:
    return open_store(settings(url, **changes))


def paths(found: Store) -> list[str]:
    return [file.path for file in found.files()]


def put_folder(url: str, root, *, container: str) -> None:
    files = [path for path in root.rglob("*") if path.is_file()]
    put_blobs(url, container=container, blobs={path.relative_to(root).as_posix(): path.read_bytes() for path in files})


@pytest.fixture
def signing_in(trusted) -> Iterator[tuple[FakeService, Entra]]:
    entra = Entra()
    with service(entra, tls=trusted) as running:
        yield running, entra


def test_a_container_lists_what_lies_under_its_prefix_and_nothing_that_only_begins_so(azurite):
    blobs = {"exports/2.csv": b"two", "exports/a/1.csv": b"one", "exports-old/a.csv": b"old", "exports/b/": b""}
    put_blobs(azurite, container="listed", blobs=blobs, folders=("exports/a",))

    found = store(azurite, container="listed", prefix="/exports/").files()

    assert [(file.path, file.size) for file in found] == [("2.csv", 3), ("a/1.csv", 3)]


def test_a_blob_written_anew_has_another_version(azurite):
    place = store(azurite, container="versions")
    versions = []
    for content in (b"one", b"two", b"two"):
        put_blobs(azurite, container="versions", blobs={"a.csv": content})
        (file,) = place.files()
        versions.append(file.version)

    assert len(set(versions)) == 3
    assert [file.version for file in place.files()] == versions[-1:]


@pytest.mark.parametrize("right", ["account key", "SAS token", "SAS token after its question mark", "principal"])
def test_each_right_reads_a_container(azurite, signing_in, right):
    put_blobs(azurite, container="rights", blobs={"a.csv": b"charges"})
    running, entra = signing_in
    changes: dict[str, Any] = {
        "account key": {},
        "SAS token": {"sas_token": sas("rights")},
        "SAS token after its question mark": {"sas_token": f"?{sas('rights')}"},
        "principal": {**PRINCIPAL, "authority_url": running.url},
    }[right]

    place = store(azurite, container="rights", **changes)
    with place.open("a.csv") as stream:
        content = stream.read()

    assert (paths(place), content) == (["a.csv"], b"charges")
    assert bool(entra.tokens) == (right == "principal")


def lay_out(layout: str, root) -> None:
    """Write two exports of October as Azure lays them out, with a run before that is history."""
    if layout == "a folder for each run":
        exported(root, "actual", "ActualCost", parts=2)
        exported(root, "actual", "ActualCost", folder=LATER, submitted="2026-10-11T06:00:00Z", parts=2)
        exported(root, "amortized", "AmortizedCost")
    elif layout == "overwritten":
        for name, dataset in (("actual", "ActualCost"), ("amortized", "AmortizedCost")):
            place = f"exports/{name}/{OCTOBER}"
            write(root, f"{place}/part_0_0001.csv", f"{place}/part_1_0001.csv")
            blobs = [{"blobName": f"{place}/part_{part}_0001.csv"} for part in range(2)]
            write_json(root, f"{place}/manifest.json", {"exportConfig": {"type": dataset}, "blobs": blobs})
    else:
        write(root, f"actualcost/{OCTOBER}/a.csv", f"amortizedcost/{OCTOBER}/a.csv")


@pytest.mark.parametrize("layout", ["a folder for each run", "overwritten", "without manifests"])
def test_a_container_holds_the_deliveries_that_a_folder_would(azurite, tmp_path, layout):
    container = layout.replace(" ", "-")
    lay_out(layout, tmp_path)
    put_folder(azurite, tmp_path, container=container)

    (october,) = azure_export.discover(settings(azurite, container=container))
    (folder,) = azure_export.discover(PlaceSettings(path=tmp_path))
    kept = [archive(store(azurite, container=container), file, root=tmp_path / "archive") for file in october.files]

    assert october.billing_period == date(2026, 10, 1)
    assert [(file.path, file.dataset) for file in october.files] == [(file.path, file.dataset) for file in folder.files]
    assert {file.dataset for file in october.files} == {"actual", "amortized"}
    assert [file.path.read_text() for file in kept] == [file.path for file in october.files]


@pytest.mark.parametrize("prefix", ["", "exports", "exports/actual/"])
def test_a_prefix_may_stand_anywhere_in_the_tree(azurite, tmp_path, prefix):
    exported(tmp_path, "actual", "ActualCost")
    put_folder(azurite, tmp_path, container="prefixes")

    (october,) = find_deliveries(store(azurite, container="prefixes", prefix=prefix))

    assert (october.manifest, october.is_complete, len(october.files)) == ("cost_export", True, 1)


def test_a_large_blob_goes_to_the_archive_in_parts(azurite, tmp_path):
    content = bytes(range(256)) * (80 << 12)  # 80 MiB
    put_blobs(azurite, container="large", blobs={"a.csv": content})
    place = store(azurite, container="large")
    (file,) = place.files()

    tracemalloc.start()
    kept = archive(place, file, root=tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (kept.size, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert peak < 12 * PART_BYTES < len(content)


def test_a_gzipped_blob_is_archived_as_it_is_stored(azurite, tmp_path):
    content = gzipped("a,b\n1,2\n")
    put_blobs(azurite, container="gzipped", blobs={})
    with client(azurite) as writer:
        writer.get_blob_client("gzipped", "a.csv.gz").upload_blob(
            content, content_settings=ContentSettings(content_encoding="gzip")
        )
    place = store(azurite, container="gzipped")

    kept = archive(place, place.files()[0], root=tmp_path)

    assert kept.path.read_bytes() == content


def test_a_blob_written_anew_while_it_is_read_is_not_mixed(azurite):
    before, after = b"1" * 3 * PART_BYTES, b"2" * 3 * PART_BYTES
    put_blobs(azurite, container="mixed", blobs={"a.csv": before})
    place = store(azurite, container="mixed")
    read = b""

    with pytest.raises(DeliveryError, match="written anew") as refused, place.open("a.csv") as stream:
        read += stream.read(1_000)
        put_blobs(azurite, container="mixed", blobs={"a.csv": after})
        while chunk := stream.read(1 << 20):
            read += chunk

    assert refused.value.code == "changed"
    assert set(read) == {ord("1")}


def test_a_blob_written_anew_since_it_was_listed_is_not_archived(azurite, tmp_path):
    put_blobs(azurite, container="relisted", blobs={"a.csv": b"one"})
    place = store(azurite, container="relisted")
    (file,) = place.files()
    put_blobs(azurite, container="relisted", blobs={"a.csv": b"two"})

    with pytest.raises(DeliveryError, match="Pull again") as refused:
        archive(place, file, root=tmp_path)

    assert refused.value.code == "changed"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"container": "nowhere"}, "no_such_container", "Check the container's name"),
        ({"account_key": "b3RoZXI="}, "bad_credentials", "Check the source's account key"),
        ({"storage_account": "others"}, "bad_credentials", "Check the source's account key"),
        ({"sas_token": sas("refused", permission="r")}, "access_denied", "list (sp=rl)"),
        ({"sas_token": sas("elsewhere")}, "access_denied", "list (sp=rl)"),
        ({"sas_token": sas("refused", lasts=timedelta(hours=-2))}, "bad_credentials", "The SAS token was good until"),
        ({"sas_token": sas("refused", key="b3RoZXI=")}, "access_denied", "SAS token"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(azurite, changes, code, words):
    put_blobs(azurite, container="refused", blobs={"a.csv": b""})

    with pytest.raises(DeliveryError) as refused:
        store(azurite, **{"container": "refused", **changes}).files()

    assert words in str(refused.value)
    assert refused.value.code == code
    assert not any(secret in str(refused.value) for secret in (KEY, "sig="))


def test_a_blob_that_went_since_it_was_listed_is_said_so(azurite):
    put_blobs(azurite, container="gone", blobs={})

    with pytest.raises(DeliveryError) as refused, store(azurite, container="gone").open("gone.csv"):
        pass

    assert refused.value.code == "changed"


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (403, "AuthorizationPermissionMismatch", "access_denied"),
        (403, "KeyBasedAuthenticationNotPermitted", "access_denied"),
        (409, "BlobArchived", "archived"),
        (503, "ServerBusy", "throttled"),
        (401, "", "bad_credentials"),
        (403, "", "access_denied"),
        (404, "", "not_found"),
        (429, "", "throttled"),
        (307, "", "redirected"),
        (500, "", "unreachable"),
    ],
)
def test_what_the_service_answers_is_told_by_its_name_and_status(status, error, code):
    headers = {"x-ms-error-code": error, "Location": "https://elsewhere.example/"}
    with service(lambda _asked: Told(status, "", headers)) as fake, pytest.raises(DeliveryError) as refused:
        store(fake.url).files()

    assert refused.value.code == code
    assert f"Azure answered {status}" in str(refused.value)
    assert len(fake.asked) == 1


def test_an_endpoint_where_nobody_listens_is_unreachable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(DeliveryError, match="could not be reached") as refused:
            store(f"http://127.0.0.1:{unused.getsockname()[1]}").files()

    assert refused.value.code == "unreachable"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "wrong"}, "(AADSTS7000215). The client secret is wrong"),
        ({"client_id": "other"}, "(AADSTS700016). The tenant has no application"),
        ({"tenant_id": "other.example"}, "There is no such tenant"),
    ],
)
def test_a_principal_that_may_not_sign_in_is_told_why(azurite, signing_in, changes, words):
    running, _ = signing_in

    with pytest.raises(DeliveryError) as refused:
        store(azurite, **{**PRINCIPAL, "authority_url": running.url, **changes})

    assert refused.value.code == "bad_credentials"
    assert words in str(refused.value)
    assert "wrong" not in str(refused.value).replace("is wrong", "")


@pytest.mark.parametrize(("status", "code"), [(429, "throttled"), (503, "unreachable")])
def test_a_sign_in_that_does_not_answer_is_asked_later(azurite, signing_in, status, code):
    running, entra = signing_in
    entra.faults = [Told(status, {}, {"Retry-After": "0"})]

    with pytest.raises(DeliveryError) as refused:
        store(azurite, **PRINCIPAL, authority_url=running.url)

    assert refused.value.code == code


def test_a_sign_in_that_is_not_there_is_unreachable(azurite):
    with pytest.raises(DeliveryError, match="sign-in could not be reached") as refused:
        store(azurite, **PRINCIPAL, authority_url="https://127.0.0.1:9")

    assert refused.value.code == "unreachable"


@pytest.mark.parametrize("host", ["127.0.0.1:10000", "[::1]", "169.254.169.254", "10.1.2.3", "2130706433"])
@pytest.mark.parametrize("field", ["blob_endpoint_url", "authority_url"])
def test_an_address_in_a_private_network_is_never_asked(host, field):
    changes = {"blob_endpoint_url": "https://93.184.216.34", **PRINCIPAL, field: f"https://{host}"}

    with pytest.raises(DeliveryError) as refused:
        open_store(settings("", reach=Reach(attempts=1), **changes))

    assert refused.value.code == "private_address"


def turning_private(monkeypatch) -> None:
    """Let every name stand for a public address when it is looked up first, and for this machine from then on."""
    answers = iter(["93.184.216.34"])

    def looked_up(_host: str, port: int, **_kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "127.0.0.1"), port))]

    monkeypatch.setattr("ingestion.delivery.reach.socket.getaddrinfo", looked_up)


def test_a_name_that_turns_private_after_it_was_checked_is_not_asked(monkeypatch):
    with service(lambda _asked: {}) as fake:
        turning_private(monkeypatch)
        place = open_store(settings(f"http://bills.example:{fake.url.rsplit(':', 1)[1]}", reach=Reach(attempts=1)))
        with pytest.raises(DeliveryError) as refused:
            place.files()

    assert refused.value.code == "private_address"
    assert not fake.asked


def test_a_sign_in_that_turns_private_after_it_was_checked_is_not_asked(monkeypatch, signing_in):
    running, _ = signing_in
    turning_private(monkeypatch)
    address = f"https://login.example:{running.url.rsplit(':', 1)[1]}"

    with pytest.raises(DeliveryError) as refused:
        open_store(
            PlaceSettings.model_validate(
                {"container": "exports", "storage_account": "bills", **PRINCIPAL, "authority_url": address},
                context=Reach(attempts=1),
            )
        )

    assert refused.value.code == "private_address"
    assert not running.asked


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Name one place"),
        ({"container": "exports", "account_key": KEY}, "name both"),
        ({"storage_account": "bills", "account_key": KEY}, "Name one place"),
        ({"container": "exports", "storage_account": "bills"}, "Give one of"),
        (
            {"container": "exports", "storage_account": "bills", "account_key": KEY, "sas_token": "sig=x"},
            "Give one of",
        ),
        ({"container": "exports", "storage_account": "bills", "account_key": "half a key"}, "not whole"),
        ({"container": "exports", "storage_account": "bills", "sas_token": "sv=2026"}, "has a signature"),
        (
            {"container": "exports", "storage_account": "bills", "sas_token": "https://bills.example/?sig=x"},
            "has a signature",
        ),
        ({"container": "exports", "storage_account": "bills", "client_id": "x"}, "give all three"),
        (
            {
                "container": "exports",
                "storage_account": "bills",
                "blob_endpoint_url": "http://bills.example",
                **PRINCIPAL,
            },
            "begins with https://",
        ),
        (
            {
                "container": "exports",
                "storage_account": "bills",
                "authority_url": "http://login.example",
                **PRINCIPAL,
            },
            "begins with https://",
        ),
        (
            {
                "container": "exports",
                "storage_account": "bills",
                "account_key": KEY,
                "authority_url": "https://login.example",
            },
            "belongs to a service principal",
        ),
        ({"container": "exports", "storage_account": "bills", "account_key": KEY, "bucket": "bills"}, "Name one place"),
        (
            {"container": "exports", "storage_account": "bills", "account_key": KEY, "region": "eu"},
            "Region belongs to Amazon S3",
        ),
        ({"container": "no/container", "storage_account": "bills", "account_key": KEY}, "should match pattern"),
        ({"container": "exports", "storage_account": "evil.example/", "account_key": KEY}, "should match pattern"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        PlaceSettings.model_validate(given)


def test_without_an_endpoint_the_account_names_the_host():
    assert container_url({"storage_account": "bills", "container": "exports"}) == (
        "https://bills.blob.core.windows.net/exports"
    )


def test_a_secret_is_not_printed(azurite):
    shown = repr(settings(azurite, sas_token="sig=sesame"))

    assert "sesame" not in shown
    assert isinstance(open_store(PlaceSettings(path="/")), FolderStore)
