"""Listing and reading folders, and a bucket through a real client."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import pytest
from pydantic import ValidationError

from ingestion.delivery import BucketSettings, DeliveryError, archive, open_store
from ingestion.delivery.manifests import find_deliveries
from ingestion.delivery.reach import Reach
from ingestion.delivery.stores import FolderStore
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.ingestion.delivery.trees import write

DATA = "exports/cur2/data/BILLING_PERIOD=2026-10/cur2-00001.csv.gz"
MANIFEST = "exports/cur2/metadata/BILLING_PERIOD=2026-10/cur2-Manifest.json"
ROLE = "arn:aws:iam::123456789012:role/bill-reader"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with s3_service() as endpoint_url:
        objects = {
            DATA: b"charges",
            MANIFEST: json.dumps({"dataFiles": [f"s3://bills/{DATA}"]}).encode(),
            "exports/": b"",
            "exports-old/a.csv": b"old",
        }
        put_objects(endpoint_url, bucket="bills", objects=objects)
        yield endpoint_url


@pytest.fixture(autouse=True)
def _own_credentials_only(monkeypatch, tmp_path):
    """Hide whatever credentials the machine has, so that only a source's own count."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


def source(endpoint_url: str | None, **changes: str | None) -> BucketSettings:
    settings = {
        "bucket": "bills",
        "region": "us-east-1",
        "endpoint_url": endpoint_url,
        "access_key_id": ACCESS_KEY_ID,
        "secret_access_key": SECRET_ACCESS_KEY,
    }
    return BucketSettings.model_validate(settings | changes, context=Reach(allows_private=True))


def paths(store) -> list[str]:
    return [file.path for file in store.files()]


def test_a_folder_lists_its_files_by_path_without_those_of_tools(tmp_path):
    write(tmp_path, "b/2.csv", "a.csv", "b/1.csv", ".git/x.csv", "_temporary/x.csv", "b/.x.csv", "_SUCCESS")

    store = FolderStore(tmp_path)

    assert paths(store) == ["a.csv", "b/1.csv", "b/2.csv"]
    assert [file.size for file in store.files()] == [5, 7, 7]


def test_a_single_file_is_a_store_of_itself_even_through_a_link(tmp_path):
    write(tmp_path, "real/bill.csv", "real/other.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real" / "bill.csv")

    store = open_store(BucketSettings(path=tmp_path / "link.csv"))

    assert paths(store) == ["link.csv"]
    with store.open("link.csv") as stream:
        assert stream.read() == b"real/bill.csv"


def test_a_link_within_the_folder_does_not_count_its_file_twice(tmp_path):
    write(tmp_path, "a.csv", "deep/b.csv")
    (tmp_path / "latest.csv").symlink_to("a.csv")
    (tmp_path / "again").symlink_to("deep")

    assert paths(FolderStore(tmp_path)) == ["a.csv", "deep/b.csv"]


@pytest.mark.parametrize("target", ["secret.csv", "secrets"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path, target):
    write(tmp_path, "secret.csv", "secrets/x.csv", "inner/a.csv")
    (tmp_path / "inner" / "link").symlink_to(tmp_path / target)

    with pytest.raises(DeliveryError, match="link leads out") as refused:
        FolderStore(tmp_path / "inner").files()

    assert refused.value.code == "outside"


def test_a_path_out_of_the_folder_is_not_opened(tmp_path):
    write(tmp_path, "secret.csv", "inner/a.csv")

    with pytest.raises(DeliveryError) as refused, FolderStore(tmp_path / "inner").open("../secret.csv"):
        pass

    assert refused.value.code == "outside"


def test_a_place_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(DeliveryError, match="Check the path") as refused:
        FolderStore(tmp_path / "none").files()

    assert refused.value.code == "not_found"


def test_an_error_of_the_reader_is_not_blamed_on_the_file(tmp_path):
    write(tmp_path, "a.csv")

    with pytest.raises(OSError, match="No space left"), FolderStore(tmp_path).open("a.csv"):
        raise OSError(28, "No space left on device")


def test_a_bucket_lists_what_lies_under_its_prefix_and_nothing_that_only_begins_so(service):
    store = open_store(source(service, prefix="exports"))

    assert paths(store) == [DATA.removeprefix("exports/"), MANIFEST.removeprefix("exports/")]


def test_a_bucket_of_more_than_one_page_is_listed_whole(service):
    put_objects(service, bucket="many", objects={f"{number:04}.csv": b"" for number in range(1_001)})

    found = paths(open_store(source(service, bucket="many")))

    assert len(found) == 1_001
    assert found[-1] == "1000.csv"


@pytest.mark.parametrize("prefix", ["", "exports", "/exports/cur2/"])
def test_a_delivery_in_a_bucket_is_found_and_archived(service, tmp_path, prefix):
    store = open_store(source(service, prefix=prefix))

    (found,) = [delivery for delivery in find_deliveries(store) if delivery.manifest == "data_export"]
    kept = archive(store, found.files[0], root=tmp_path)

    assert found.billing_period == date(2026, 10, 1)
    assert found.is_complete
    assert kept.path.read_bytes() == b"charges"


def test_a_bucket_that_does_not_exist_is_said_so(service):
    with pytest.raises(DeliveryError, match="nowhere") as refused:
        open_store(source(service, bucket="nowhere")).files()

    assert refused.value.code == "no_such_bucket"


def test_an_object_that_went_since_it_was_listed_is_said_so(service):
    with pytest.raises(DeliveryError) as refused, open_store(source(service)).open("gone.csv"):
        pass

    assert refused.value.code == "changed"


def test_an_object_written_anew_since_it_was_listed_is_not_archived(service, tmp_path):
    put_objects(service, bucket="relisted", objects={"a.csv": b"one"})
    store = open_store(source(service, bucket="relisted"))
    (file,) = store.files()
    put_objects(service, bucket="relisted", objects={"a.csv": b"two"})

    with pytest.raises(DeliveryError, match="Pull again") as refused:
        archive(store, file, root=tmp_path)

    assert refused.value.code == "changed"


def test_without_any_credentials_the_source_is_told_to_have_some():
    store = open_store(source(None, access_key_id=None, secret_access_key=None))

    with pytest.raises(DeliveryError) as refused:
        store.files()

    assert refused.value.code == "no_credentials"


def test_an_endpoint_where_nobody_listens_is_unreachable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(DeliveryError) as refused:
            open_store(source(endpoint_url)).files()

    assert refused.value.code == "unreachable"


@pytest.fixture
def answering() -> Iterator[tuple[HTTPServer, list[str]]]:
    """Run a service that answers every request as its `answer` says, and notes the paths asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = self.server.answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_access_denied_names_the_permissions_to_give(answering):
    server, _ = answering
    server.answer = (403, {}, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")

    with pytest.raises(DeliveryError, match="s3:ListBucket") as refused:
        open_store(source(f"http://127.0.0.1:{server.server_port}")).files()

    assert refused.value.code == "access_denied"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(answering, service, status):
    server, asked = answering
    server.answer = (status, {"Location": f"{service}/bills?list-type=2"}, b"")

    with pytest.raises(DeliveryError):
        open_store(source(f"http://127.0.0.1:{server.server_port}")).files()

    assert asked  # had it been followed, the other service would have listed the bucket


def test_an_object_cut_short_on_the_way_is_not_archived(answering, tmp_path):
    server, _ = answering
    server.answer = (200, {"Content-Length": "7"}, b"cha")
    store = open_store(source(f"http://127.0.0.1:{server.server_port}"))

    with pytest.raises(DeliveryError) as refused, store.open("a.csv") as stream:
        stream.read()

    assert refused.value.code == "unreachable"


def test_a_role_is_assumed_with_the_external_id_and_its_keys_are_used(service, monkeypatch):
    asked: list[dict[str, str]] = []
    tokens: list[bytes | None] = []
    make = boto3.Session.client

    def note_question(params, **_):
        asked.append(dict(params["body"]))

    def note_token(request, **_):
        tokens.append(request.headers.get("X-Amz-Security-Token"))

    def watched(session, name, **options):
        client = make(session, name, **options)
        client.meta.events.register("before-call.sts", note_question)
        client.meta.events.register("before-send.s3", note_token)
        return client

    monkeypatch.setattr(boto3.Session, "client", watched)

    found = paths(open_store(source(service, role_arn=ROLE, external_id="tenant-7", prefix="exports")))

    assert [(body["Action"], body["RoleArn"], body["ExternalId"]) for body in asked] == [
        ("AssumeRole", ROLE, "tenant-7")
    ]
    assert tokens
    assert all(tokens)
    assert len(found) == 2


def test_a_refused_role_says_to_check_its_trust_policy(answering):
    server, _ = answering
    server.answer = (403, {}, b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")

    with pytest.raises(DeliveryError, match=r"AccessDenied.*trust policy") as refused:
        open_store(source(f"http://127.0.0.1:{server.server_port}", role_arn=ROLE))

    assert refused.value.code == "role_refused"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"bucket": "bills", "external_id": "tenant-7"},
        {"bucket": "bills", "access_key_id": "AKIA"},
        {"bucket": "bills", "secret_access_key": "x"},
        {"bucket": "bills", "color": "red"},
        {"bucket": "bills", "region": "us-east-1.example.com/"},
        {"bucket": "bills", "endpoint_url": "https://s3.example.com"},
    ],
)
def test_settings_that_do_not_fit_together_are_refused(wrong):
    with pytest.raises(ValidationError):
        BucketSettings.model_validate(wrong)


@pytest.mark.parametrize(
    "address", ["s3.example.com", "ftp://s3.example.com", "https://", "https://me:x@s3.example.com", "https://h/?a=b"]
)
def test_an_endpoint_is_a_plain_web_address(address):
    with pytest.raises(ValidationError, match="An endpoint"):
        source(address)


def test_a_secret_is_not_printed():
    assert SECRET_ACCESS_KEY not in repr(source(None))
