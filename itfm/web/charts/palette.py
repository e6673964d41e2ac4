"""One palette for the values of dimensions, the same on every page. Pure.

A value's color follows from its name, not from its rank, so that a team keeps it when the month, the filter or the page
changes. There are eight colors; more can no longer be told apart. Two values of one figure whose names ask for the same
color are told apart all the same: names are served in the order of their hash, and who finds its color taken gets the
next free one. Which values stand in the figure decides that, never their order; a page that knows the organization's
largest values says which colors they have everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

SLOTS: Final = 8
REST: Final = "rest"
UNALLOCATED: Final = "unallocated"


def slots(names: Iterable[str], *, kept: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the palette slot of each name: `1` to `8`, as in `--series-1` of the stylesheet.

    `kept` are slots that names have on every page; the others share what these leave. Slots repeat only when there are
    more names than slots.
    """
    wanted_by = set(names)
    taken = {name: slot for name, slot in (kept or {}).items() if name in wanted_by}
    free = set(range(SLOTS)) - {int(slot) - 1 for slot in taken.values()}
    for number, name in sorted((_number(name), name) for name in wanted_by - taken.keys()):
        free = free or set(range(SLOTS))
        wanted = number % SLOTS
        slot = next((wanted + step) % SLOTS for step in range(SLOTS) if (wanted + step) % SLOTS in free)
        free.discard(slot)
        taken[name] = str(slot + 1)
    return taken


def _number(name: str) -> int:
    """Return a number that is the same on every machine and day; Python's own hash is not."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
