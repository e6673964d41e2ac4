"""Hosts that people name in settings: only those of the vendor, so that no key goes to a host mistyped. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

LABEL: Final = "[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
LONGEST: Final = 253


def host_under(*domains: str) -> Callable[[str | None], str | None]:
    """Return a validator of a bare host name below one of the vendor's domains; it gives it in lower case."""
    pattern = re.compile(rf"(?:{LABEL}\.)+(?:{'|'.join(map(re.escape, domains))})")

    def checked(host: str | None) -> str | None:
        if host is None:
            return None
        name = host.lower()
        if len(name) > LONGEST or not pattern.fullmatch(name):
            known = " or ".join(f".{domain}" for domain in domains)
            raise ValueError(f"Name a host that ends in {known}, without https:// and without a path.")
        return name

    return checked
