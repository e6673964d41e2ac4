"""The key of a service account, as Google Cloud gives it. Pure.

Source: https://cloud.google.com/iam/docs/keys-create-delete, the JSON of a key.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ingestion.delivery.stores import DeliveryError

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials

SCOPE: Final = "https://www.googleapis.com/auth/bigquery"
NEEDED: Final = ("client_email", "private_key", "token_uri")
TAKEN: Final = (*NEEDED, "private_key_id", "project_id")
"""What else a key says, such as another universe than Google's own, is not followed."""
GOOGLES_TOKENS: Final = "https://oauth2.googleapis.com/token"
"""Where Google gives a token for a key."""


def credentials(key: str) -> Credentials:
    """Return who a key speaks for, ready to ask for a token.

    :raises DeliveryError: bad_credentials; the text is no key of a service account.
    """
    from google.oauth2.service_account import Credentials

    told = _told(key)
    try:
        account: Credentials = Credentials.from_service_account_info(told, scopes=[SCOPE])
    except (ValueError, TypeError):
        # What was wrong with it may show the key.
        raise _bad("has a private key that cannot be read") from None
    return account


def _told(key: str) -> dict[str, str]:
    try:
        told = json.loads(key)
    except ValueError:
        raise _bad("is no JSON") from None
    if not isinstance(told, dict):
        raise _bad("is no JSON object")
    if told.get("type") != "service_account":
        raise _bad("is that of no service account (its type is not service_account)")
    if missing := [name for name in NEEDED if not isinstance(told.get(name), str) or not told[name]]:
        raise _bad(f"has no {' and no '.join(missing)}")
    return {name: told[name] for name in TAKEN if isinstance(told.get(name), str)}


def _bad(what: str) -> DeliveryError:
    return DeliveryError(
        "bad_credentials", f"The service account key {what}. Paste the whole JSON file that Google Cloud gave for it."
    )
