"""A client of BigQuery that asks patiently, within bounds, and never a private network by a user's wish.

Pure but for the network. The API is that of `google-cloud-bigquery` over REST, so every connection, those for tokens
too, goes through an adapter of ours. Google's libraries follow redirects, wait for as long as a service likes and read
whatever it sends; the sessions here do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import requests
from google.auth.transport.requests import AuthorizedSession, Request

from ingestion.delivery.confined import adapter
from ingestion.delivery.settings import check_endpoint
from ingestion.gcp.refusals import TooLongError, told_plainly
from ingestion.gcp.service_account import GOOGLES_TOKENS, credentials
from ingestion.gcp.settings import BigQuerySettings

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

CHUNK_BYTES: Final = 1 << 16
MOST_BYTES: Final = 256 << 20
"""BigQuery's pages are a tenth of it."""


class _Careful:
    """A session that bounds answers in time and length, and stays with the host it was told."""

    patience: tuple[int, int]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request and read its whole answer."""
        own = {"stream": True, "allow_redirects": False, "timeout": self.patience}
        answer: requests.Response = super().send(request, **{**options, **own})  # type: ignore[misc]
        content = bytearray()
        for chunk in answer.iter_content(CHUNK_BYTES):
            content += chunk
            if len(content) > MOST_BYTES:
                answer.close()
                raise TooLongError(f"BigQuery answered with more than {MOST_BYTES:,} bytes at once.")
        # Google's libraries read the answer's content; there is no public way to set it.
        answer._content = bytes(content)  # noqa: SLF001
        return answer


class _TokenSession(_Careful, requests.Session):
    pass


class _ApiSession(_Careful, AuthorizedSession):
    pass


@contextmanager
def open_client(settings: BigQuerySettings) -> Iterator[Client]:
    """Open BigQuery for the project that pays; what goes wrong inside is told as a DeliveryError.

    :raises DeliveryError: bad_credentials, access_denied, not_found, throttled, unreachable and others.
    """
    from google.cloud.bigquery import Client

    check_endpoint(settings)
    key = settings.service_account_key
    account = credentials(key.get_secret_value() if key else "")
    # A key names the address that tokens come from, so a user chooses it.
    is_googles = settings.endpoint is None and account._token_uri == GOOGLES_TOKENS  # noqa: SLF001
    with _TokenSession() as tokens:
        _prepare(tokens, settings, is_confined=not is_googles and not settings.reach.allows_private)
        session = _ApiSession(account, auth_request=Request(tokens))
        _prepare(session, settings, is_confined=settings.is_confined)
        address = (settings.endpoint or settings.home).rstrip("/")
        with (
            told_plainly(settings),
            Client(
                project=settings.project,
                credentials=account,
                _http=session,
                client_options={"api_endpoint": address},
            ) as client,
        ):
            yield client


def _prepare(session: _TokenSession | _ApiSession, settings: BigQuerySettings, *, is_confined: bool) -> None:
    reach = settings.reach
    session.patience = (reach.connect_seconds, reach.read_seconds)
    # What stands in this machine's environment, a proxy or a netrc, is none of the source's business.
    session.trust_env = not is_confined
    carrier = adapter(reach, is_confined=is_confined)
    for scheme in ("https://", "http://"):
        session.mount(scheme, carrier)
