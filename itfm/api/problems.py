"""Errors as RFC 9457 has them: one form for everything that can go wrong, with codes that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

logger = structlog.get_logger(__name__)
MEDIA_TYPE: Final = "application/problem+json"

CODES: Final[dict[str, tuple[int, str]]] = {
    "invalid_json": (400, "The body is not JSON of the form that is read here."),
    "invalid_query": (400, "A parameter of the address is unknown or has a wrong value; `errors` names it."),
    "invalid_cursor": (400, "The cursor does not belong to this list; start again without one."),
    "invalid_header": (400, "A header, such as Idempotency-Key, has a form that is not read here."),
    "bad_request": (400, "The request cannot be read."),
    "unauthorized": (401, "There is no living API key and no session."),
    "forbidden": (403, "The key or role does not include this operation."),
    "csrf_failed": (403, "A request with a session carries no form token; programs use a key instead."),
    "no_organization": (403, "The person has not chosen which organization to work in."),
    "second_factor_required": (403, "The organization asks its members for a second factor."),
    "not_found": (404, "There is nothing there, or it is not yours."),
    "not_allocated": (404, "The billing period has no ledger."),
    "method_not_allowed": (405, "The address knows no such method; `Allow` lists those it knows."),
    "conflict": (409, "The thing is in a state that does not allow this."),
    "in_progress": (409, "A request with the same Idempotency-Key is being worked on; try again."),
    "version_differs": (412, "Somebody changed it since; read it again and send its new ETag."),
    "too_large": (413, "The body is longer than 1 MB, or the file than is taken at once."),
    "unsupported_media_type": (
        415,
        "The body is not `application/json`; of a file, not `application/octet-stream`.",
    ),
    "invalid": (422, "A field is unknown, missing or wrong; `errors` names each."),
    "key_reused": (422, "The Idempotency-Key was used for another request."),
    "version_required": (428, "The write must carry `If-Match` with the ETag it was made from."),
    "rate_limited": (429, "Too many requests; `Retry-After` says when there is room again."),
    "internal": (500, "Something went wrong on our side; it has been logged."),
}
"""Code -> status and what it means. `docs/api.md` lists them; none is ever renamed."""


@dataclass(frozen=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field: its path as a JSON pointer, `/rows/3/quantity`."""

    pointer: str
    detail: str


class ProblemError(Exception):
    """A request that cannot be answered, told by a code of `CODES`."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, _ = CODES[code]
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer that tells it."""
        body: dict[str, Any] = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"pointer": one.pointer, "detail": one.detail} for one in self.errors]
        return Response(body, status=self.status, headers=self.headers, content_type=MEDIA_TYPE)


def unknown(what: str) -> ProblemError:
    """Return the answer for an id that is not there, or is another organization's: both read alike."""
    return ProblemError("not_found", f"There is no such {what}.")


def answer_to(error: Exception, _context: Mapping[str, Any]) -> Response:
    """Turn whatever a view raises into a problem. Django REST framework's exception handler."""
    return _problem(error).response()


def _problem(error: Exception) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        challenge = {"WWW-Authenticate": 'Bearer realm="itfm"'}
        return ProblemError("unauthorized", "Present a living API key as a bearer token.", headers=challenge)
    if isinstance(error, exceptions.MethodNotAllowed):
        return ProblemError("method_not_allowed", "This address does not know that method.")
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return ProblemError("forbidden", str(error) or "You may not do this.")
    if isinstance(error, Http404 | exceptions.NotFound):
        return ProblemError("not_found", "There is nothing at this address.")
    if isinstance(error, SuspiciousOperation | exceptions.APIException):
        return ProblemError("bad_request", "This request cannot be read.")
    logger.error("api.failed", exc_info=error)
    return ProblemError("internal", "Something went wrong on our side; it has been logged. Try again later.")
