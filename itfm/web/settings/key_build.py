"""From API keys to their page."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

from django.forms import Form

from itfm.accounts.keys import grant_of, living
from itfm.accounts.models import ApiKey
from itfm.core.policy import Permission, Role
from itfm.web.settings.page import PERMISSION_WORDS, KeyRow, KeysPage, KeyState, NewSecret
from itfm.web.shell.page import Shell

MOST_LIVING: Final = 200
MOST_DEAD: Final = 20


def keys_page(*, shell: Shell, form: Form | None, secret: NewSecret | None, at: datetime) -> KeysPage:
    """Return the living keys, newest first, then the latest that have died."""
    alive = list(living(ApiKey.objects.all(), at=at).order_by("-created_at", "id")[:MOST_LIVING])
    dead = ApiKey.objects.exclude(pk__in=living(ApiKey.objects.all(), at=at).values("pk"))
    replaced = {key.replaces_id for key in alive}
    return KeysPage(
        shell=shell,
        tab="keys",
        living=tuple(_row(key, state="replaced" if key.pk in replaced else "living") for key in alive),
        dead=tuple(
            _row(key, state="revoked" if key.revoked_at else "expired")
            for key in dead.order_by("-created_at", "id")[:MOST_DEAD]
        ),
        form=form,
        secret=secret,
    )


def _in_words(key: ApiKey) -> tuple[str, ...]:
    """Return what a key may do, where that is less than its role may."""
    if key.permissions is None:
        return ()
    listed = sorted(grant_of(key).permissions or ())
    return tuple(PERMISSION_WORDS[cast("Permission", one)] for one in listed) or ("Nothing",)


def _row(key: ApiKey, *, state: KeyState) -> KeyRow:
    return KeyRow(
        id=key.pk,
        name=key.name,
        prefix=key.prefix,
        role=Role(key.role),
        permissions=_in_words(key),
        scopes=tuple(f"{scope['dimension']} = {scope['value']}" for scope in key.scopes),
        created_at=key.created_at,
        created_by=key.created_by_name,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        state=state,
    )
