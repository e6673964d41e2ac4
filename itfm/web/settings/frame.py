"""Puts the account pages of the login library into the site's own frame."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from itfm.web.settings.page import AccountFrame
from itfm.web.shell.build import shell_of_person

PREFIX = "/account/"


def account_frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates under `/account/` a `page`; those of somebody not logged in have none."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not request.path.startswith(PREFIX):
        return {}
    return {"page": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: Any) -> AccountFrame:
    return AccountFrame(shell=shell_of_person(request, "settings"), tab="settings_security")
