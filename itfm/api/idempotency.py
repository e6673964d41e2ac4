"""One effect for one Idempotency-Key, however often and however parallel the request comes.

The row of the key is written in the transaction of the effect. Whoever comes second waits at the unique index until the
first is done: then the answer is there to be sent again, or, when the first failed, nothing is, and the second goes
ahead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from rest_framework.request import Request

from itfm.api.callers import Caller
from itfm.api.models import IdempotentAnswer
from itfm.api.problems import ProblemError
from itfm.api.replies import Reply

HEADER: Final = "Idempotency-Key"
METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
LIFETIME: Final = timedelta(hours=24)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_WAIT: Final = "20s"


def once(
    work: Callable[[], Reply],
    *,
    request: Request,
    caller: Caller,
    body: bytes,
    shown_once: tuple[str, ...],
    at: datetime,
) -> Reply:
    """Do the work, unless this caller's key has been worked on already: then return that answer again.

    `shown_once` names fields of the answer that are not kept, and null when it is sent again.

    :raises ProblemError: the key has another form, stood on another request, or is being worked on for too long.
    """
    key = request.headers.get(HEADER)
    if key is None or request.method not in METHODS:
        return work()
    if not _KEY.fullmatch(key):
        raise ProblemError("invalid_header", "An Idempotency-Key is 1 to 200 visible ASCII characters without spaces.")
    kept, is_new = _kept(key, request=request, caller=caller, body=body, at=at)
    if not is_new:
        return _again(kept, request=request, body=body)
    reply = work()
    kept.status, kept.headers = reply.status, dict(reply.headers)
    kept.body = {**reply.data, **dict.fromkeys(shown_once)} if isinstance(reply.data, dict) else reply.data
    kept.save(update_fields=["status", "headers", "body"])
    return reply


def _kept(key: str, *, request: Request, caller: Caller, body: bytes, at: datetime) -> tuple[IdempotentAnswer, bool]:
    IdempotentAnswer.objects.filter(caller=caller.identity, expires_at__lte=at).delete()
    fields: dict[str, Any] = {
        "organization_id": caller.membership.organization_id,
        "caller": caller.identity,
        "key": key,
    }
    new = IdempotentAnswer(**fields, request_sha256=_sha256(request, body), expires_at=at + LIFETIME)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
            IdempotentAnswer.objects.bulk_create([new], ignore_conflicts=True)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        detail = "A request with this Idempotency-Key is being worked on. Try again."
        raise ProblemError("in_progress", detail, headers={"Retry-After": "5"}) from error
    found = IdempotentAnswer.objects.get(**fields)
    return found, found.pk == new.pk


def _again(kept: IdempotentAnswer, *, request: Request, body: bytes) -> Reply:
    if kept.request_sha256 != _sha256(request, body):
        raise ProblemError("key_reused", "This Idempotency-Key was used for another request. Send a new one.")
    return Reply(kept.body, status=kept.status or 200, headers={**kept.headers, "Idempotency-Replayed": "true"})


def _sha256(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.get_full_path()} {request.headers.get('If-Match', '')}\n"
    return hashlib.sha256(head.encode() + body).hexdigest()
