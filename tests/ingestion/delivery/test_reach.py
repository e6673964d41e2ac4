"""Endpoints that a person types: no connection leads to this machine or its network."""

from __future__ import annotations

import socket
from threading import Thread

import pytest
from botocore.exceptions import BotoCoreError
from pydantic import ValidationError

from ingestion.delivery import BucketSettings, DeliveryError, aws_access, open_store
from ingestion.delivery.reach import PrivateAddressError, Reach, is_public, public_address

HOSTILE = [
    "http://127.0.0.1",
    "http://127.0.0.1:9000",
    "https://127.0.0.1/",
    "http://127.1",
    "http://127.0.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0x7f.0.0.1",
    "http://017700000001",
    "http://0177.0.0.1",
    "http://127.255.255.254",
    "http://0.0.0.0",
    "http://0",
    "http://localhost",
    "http://LOCALHOST",
    "http://localhost.",
    "http://[::1]",
    "http://[::]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[::ffff:10.0.0.1]",
    "http://[64:ff9b::7f00:1]",
    "http://[2002:7f00:1::]",
    "http://[fe80::1]",
    "http://[fc00::1]",
    "http://[fd12:3456::1]",
    "http://[ff02::1]",
    "http://10.0.0.1",
    "http://10.255.255.255",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "http://192.168.1.1",
    "http://169.254.169.254",
    "http://169.254.169.254/latest/meta-data",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://100.64.0.1",
    "http://192.0.0.1",
    "http://198.18.0.1",
    "http://224.0.0.1",
    "http://240.0.0.1",
    "http://255.255.255.255",
]
NO_ADDRESSES = [
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "gopher://127.0.0.1",
    "//127.0.0.1",
    "http://",
    "http://user:password@10.0.0.1",
    "http://public.example@127.0.0.1",
    "http://public.example?x=http://127.0.0.1",
    "http://public.example#@127.0.0.1",
]


def source(url: str, *, reach: Reach | None = None) -> BucketSettings:
    settings = {
        "bucket": "bills",
        "region": "us-east-1",
        "endpoint_url": url,
        "access_key_id": "AKIA",
        "secret_access_key": "secret",
    }
    return BucketSettings.model_validate(settings, context=reach)


@pytest.fixture
def listener():
    """A port of this machine, and who connected to it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        visitors: list[object] = []

        def accept() -> None:
            try:
                connection, address = listening.accept()
            except OSError:
                return
            visitors.append(address)
            connection.close()

        thread = Thread(target=accept)
        thread.start()
        yield listening.getsockname()[1], visitors, thread
        thread.join()


def answers(monkeypatch, *rounds: list[str]) -> None:
    """Let names stand for these addresses, a further round for each time they are looked up."""
    left = list(rounds)

    def lookup(host, port, *_args, **_options):
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.parametrize("url", HOSTILE)
def test_an_endpoint_in_a_private_network_is_refused_before_any_connection(url):
    with pytest.raises(DeliveryError) as refused:
        open_store(source(url))

    assert refused.value.code in {"private_address", "unreachable"}


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_plain_address_is_no_endpoint(url):
    with pytest.raises(ValidationError):
        source(url)


def test_a_name_that_stands_for_this_machine_is_refused(monkeypatch):
    answers(monkeypatch, ["127.0.0.1"])

    with pytest.raises(DeliveryError) as refused:
        open_store(source("https://bills.public.example"))

    assert refused.value.code == "private_address"


def test_one_private_address_among_public_ones_is_enough(monkeypatch):
    answers(monkeypatch, ["93.184.216.34", "10.0.0.7"])

    with pytest.raises(DeliveryError):
        open_store(source("https://bills.public.example"))


def test_a_name_that_changes_its_answer_after_the_check_reaches_nothing(monkeypatch, listener):
    port, visitors, thread = listener
    answers(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    store = open_store(source(f"http://bills.public.example:{port}", reach=Reach(attempts=1)))

    with pytest.raises(DeliveryError) as refused:
        store.files()

    thread.join()
    assert refused.value.code == "private_address"
    assert visitors == []


def test_a_redirect_to_this_machine_is_not_followed(monkeypatch, listener):
    port, visitors, thread = listener
    confined = aws_access._client(
        aws_access._session(source("http://bills.public.example"), None),
        "s3",
        source("http://bills.public.example"),
        None,
    )
    session = confined._endpoint.http_session
    pool = session._manager.connection_from_url(f"http://127.0.0.1:{port}")

    with pytest.raises(PrivateAddressError):
        pool._get_conn().connect()

    thread.join()
    assert visitors == []
    with pytest.raises(BotoCoreError):
        confined.list_buckets()


def test_the_site_may_allow_private_endpoints():
    assert open_store(source("http://127.0.0.1:9000", reach=Reach(allows_private=True)))


def test_no_setting_of_a_source_widens_its_reach():
    with pytest.raises(ValidationError):
        BucketSettings.model_validate({"bucket": "bills", "_reach": {"allows_private": True}})
    with pytest.raises(ValidationError):
        BucketSettings.model_validate({"bucket": "bills", "reach": {"allows_private": True}})


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses_are_public(address):
    assert is_public(address)


def test_the_address_checked_is_the_address_returned(monkeypatch):
    answers(monkeypatch, ["93.184.216.34"])

    assert public_address("bills.public.example", 443) == "93.184.216.34"
