"""Clients of the AWS SDK that connect to public addresses only. Pure but for the network.

The SDK follows redirects between regions by itself, and makes host names out of buckets' names; so the check stands
where every connection is made.
"""

from __future__ import annotations

import socket
from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)

from ingestion.delivery.reach import public_address


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


class _PublicConnection(_Public, AWSHTTPConnection):  # type: ignore[misc] # as its base is declared
    pass


class _PublicSecureConnection(_Public, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _PublicPool(AWSHTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(AWSHTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


def confine(client: Any) -> None:
    """Let a client of the AWS SDK connect to public addresses only."""
    # The SDK has no public way to say through which class it connects.
    client._endpoint.http_session._pool_classes_by_scheme.update(http=_PublicPool, https=_PublicSecurePool)  # noqa: SLF001
