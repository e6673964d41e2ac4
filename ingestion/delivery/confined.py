"""HTTP clients that connect to public addresses only. Pure but for the network.

The AWS SDK follows redirects between regions by itself, and makes host names out of buckets' names; so the check stands
where every connection is made.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection

from ingestion.delivery.reach import Reach, public_address

BUSY: Final = (429, 500, 502, 503, 504)
LONGEST_WAIT: Final = 120
"""Seconds that a service may ask us to wait; when it asks for more, the import is tried again later."""


class _Public:
    """Connects to an address that was checked; the name stays the one that certificates are held against."""

    _dns_host: str
    port: int

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        self._dns_host = public_address(name, self.port)
        try:
            return super()._new_conn()  # type: ignore[misc, no-any-return]
        finally:
            self._dns_host = name


class _PublicAwsConnection(_Public, AWSHTTPConnection):  # type: ignore[misc] # as its base is declared
    pass


class _PublicSecureAwsConnection(_Public, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _PublicAwsPool(AWSHTTPConnectionPool):
    ConnectionCls = _PublicAwsConnection


class _PublicSecureAwsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _PublicSecureAwsConnection


class _PublicConnection(_Public, HTTPConnection):
    pass


class _PublicSecureConnection(_Public, HTTPSConnection):
    pass


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


def confine(client: Any) -> None:
    """Let a client of the AWS SDK connect to public addresses only."""
    # The SDK has no public way to say through which class it connects.
    client._endpoint.http_session._pool_classes_by_scheme.update(  # noqa: SLF001
        http=_PublicAwsPool, https=_PublicSecureAwsPool
    )


class PublicAdapter(HTTPAdapter):
    """Carries the requests of a `requests.Session` to public addresses only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections, each of which checks where it goes."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicSecurePool}


def adapter(reach: Reach, *, is_confined: bool) -> HTTPAdapter:
    """Return what carries the requests of a `requests.Session`, asking again where a service is busy."""
    retries = Retry(
        total=reach.attempts - 1,
        status_forcelist=BUSY,
        # Questions that are posted change nothing.
        allowed_methods=None,
        backoff_factor=1,
        redirect=False,
        raise_on_status=False,
        retry_after_max=LONGEST_WAIT,
    )
    return (PublicAdapter if is_confined else HTTPAdapter)(max_retries=retries)
