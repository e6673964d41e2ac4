"""Talking to a provider's API over HTTPS: patiently, within bounds, and never to a private network by a user's wish."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ingestion.delivery.reach import PrivateAddressError
from ingestion.delivery.settings import SourceSettings, check_endpoint
from ingestion.delivery.stores import DeliveryError

if TYPE_CHECKING:
    import requests

CHUNK_BYTES: Final = 1 << 16
MOST_BYTES: Final = 64 << 20
"""No page of a billing API is near as long as this."""
JSON_MEANING: Final = "It does not answer as its documentation says. Is the endpoint right?"


@dataclass(frozen=True)
class Api:
    """A provider's API. `name` is what people call it, `base` its address.

    An answer is what comes with one of the statuses `answers`; with 202 it says where what was asked for will be.
    """

    session: requests.Session
    name: str
    base: str
    timeout: tuple[int, int]
    answers: tuple[int, ...] = (HTTPStatus.OK,)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at a path; numbers are `int` and `Decimal`.

        :raises DeliveryError: bad_credentials, access_denied, not_found, throttled, unreachable or answer_unreadable.
        """
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return the JSON that a question in JSON is answered with; the question must be safe to repeat."""
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **asked: Any) -> Any:
        import requests

        url = path if path.startswith(f"{self.base}/") else f"{self.base}/{path.lstrip('/')}"
        try:
            # A redirect would carry the key to a host that nobody named.
            with self.session.request(
                method, url, **asked, timeout=self.timeout, allow_redirects=False, stream=True
            ) as answer:
                self._check(answer)
                return self._read(answer)
        except PrivateAddressError as error:
            raise DeliveryError("private_address", f"{error} Name a public host.") from error
        except (requests.RequestException, OSError) as error:
            raise DeliveryError(
                "unreachable",
                f"{self.name} could not be reached at {self.base} ({type(error).__name__})."
                " Check the address and the network.",
            ) from error

    def _check(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status in self.answers:
            return
        code, advice = _cause(status)
        told = self._told(answer)
        raise DeliveryError(code, f"{self.name} answered {status}{f' ({told})' if told else ''}. {advice}")

    def _told(self, answer: requests.Response) -> str:
        """Return what the service says of its refusal, in one short line."""
        try:
            told = self._read(answer)
        except DeliveryError:
            return ""
        if not isinstance(told, dict):
            return ""
        error = told.get("error", told.get("errors", told.get("message", "")))
        if isinstance(error, list):
            error = error[0] if error else ""
        if isinstance(error, dict):
            error = error.get("message", "")
        return " ".join(str(error).split())[:200].rstrip(".")

    def _read(self, answer: requests.Response) -> Any:
        content = bytearray()
        for chunk in answer.iter_content(CHUNK_BYTES):
            content += chunk
            if len(content) > MOST_BYTES:
                raise DeliveryError(
                    "answer_unreadable", f"{self.name} answered with more than {MOST_BYTES >> 20} MiB at once."
                )
        try:
            return json.loads(bytes(content), parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise DeliveryError("answer_unreadable", f"{self.name} did not answer in JSON. {JSON_MEANING}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _cause(status: int) -> tuple[str, str]:
    """Return the stable code of a refusal, and what to do about it."""
    if status == HTTPStatus.UNAUTHORIZED:
        return "bad_credentials", "Check the source's key: it may have been revoked or mistyped."
    if status == HTTPStatus.FORBIDDEN:
        return "access_denied", "The key is known but may not read costs. Give it the permission, or make another."
    if status == HTTPStatus.NOT_FOUND:
        return "not_found", "Check the names in the source's settings."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "throttled", "It is asked again later."
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "redirected", "Name the address it redirects to, if you trust it."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unreachable", "The fault is on its side; it is asked again later."
    return "refused", "Check the source's settings."


@contextmanager
def open_api(
    settings: SourceSettings,
    *,
    name: str,
    base: str,
    headers: Mapping[str, str],
    path: str = "",
    answers: tuple[int, ...] = (HTTPStatus.OK,),
) -> Iterator[Api]:
    """Open an API at `base`, or at the endpoint of the settings in place of it, both followed by `path`.

    :raises DeliveryError: the endpoint is not public and must be.
    """
    import requests

    from ingestion.delivery.confined import adapter

    check_endpoint(settings)
    reach = settings.reach
    address = (settings.endpoint or base).rstrip("/") + path
    with requests.Session() as session:
        session.headers.update({"Accept": "application/json", "User-Agent": "itfm", **headers})
        # What stands in this machine's environment, a proxy or a netrc, is none of the source's business.
        session.trust_env = not (settings.is_confined or settings.is_sample)
        carrier = adapter(reach, is_confined=settings.is_confined)
        for scheme in ("https://", "http://"):
            session.mount(scheme, carrier)
        yield Api(session, name, address, (reach.connect_seconds, reach.read_seconds), answers)
