"""Showing a letter's HTML, which nobody vouches for, in a frame of this site."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse

LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox"
)
"""A letter shows its own style and pictures and does nothing, also where somebody opens it outside of a frame."""


def framed(html: str) -> HttpResponse:
    """Answer a letter's HTML for a frame of this site, under a policy of its own."""
    return HttpResponse(html, headers={"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"})
