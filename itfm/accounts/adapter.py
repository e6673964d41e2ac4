"""How login behaves here, where it differs from django-allauth's own ways."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from itfm.accounts.forms import INVITATION


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sends the invited back to their invitation."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where a person goes who has just logged in."""
        token = request.session.get(INVITATION)
        if token:
            return reverse("invitation", args=[token])
        return str(super().get_login_redirect_url(request))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Return where a person goes who has just signed up."""
        return self.get_login_redirect_url(request)
