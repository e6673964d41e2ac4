"""How bills write their tag keys: what each spelling holds, and what several of them hold as one key.

Bills are immutable files, so what a month's keys hold is worked out once per process and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from allocation.engine import attribute_sets
from allocation.engine.conditions import Subject
from allocation.engine.inputs import Revision
from allocation.engine.tag_aliases import Spellings, form
from allocation.matches import LIMITS, Catch, Month, Ranked, catches_by, dearest, summed, sums_of_all

if TYPE_CHECKING:
    from allocation.engine.attribute_sets import AttributeSets, Codes

EXAMPLES: Final = 4
LEAST_SHARED: Final = 3
"""Fewer values in common, such as true and false, tell nothing."""
_SHARE: Final = (2, 3)
"""Of the key with fewer values, so many of so many must be values of the other as well."""
_NONE: Final = -1

# Each tag that is not blank. Grain: (revision_number, attribute_set_id, key).
_TAGGED: Final = r"""
SELECT CAST(? AS INTEGER) AS revision_number, attribute_set_id, each.key, each.value ->> '$' AS text
FROM read_parquet(?), json_each(tags) AS each
WHERE tags IS NOT NULL AND regexp_matches(coalesce(each.value ->> '$', ''), '\S')
"""

# How many values each key has, and the most frequent of them. Grain: key.
_VALUES: Final = """
WITH counted AS (SELECT key, text, SUM(charges) AS charges FROM joined GROUP BY key, text)
SELECT key, COUNT(*), list(text ORDER BY charges DESC, text)[:?]
FROM counted
GROUP BY key
"""

# Values that two keys have in common. Grain: (key, other).
_SHARED: Final = """
WITH texts AS (SELECT DISTINCT key, text FROM tagged)
SELECT texts.key, other.key, COUNT(*)
FROM texts JOIN texts AS other ON other.text = texts.text AND texts.key < other.key
GROUP BY ALL
HAVING COUNT(*) >= ?
ORDER BY ALL
"""


@dataclass(frozen=True, kw_only=True)
class KeyFound:
    """A tag key as bills write it: what carries it with a value, how many values it has, and the most frequent."""

    key: str
    catch: Catch
    value_count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SharedValues:
    """How many values two keys have in common."""

    keys: tuple[str, str]
    count: int


@dataclass(frozen=True, kw_only=True)
class KeysFound:
    """The keys of a month, dearest first, and which have values in common."""

    keys: tuple[KeyFound, ...] = ()
    shared: tuple[SharedValues, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Why a key may be another spelling of one: it is similar, or so many of the values of one are the other's too."""

    key: str
    is_similar: bool
    shared: int = 0
    of: int = 0


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A key and those of less cost that may be other spellings of it, dearest first."""

    key: str
    others: tuple[Likeness, ...]


@dataclass(frozen=True, kw_only=True)
class SpellingFound:
    """One spelling of a key: what carries it with a value, and the part of this on which it is the one that counts."""

    spelling: str
    has: Catch
    counts: Catch


@dataclass(frozen=True, kw_only=True)
class GroupFound:
    """Spellings of one key in the order in which they are asked, and all that has a value under any of them."""

    spellings: tuple[SpellingFound, ...]
    together: Catch
    contradicting: Catch
    """What has two spellings with different values."""


def keys_found(bills: Month) -> KeysFound:
    """Return the keys that rules may look at in a month's bills."""
    return _keys_found(bills.revisions) if bills.revisions else KeysFound()


def groups_found(bills: Month, spellings: Spellings, keys: Iterable[str]) -> dict[str, GroupFound]:
    """Return by key what its spellings hold in a month's bills, each by itself and as one; the bills are read once."""
    known = [one.key for one in keys_found(bills).keys]
    listed = {key: spellings.of(key, among=known) for key in keys}
    return dict(zip(listed, _groups_found(bills.revisions, tuple(listed.values())), strict=True))


@lru_cache(maxsize=64)
def _groups_found(revisions: tuple[Revision, ...], listed: tuple[tuple[str, ...], ...]) -> tuple[GroupFound, ...]:
    if not revisions or not listed:
        return tuple(_group(spelled, {}, {}, Catch()) for spelled in listed)
    found = {one.key: one.catch for one in _keys_found(revisions).keys}
    subjects = {Subject("tag", one) for spelled in listed for one in spelled}
    sets = attribute_sets.read(revisions, subjects=subjects, spellings=Spellings())
    columns: dict[str, Codes] = {}
    for number, spelled in enumerate(listed):
        columns[f"first_{number}"], columns[f"differs_{number}"] = _decided(sets, spelled)
    with summed(revisions, sets, columns) as database:
        return tuple(
            _group(
                spelled,
                found,
                catches_by(database, f"first_{number}"),
                catches_by(database, f"differs_{number}").get(1, Catch()),
            )
            for number, spelled in enumerate(listed)
        )


def _group(
    spelled: Sequence[str], found: Mapping[str, Catch], counts: Mapping[int, Catch], contradicting: Catch
) -> GroupFound:
    together = Catch()
    for place in range(len(spelled)):
        together = together.plus(counts.get(place, Catch()))
    return GroupFound(
        spellings=tuple(
            SpellingFound(spelling=one, has=found.get(one, Catch()), counts=counts.get(place, Catch()))
            for place, one in enumerate(spelled)
        ),
        together=together,
        contradicting=contradicting,
    )


def proposals(found: KeysFound, spellings: Spellings) -> Iterator[Proposal]:
    """Yield keys that may be one and do not count as one yet, dearest first; each key is proposed once."""
    alike = _alike(found, spellings)
    left = dict.fromkeys(one.key for one in found.keys)
    for one in found.keys:
        if one.key not in left:
            continue
        others = tuple(alike[one.key][key] for key in left if key in alike[one.key])
        for key in (one.key, *(other.key for other in others)) if others else ():
            del left[key]
        if others:
            yield Proposal(key=one.key, others=others)


def alike(found: KeysFound, spellings: Spellings, *, key: str) -> tuple[Likeness, ...]:
    """Return the keys that may be another spelling of one and do not count as one with it yet, dearest first."""
    of_key = _alike(found, spellings)[key]
    return tuple(of_key[one.key] for one in found.keys if one.key in of_key)


def _alike(found: KeysFound, spellings: Spellings) -> dict[str, dict[str, Likeness]]:
    """Return by key, and by the other key, what makes two keys alike."""
    key_of = spellings.by_key(one.key for one in found.keys)
    counts = {one.key: one.value_count for one in found.keys}
    similar: dict[str, list[str]] = defaultdict(list)
    for one in found.keys:
        similar[form(one.key)].append(one.key)
    likeness: dict[str, dict[str, Likeness]] = defaultdict(dict)
    for shared in found.shared:
        fewest = min(counts[key] for key in shared.keys)
        if shared.count * _SHARE[1] >= fewest * _SHARE[0] and len({key_of[key] for key in shared.keys}) > 1:
            for key, other in (shared.keys, shared.keys[::-1]):
                likeness[key][other] = Likeness(key=other, is_similar=False, shared=shared.count, of=fewest)
    for keys in similar.values():
        for key, other in permutations(keys, 2):
            if key_of[key] != key_of[other]:
                likeness[key][other] = Likeness(key=other, is_similar=True)
    return likeness


@lru_cache(maxsize=32)
def _keys_found(revisions: tuple[Revision, ...]) -> KeysFound:
    with duckdb.connect(config=LIMITS) as database:  # type: ignore[arg-type]
        database.register("sums", sums_of_all(revisions))
        for number, revision in enumerate(revisions):
            verb = "INSERT INTO tagged" if number else "CREATE TABLE tagged AS"
            database.execute(f"{verb} {_TAGGED}", [number, str(revision.attribute_sets)])
        database.execute(
            "CREATE TABLE joined AS SELECT * FROM tagged JOIN sums USING (revision_number, attribute_set_id)"
        )
        catches = catches_by(database, "key")
        values = {
            key: (count, tuple(examples)) for key, count, examples in database.execute(_VALUES, [EXAMPLES]).fetchall()
        }
        shared = database.execute(_SHARED, [LEAST_SHARED]).fetchall()
    ranked = [Ranked(subject=Subject("tag", key), text=key, catch=catch) for key, catch in catches.items()]
    return KeysFound(
        keys=tuple(
            KeyFound(key=one.text, catch=one.catch, value_count=values[one.text][0], examples=values[one.text][1])
            for one in dearest(ranked, limit=len(ranked))
        ),
        shared=tuple(SharedValues(keys=(one, other), count=count) for one, other, count in shared),
    )


def _decided(sets: AttributeSets, spelled: Sequence[str]) -> tuple[Codes, Codes]:
    """Return for each attribute set the place of the spelling that counts (-1: none), and 1 where another differs."""
    rows = len(sets.attribute_set_ids)
    first, text = np.full(rows, _NONE, np.int64), np.zeros(rows, np.int64)
    differs = np.zeros(rows, np.int64)
    numbers: dict[str, int] = {}
    for place, spelling in enumerate(spelled):
        column = sets.coded(Subject("tag", spelling))
        own = np.array(
            [0 if not one or one.isspace() else numbers.setdefault(one, len(numbers) + 1) for one in column.values],
            np.int64,
        )[column.codes]
        differs[(own != 0) & (first != _NONE) & (own != text)] = 1
        is_first = (own != 0) & (first == _NONE)
        first[is_first], text[is_first] = place, own[is_first]
    return first, differs
