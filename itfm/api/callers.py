"""Who asks: a program with an API key, or a person with a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from allauth.mfa.utils import is_mfa_enabled
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from itfm.accounts.access import current_membership
from itfm.accounts.keys import as_member, living_key
from itfm.accounts.models import Membership, User
from itfm.api.problems import ProblemError
from itfm.audit.services import Actor
from itfm.core.policy import Permission


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody inside an organization: what they may do there, and by which name it is written down."""

    membership: Membership
    actor: Actor
    identity: str
    """Tells callers apart, for limits and idempotency keys: `key:<id>` or `user:<id>`."""

    is_authenticated: Final = True

    def may(self, permission: Permission) -> bool:
        """Return whether the operation is theirs."""
        return self.membership.may(permission)


class KeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer itfm_…`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the program; None when there is no such header.

        :raises AuthenticationFailed: the header holds no living key.
        """
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        key = living_key(token.strip(), at=timezone.now()) if scheme.lower() == "bearer" else None
        if key is None:
            raise exceptions.AuthenticationFailed
        name = f"API key {key.name} ({key.prefix}…)"
        caller = Caller(membership=as_member(key), actor=Actor(id=None, name=name), identity=f"key:{key.id}")
        return caller, key

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        """Return the challenge of a 401."""
        return 'Bearer realm="itfm"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a person who is logged in, with a form token on everything that writes."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the person in the organization they work in; None when nobody is logged in."""
        found = super().authenticate(request)
        if found is None:
            return None
        user = cast("User", found[0])
        membership = current_membership(request._request)  # noqa: SLF001 - sessions are Django's
        if membership is None:
            raise ProblemError("no_organization", "Choose the organization to work in on the site first, or use a key.")
        if membership.organization.requires_second_factor and not is_mfa_enabled(user):
            raise ProblemError("second_factor_required", "Set up a second factor on the site first, or use a key.")
        actor = Actor(id=user.pk, name=user.email)
        return Caller(membership=membership, actor=actor, identity=f"user:{user.pk}"), None

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a request that another site could have made the browser send.

        :raises ProblemError: no form token.
        """
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise ProblemError("csrf_failed", "Send the form token as X-CSRFToken, or use an API key.") from error


class _KeyScheme(OpenApiAuthenticationExtension):
    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "description": "An API key, `itfm_…`."}


class _SessionScheme(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:  # noqa: ARG002
        description = "The session of a person who is logged in; writes carry `X-CSRFToken`."
        return {"type": "apiKey", "in": "cookie", "name": "session", "description": description}
