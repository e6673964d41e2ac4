"""The spellings that bills have for one tag key: `cost_center`, `Cost-Center`, `cc`. Pure.

A rule that names any of them sees the first that has a value: the key itself, then its other spellings as listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Final

from pydantic import Field

from allocation.engine.schema import Text

TagAliases = dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]]
"""Tag key -> its other spellings, in the order in which they are asked."""

_SIGNS: Final = str.maketrans("", "", "-_ ")


@lru_cache(maxsize=4096)
def form(key: str) -> str:
    """Return what similar tag keys have in common: the key without case, `-`, `_` and spaces."""
    return key.casefold().translate(_SIGNS)


def first_text(texts: Iterable[str | None]) -> str | None:
    """Return the first text that is not blank; where all are, the first that is not empty."""
    blank = None
    for text in texts:
        if text and not text.isspace():
            return text
        blank = blank or text or None
    return blank


class Spellings:
    """The listed spellings of some tag keys; with `similar`, also those that differ only in case, `-`, `_`, spaces."""

    def __init__(self, aliases: Mapping[str, Iterable[str]] | None = None, *, similar: bool = False) -> None:
        self.similar = similar
        self._listed = {key: (key, *others) for key, others in (aliases or {}).items()}
        self._key_of = {spelling: key for key, listed in self._listed.items() for spelling in listed}
        self._key_of_form = {form(spelling): key for spelling, key in self._key_of.items()} if similar else {}

    @property
    def are_plain(self) -> bool:
        """Whether each key has one spelling, its own."""
        return not self._listed and not self.similar

    def key(self, spelling: str) -> str:
        """Return the key that a spelling is listed under, or similar to one that is; else the spelling itself."""
        if spelling in self._key_of:
            return self._key_of[spelling]
        return self._key_of_form.get(form(spelling), spelling) if self.similar else spelling

    def listed(self, spelling: str) -> tuple[str, ...]:
        """Return the listed spellings of the key that one stands for, the key first."""
        return self._listed.get(self.key(spelling), (spelling,))

    def of(self, spelling: str, *, among: Iterable[str] = ()) -> tuple[str, ...]:
        """Return all spellings of a key in the order in which they are asked.

        `among` are the keys there are, of which similar ones are found: each stands behind the first listed spelling
        that it is similar to, in the order of their letters; one that is listed itself stands where it is listed.
        """
        listed = self.listed(spelling)
        if not self.similar:
            return listed
        places: dict[str, int] = {}
        for place, one in enumerate(listed):
            places.setdefault(form(one), place)
        similar = {key: places[form(key)] for key in among if form(key) in places and key not in listed}
        ordered = [(place, 0, one) for place, one in enumerate(listed)]
        ordered += [(place, 1, key) for key, place in similar.items()]
        return tuple(one for _, _, one in sorted(ordered))

    def text(self, spelling: str, tags: Mapping[str, str]) -> str | None:
        """Return the text that a rule sees in a charge's tags."""
        return first_text(tags.get(one) for one in self.of(spelling, among=tags))

    def by_key(self, spellings: Iterable[str]) -> dict[str, str]:
        """Return the key of each of some spellings; similar ones that nobody listed have the first of them for key."""
        first: dict[str, str] = {}
        return {one: first.setdefault(self._form(one), self.key(one)) for one in sorted(spellings)}

    def are_one(self, one: str, other: str) -> bool:
        """Return whether two spellings are of one key."""
        return self._form(one) == self._form(other)

    def missing(self, keys: Iterable[str], *, among: Iterable[str]) -> list[str]:
        """Return those keys of which no spelling is among others."""
        known = {self._form(key) for key in among}
        return [key for key in keys if self._form(key) not in known]

    def _form(self, spelling: str) -> str:
        """Return what all spellings of a key have in common."""
        key = self.key(spelling)
        return form(key) if self.similar else key


def problems(aliases: Mapping[str, tuple[str, ...]], *, similar: bool) -> Iterator[str]:
    """Yield "path: message" for spellings that are blank, stand twice, or belong to two keys."""
    for key, others in aliases.items():
        if any(one.isspace() for one in (key, *others)):
            yield f"tag_aliases.{key}: a spelling is blank; write it, or leave the line out"
        for one in sorted(set(others)):
            if one == key:
                yield f"tag_aliases.{key}: '{one}' is the key itself; leave it out of its spellings"
            elif others.count(one) > 1:
                yield f"tag_aliases.{key}: '{one}' stands {others.count(one)} times; keep one"
    yield from _shared(aliases, similar=similar)


def _shared(aliases: Mapping[str, tuple[str, ...]], *, similar: bool) -> Iterator[str]:
    """Yield what is wrong with spellings that would lead to two keys."""
    holder: dict[str, tuple[str, str]] = {}
    for key, others in aliases.items():
        for one in dict.fromkeys((key, *others)):
            form_of_one = form(one) if similar else one
            other, written = holder.setdefault(form_of_one, (key, one))
            is_told = one == other and key in aliases[other] and other in others
            if other != key and not is_told:
                yield f"tag_aliases.{key}: {_conflict(one, key, written, other, aliases)}"


def _conflict(one: str, key: str, written: str, other: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
    if one == key and written in aliases[other] and other in aliases[key]:
        return f"'{key}' and '{other}' are spellings of each other; keep one of them as the key"
    if one != written:
        place = f"the key '{other}'" if written == other else f"'{written}' of the key '{other}'"
        return f"'{one}' is similar to {place}, and similar keys count as one; keep one of them"
    if one == key:
        return f"'{one}' is a spelling of '{other}' already; list its spellings there"
    if written == other:
        return f"'{one}' is a key with spellings of its own; list them all under one key"
    return f"'{one}' is a spelling of '{other}' already; keep it under one key"
