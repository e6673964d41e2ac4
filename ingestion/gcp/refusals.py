"""What BigQuery and Google's tokens refuse, in a sentence that says what to do. Pure.

Source: https://cloud.google.com/bigquery/docs/error-messages, and https://developers.google.com/identity/protocols/oauth2
for `invalid_grant`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import requests

from ingestion.delivery.reach import PrivateAddressError
from ingestion.delivery.stores import DeliveryError
from ingestion.gcp.settings import BigQuerySettings

LONGEST: Final = 300
JOBS: Final = "bigquery.jobs.create"
_REASONS: Final = {
    "accessNotConfigured": ("access_denied", "Enable the BigQuery API in the project {project}."),
    "billingNotEnabled": ("access_denied", "Enable billing for the project {project}, which pays for the queries."),
    "bytesBilledLimitExceeded": (
        "scan_too_large",
        "Raise the most that a query may scan, or read from a later month on.",
    ),
    "quotaExceeded": (
        "throttled",
        "The quota of the project {project} is used up: raise it, or wait until it is reset.",
    ),
    "rateLimitExceeded": ("throttled", "It is asked again later."),
}
_STATUSES: Final = {
    int(HTTPStatus.UNAUTHORIZED): ("bad_credentials", "Check the service account's key: it may have been deleted."),
    int(HTTPStatus.TOO_MANY_REQUESTS): ("throttled", "It is asked again later."),
}


class TooLongError(requests.RequestException):
    """An answer is longer than any of BigQuery's."""


@contextmanager
def told_plainly(settings: BigQuerySettings) -> Iterator[None]:
    """Tell what Google's libraries raise as what went wrong and what to do."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except PrivateAddressError as error:
        raise DeliveryError("private_address", f"{error} Name a public host.") from error
    except (GoogleAPIError, GoogleAuthError, requests.RequestException, OSError) as error:
        raise _told(error, settings) from error
    except (KeyError, TypeError, ValueError) as error:
        raise DeliveryError(
            "answer_unreadable", "BigQuery does not answer as its documentation says. Is the endpoint right?"
        ) from error


def _told(error: Exception, settings: BigQuerySettings) -> DeliveryError:
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import RefreshError

    if isinstance(error, RetryError) and error.cause:
        return _told(error.cause, settings)
    if isinstance(error, RefreshError) and error.retryable:
        return DeliveryError("unreachable", "Google gives no tokens at the moment. It is asked again later.")
    if isinstance(error, RefreshError):
        told = _line(error.args[0] if error.args else error)
        return DeliveryError(
            "bad_credentials",
            f"Google takes the service account's key no more ({told}). It was deleted or its account disabled:"
            " make another key.",
        )
    if isinstance(error, GoogleAPICallError):
        return _refused(error, settings)
    if isinstance(error, TimeoutError):
        return DeliveryError("unreachable", "BigQuery did not finish the query in time. It is asked again later.")
    if isinstance(error, requests.JSONDecodeError):
        return DeliveryError("answer_unreadable", "BigQuery did not answer in JSON. Is the endpoint right?")
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    if isinstance(cause, TooLongError):
        return DeliveryError("answer_unreadable", f"{cause} Is the endpoint right?")
    return DeliveryError(
        "unreachable",
        f"BigQuery could not be reached at {settings.endpoint or settings.home} ({type(cause).__name__})."
        " Check the address and the network.",
    )


def _refused(error: Any, settings: BigQuerySettings) -> DeliveryError:
    """Return what is told of an answer that is none; `error` is Google's exception for it."""
    told = next((one for one in error.errors or () if isinstance(one, dict)), {})
    reason = str(told.get("reason", ""))
    # The exception's own message begins with the address, and its end is on the job.
    message = _line(told.get("message") or error.message)
    code, advice = _cause(int(error.code or 0), reason, message, settings)
    return DeliveryError(code, f"BigQuery answered {error.code or reason} ({message}). {advice}")


def _cause(status: int, reason: str, message: str, settings: BigQuerySettings) -> tuple[str, str]:
    """Return the stable code of a refusal, and what to do about it."""
    if found := _REASONS.get(reason):
        return found[0], found[1].format(project=settings.project)
    if status == HTTPStatus.FORBIDDEN:
        return "access_denied", _permission(message, settings)
    if status == HTTPStatus.NOT_FOUND and " location " in message:
        return "wrong_location", "Leave the location empty, or set that of the dataset."
    if status == HTTPStatus.NOT_FOUND:
        return "not_found", f"Check the project {settings.project}, the dataset {settings.dataset} and the table."
    if status in _STATUSES:
        return _STATUSES[status]
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "redirected", "Name the address it redirects to, if you trust it."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unreachable", "The fault is on its side; it is asked again later."
    return "refused", "Check the source's settings."


def _permission(message: str, settings: BigQuerySettings) -> str:
    if JOBS in message:
        return f"Give the service account the role BigQuery Job User ({JOBS}) on the project {settings.project}."
    return f"Give the service account the role BigQuery Data Viewer on the dataset {settings.dataset}."


def _line(text: object) -> str:
    return " ".join(str(text).split())[:LONGEST].rstrip(".")
