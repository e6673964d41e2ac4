"""Sealing secrets before they are stored: AES-256-GCM under a key of their own, wrapped by the site's key.

What is sealed for one row of one organization opens for no other: both names are authenticated with it.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION: Final = "v1"
NONCE_BYTES: Final = 12
WRAPPED_KEY_BYTES: Final = NONCE_BYTES + 32 + 16  # nonce, key, tag


class SealError(Exception):
    """A sealed secret cannot be opened: it belongs elsewhere, was altered, or the site's key is another."""


def seal(secret: str, *, organization_id: UUID, row: str) -> str:
    """Return the secret sealed for one row, as text; each time another."""
    belongs = _belongs(organization_id, row)
    own_key = AESGCM.generate_key(bit_length=256)
    wrapped = _encrypt(_site_keys()[0], own_key, belongs)
    return f"{VERSION}:{base64.b64encode(wrapped + _encrypt(own_key, secret.encode(), belongs)).decode()}"


def unseal(sealed: str, *, organization_id: UUID, row: str) -> str:
    """Return what was sealed for this row.

    :raises SealError: it was not, or by another key.
    """
    version, _, text = sealed.partition(":")
    belongs = _belongs(organization_id, row)
    if version == VERSION:
        try:
            content = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise SealError("A stored secret is damaged. Enter it again.") from error
        for site_key in _site_keys():
            try:
                own_key = _decrypt(site_key, content[:WRAPPED_KEY_BYTES], belongs)
                return _decrypt(own_key, content[WRAPPED_KEY_BYTES:], belongs).decode()
            except (InvalidTag, ValueError):
                continue
    raise SealError("A stored secret cannot be opened with this site's key. Enter it again.")


def _belongs(organization_id: UUID, row: str) -> bytes:
    return f"{VERSION}/{organization_id}/{row}".encode()


def _encrypt(key: bytes, content: bytes, belongs: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, belongs)


def _decrypt(key: bytes, content: bytes, belongs: bytes) -> bytes:
    return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], belongs)


def _site_keys() -> tuple[bytes, ...]:
    """Return the key that seals, then older ones that still open."""
    return tuple(_derived(text) for text in settings.SEALING_KEYS)


@lru_cache(maxsize=8)
def _derived(text: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"itfm sealed secrets").derive(text.encode())
