"""Services that take a while to start, once for all tests of bills."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.azurite import blob_service
from tests.fakes.tls import Certificate, certificate


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory) -> Certificate:
    """Make a certificate for fakes of this machine; nobody trusts it yet."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory, own_certificate) -> Iterator[str]:
    """Run Azure Blob Storage for all tests; each makes containers of its own."""
    with blob_service(tmp_path_factory.mktemp("azurite"), own_certificate) as url:
        yield url


@pytest.fixture
def trusted(monkeypatch, own_certificate) -> Certificate:
    """Let clients trust that certificate, as they would one of the machine's own authorities."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own_certificate.certificate))
    return own_certificate
