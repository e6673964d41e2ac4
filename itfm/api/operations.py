"""The frame every operation of the API stands in.

A resource is a class with a method for each HTTP method; `operation` says who may call it, what it reads and what it
answers. The frame authenticates, counts against the limits, checks the permission, opens the organization's
transaction, parses, calls once, and writes the answer. Whatever is raised inside undoes the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from hashlib import sha256
from typing import Any, ClassVar, Final, TypeVar, cast

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from allocation.selectors import Visibility
from itfm.accounts.models import Membership, Organization
from itfm.api import documents, limits
from itfm.api.callers import Caller, KeyAuthentication, SessionAuthentication
from itfm.api.fields import Query
from itfm.api.idempotency import once
from itfm.api.paging import Page, PageQuery
from itfm.api.problems import FieldProblem, ProblemError
from itfm.api.replies import Reply
from itfm.audit.services import Actor, record
from itfm.core.policy import Permission
from itfm.core.tenancy import tenant
from itfm.web.visibility import visibility_of

F = TypeVar("F", bound=Callable[..., Any])
DECLARATION: Final = "operation"
JSON: Final = "application/json"
FILE: Final = "application/octet-stream"
"""Media types of bodies."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What one method of a resource declares.

    `answers` writes what it returns: one thing, or with `is_list` a `Page` of them, asked for by a `PageQuery`.
    """

    permission: Permission
    query: type[Query] | None = None
    body: type[Serializer[Any]] | None = None
    answers: type[Serializer[Any]] | None = None
    status: int = 200
    is_list: bool = False
    is_versioned: bool = False
    """It changes something with versions: `If-Match` must name the one it was made from."""
    shown_once: tuple[str, ...] = ()
    """Secret fields of the answer, which are not kept for a repeated request."""
    files: tuple[str, ...] = ()
    """It answers a file of one of these media types instead of JSON."""
    file_bytes: int = 0
    """Its body is a file of at most so many bytes instead of JSON."""
    reads_lake: bool = False
    """It reads files for long, and opens the organization's transaction by itself, briefly."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, parsed: who asks, what for, and when."""

    caller: Caller
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    at: datetime
    file: bytes = b""
    """The body, where that is a file."""
    expected_etag: str | None = None

    @property
    def organization(self) -> Organization:
        """The organization the caller is in."""
        return self.membership.organization

    @property
    def membership(self) -> Membership:
        """The caller's place in it."""
        return self.caller.membership

    @property
    def actor(self) -> Actor:
        """The caller as the audit log names them."""
        return self.caller.actor

    @property
    def visibility(self) -> Visibility:
        """Which part of the cost the caller sees."""
        return visibility_of(self.membership)

    def record(
        self, action: str, *, target: str = "", summary: str = "", changes: Mapping[str, Any] | None = None
    ) -> None:
        """Write down a change the caller makes."""
        record(
            action,
            organization_id=self.organization.id,
            actor_id=self.actor.id,
            actor_name=self.actor.name,
            target=target,
            summary=summary,
            changes=changes,
        )

    def expect(self, etag: str) -> None:
        """Go on only when the caller has seen this version of what it changes.

        :raises ProblemError: it has seen another one.
        """
        if self.expected_etag not in {etag, "*"}:
            detail = f"It has changed since; read it again. Its ETag is now {etag}."
            raise ProblemError("version_differs", detail, headers={"ETag": etag})


def operation(permission: Permission, *, operation_id: str, tags: Sequence[str], **declares: Any) -> Callable[[F], F]:
    """Declare one method of a resource; `declares` are the fields of `Operation`."""
    declared = Operation(permission=permission, **declares)
    query = declared.query or (PageQuery if declared.is_list else None)
    described = extend_schema(
        operation_id=operation_id,
        tags=tags,
        request=declared.body,
        responses={declared.status: declared.answers(many=declared.is_list) if declared.answers else None},
        parameters=[] if query is None else [query],
    )

    def decorate(method: F) -> F:
        @wraps(method)
        def handle(resource: Resource, request: Request, **ids: Any) -> HttpResponseBase:
            return resource.handle(method, declared, request, ids)

        setattr(handle, DECLARATION, declared)
        return cast("F", described(handle))

    return decorate


class JsonOnly(BaseContentNegotiation):
    """Answers are JSON whatever a client says it accepts."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:  # noqa: ARG002
        """Return none: bodies are read by `documents`."""
        return None

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - the framework's signature
        renderers: Iterable[Any],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[Any, str]:
        """Return the only one."""
        only = next(iter(renderers))
        return only, only.media_type


class Resource(APIView):
    """An address of the API."""

    authentication_classes = [KeyAuthentication, SessionAuthentication]
    permission_classes = []
    throttle_classes = []
    renderer_classes = [JSONRenderer]
    content_negotiation_class = JsonOnly
    metadata_class = None
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    policy: ClassVar[str] = ""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, with the permission of each method as its policy."""
        view = super().as_view(**initkwargs)
        view.policy = ", ".join(  # type: ignore[attr-defined]
            f"{method.upper()} {declared.permission}" for method, declared in cls.operations().items()
        )
        return view

    @classmethod
    def operations(cls) -> dict[str, Operation]:
        """Return what each method declares."""
        found = {name: getattr(getattr(cls, name, None), DECLARATION, None) for name in cls.http_method_names}
        return {name: declared for name, declared in found.items() if declared is not None}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, with an entity tag on what was read, and 304 where the client has that already."""
        response = super().dispatch(request, *args, **kwargs)
        if isinstance(response, Response):
            response = response.render()
        self._add_limits(response)
        if request.method not in {"GET", "HEAD"} or response.status_code != 200 or response.streaming:
            return response
        content = cast("HttpResponse", response).content
        etag = response.get("ETag") or etag_of(content)
        response["ETag"] = etag
        return cast("HttpResponseBase", get_conditional_response(request, etag=etag, response=cast("Any", response)))

    def _add_limits(self, response: HttpResponseBase) -> None:
        for name, value in getattr(self, "limit_headers", {}).items():
            response[name] = value

    def perform_authentication(self, request: Request) -> None:
        """Let nobody in without a name, and count the request.

        :raises NotAuthenticated: neither a key nor a session.
        """
        super().perform_authentication(request)
        if not isinstance(request.user, Caller):
            raise exceptions.NotAuthenticated
        self.limit_headers = limits.take(request.user)

    def handle(
        self, method: Callable[..., Any], declared: Operation, request: Request, ids: Mapping[str, Any]
    ) -> HttpResponseBase:
        """Carry out one operation."""
        caller = cast("Caller", request.user)
        if not caller.may(declared.permission):
            raise ProblemError("forbidden", f"This needs the permission {declared.permission}, which you do not have.")
        organization_id = caller.membership.organization_id
        structlog.contextvars.bind_contextvars(organization=str(organization_id), caller=caller.identity)
        raw = _body(declared, request)
        now = timezone.now()

        def work() -> Reply:
            call = Call(
                caller=caller,
                query=_query(declared, request),
                body=_parsed(declared.body, documents_read(raw)) if declared.body is not None else {},
                at=now,
                file=raw if declared.file_bytes else b"",
                expected_etag=_expected(declared, request),
            )
            return self._reply(declared, method(self, call, **ids))

        with nullcontext() if declared.reads_lake else tenant(organization_id):
            if declared.reads_lake:
                reply = work()
            else:
                reply = once(work, request=request, caller=caller, body=raw, shown_once=declared.shown_once, at=now)
        if isinstance(reply.data, HttpResponseBase):
            return reply.data
        return Response(reply.data, status=reply.status, headers=dict(reply.headers))

    def _reply(self, declared: Operation, found: Any) -> Reply:
        if isinstance(found, HttpResponseBase):
            return Reply(found)
        reply = found if isinstance(found, Reply) else Reply(found, status=declared.status)
        if declared.answers is None:
            return reply
        if isinstance(reply.data, Page):
            rows = declared.answers(reply.data.rows, many=True).data
            data: Any = {"items": rows, "next": reply.data.next_cursor}
        else:
            data = dict(declared.answers(reply.data).data)
        return Reply(data, status=reply.status if found is reply else declared.status, headers=reply.headers)


def etag_of(content: bytes) -> str:
    """Return the entity tag of a representation."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def documents_read(body: bytes) -> Any:
    """Return the JSON of a body.

    :raises ProblemError: it is not of the form read here.
    """
    try:
        return documents.read(body)
    except documents.DocumentError as error:
        raise ProblemError("invalid_json", str(error)) from error


def _body(declared: Operation, request: Request) -> bytes:
    """Return the bytes of the body that an operation takes, none where it takes none.

    :raises ProblemError: it is of another media type, or longer than is taken.
    """
    if declared.body is None and not declared.file_bytes:
        return b""
    plain: HttpRequest = request._request  # noqa: SLF001 - bodies are read by `documents`, not by a parser
    media_type, most = (FILE, declared.file_bytes) if declared.file_bytes else (JSON, documents.MOST_BYTES)
    if plain.content_type != media_type:
        what = "the file itself" if declared.file_bytes else "the body"
        raise ProblemError("unsupported_media_type", f"Send {what} as {media_type}.")
    try:
        length = int(plain.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > most:
        raise ProblemError("too_large", f"A body is at most {most:,} bytes; send less at a time.")
    return plain.read(most) if declared.file_bytes else plain.body


def _query(declared: Operation, request: Request) -> Mapping[str, Any]:
    form = (declared.query or (PageQuery if declared.is_list else Query))(data=request._request.GET)  # noqa: SLF001
    if not form.is_valid():
        raise ProblemError(
            "invalid_query", "A parameter of the address is wrong.", errors=_field_problems(form.errors, "")
        )
    return cast("Mapping[str, Any]", form.validated_data)


def _parsed(form: type[Serializer[Any]], document: Any) -> Mapping[str, Any]:
    filled = form(data=document)
    if not filled.is_valid():
        raise ProblemError("invalid", "The body has fields that are wrong.", errors=_field_problems(filled.errors, ""))
    return cast("Mapping[str, Any]", filled.validated_data)


def _field_problems(errors: Any, pointer: str) -> list[FieldProblem]:
    """Return every error with the path of its field."""
    if isinstance(errors, Mapping):
        found = [
            _field_problems(inner, pointer if name == "non_field_errors" else f"{pointer}/{_escaped(name)}")
            for name, inner in errors.items()
        ]
    elif isinstance(errors, list) and any(isinstance(one, Mapping) for one in errors):
        found = [_field_problems(inner, f"{pointer}/{number}") for number, inner in enumerate(errors) if inner]
    else:
        return [FieldProblem(pointer=pointer, detail=str(one)) for one in errors]
    return [problem for problems in found for problem in problems]


def _escaped(name: object) -> str:
    return str(name)[:60].replace("~", "~0").replace("/", "~1")


def _expected(declared: Operation, request: Request) -> str | None:
    """Return the entity tag a write was made from."""
    if not declared.is_versioned:
        return None
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags:
        detail = "Read it first and send its ETag as If-Match, so that nobody's change is lost; * to overwrite."
        raise ProblemError("version_required", detail)
    return tags[0] if len(tags) == 1 else None
