"""From the text of one column, tag or dimension to the rules whose tests of it pass, all at once. Pure.

Equal texts, beginnings, ends and texts within are found by looking up pieces of the text, patterns by one pass of RE2
over all of them, numbers and dates by their place among the bounds. No test is asked by itself.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from operator import or_
from typing import Any, Final

import re2

from allocation.engine.conditions import comparable
from allocation.engine.demands import AS_IT_IS, Clue
from allocation.engine.matching import Reading

Bits = dict[str, int]
"""The rules behind each text that tests name, one bit each."""

Finder = Callable[[str], int]
"""From a text as it is read to the bits of the rules whose tests of it pass."""

_PATTERN_MEMORY: Final = 64 << 20
"""Bytes that one set of patterns may take for what it has learned of texts; it forgets and learns anew beyond."""

_LONGEST_GRAM: Final = 4


class TextIndex:
    """Clues about one subject, each with the bit that is set when it is there."""

    def __init__(self) -> None:
        self._clues: dict[tuple[Reading, str], Bits] = {}
        self._finders: list[tuple[Reading, list[Finder]]] | None = None
        self._known: dict[str, int] = {}
        self._same: dict[int, int] = {}

    def add(self, clue: Clue, *, bit: int) -> None:
        """Take in a clue, before the first text is asked about."""
        bits = self._clues.setdefault((clue.reading, clue.operator), {})
        for operand in clue.operands:
            bits[operand] = bits.get(operand, 0) | 1 << bit

    def rules(self, text: str | None) -> int:
        """Return the bits whose clues are there."""
        text = text or ""
        found = self._known.get(text)
        if found is None:
            found = self._found(text)
            # Thousands of texts tell the same few things; each is held once.
            found = self._known[text] = self._same.setdefault(found, found)
        return found

    def _found(self, text: str) -> int:
        if not text:
            return self._whether("absent")
        if self._finders is None:
            self._finders = self._made_ready()
        found = 0
        for reading, finders in self._finders:
            read = reading.read(text)
            for find in finders:
                found |= find(read)
        return found | self._whether("present")

    def _whether(self, operator: str) -> int:
        return self._clues.get((AS_IT_IS, operator), {}).get("", 0)

    def _made_ready(self) -> list[tuple[Reading, list[Finder]]]:
        ready: dict[Reading, list[Finder]] = defaultdict(list)
        for (reading, operator), bits in self._clues.items():
            if operator in _FINDERS:
                ready[reading].append(_FINDERS[operator](bits))
        return list(ready.items())


class _Pieces:
    """Texts looked up by every length they have."""

    def __init__(self, bits: Bits) -> None:
        self._lengths = sorted({len(text) for text in bits})
        self._bits = bits

    def at(self, text: str, start: int) -> int:
        """Return what the pieces of a text that begin at a place stand for."""
        left, found, bits = len(text) - start, 0, self._bits
        for length in self._lengths:
            if length > left:
                break
            found |= bits.get(text[start : start + length], 0)
        return found


def _equal(bits: Bits) -> Finder:
    return lambda text: bits.get(text, 0)


def _beginning(bits: Bits) -> Finder:
    pieces = _Pieces(bits)
    return lambda text: pieces.at(text, 0)


def _ending(bits: Bits) -> Finder:
    pieces = _Pieces({text[::-1]: found for text, found in bits.items()})
    return lambda text: pieces.at(text[::-1], 0)


def _within(bits: Bits) -> Finder:
    """Look up the first letters at every place of a text, and the whole piece only where they begin one."""
    by_gram: dict[str, Bits] = defaultdict(dict)
    for text, found in bits.items():
        by_gram[text[:_LONGEST_GRAM]][text] = found
    pieces = {gram: _Pieces(texts) for gram, texts in by_gram.items()}
    lengths = sorted({len(gram) for gram in pieces})

    def find(text: str) -> int:
        found = 0
        for length in lengths:
            for start in range(len(text) - length + 1):
                begun = pieces.get(text[start : start + length])
                if begun is not None:
                    found |= begun.at(text, start)
        return found

    return find


class _Patterns:
    """Patterns that RE2 searches for in one pass over a text."""

    def __init__(self, bits: Bits) -> None:
        self._bits = bits
        self._sets = [*_pattern_sets(list(bits))]

    def find(self, text: str) -> int:
        """Return what the patterns that a text matches stand for."""
        found = 0
        for searched, patterns in self._sets:
            for number in _matched(searched, patterns, text):
                found |= self._bits[patterns[number]]
        return found


def _matched(searched: Any, patterns: list[str], text: str) -> list[int]:
    """Return the numbers of the patterns that a text matches.

    RE2 says "no match" when it ran out of memory as well. The last pattern of a set is everywhere: where it is not
    found nothing is known, and every pattern is asked by itself.
    """
    matched, everywhere = searched.Match(text) or (), len(patterns)
    if everywhere in matched:
        return [number for number in matched if number != everywhere]
    return [number for number, pattern in enumerate(patterns) if re2.search(pattern, text) is not None]


def _pattern_sets(patterns: list[str]) -> Iterator[tuple[Any, list[str]]]:
    """Yield as few sets as RE2 has room for, each with its patterns in the order of their numbers."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _PATTERN_MEMORY
    searched = re2.Set.SearchSet(options)
    for pattern in (*patterns, ""):
        searched.Add(pattern)
    try:
        searched.Compile()
    except re2.error:
        if len(patterns) == 1:
            raise
        half = len(patterns) // 2
        yield from _pattern_sets(patterns[:half])
        yield from _pattern_sets(patterns[half:])
    else:
        yield searched, patterns


class _Bounds:
    """Bounds that a number or date must lie above or below, in order."""

    def __init__(self, bits: Bits, operator: str) -> None:
        bounds: dict[type, list[tuple[Any, int]]] = defaultdict(list)
        for text, found in bits.items():
            bound: Any = comparable(text)
            bounds[type(bound)].append((bound, found))
        self._place = bisect_left if operator in ("gt", "lte") else bisect_right
        self._ordered: dict[type, tuple[list[Any], list[int]]] = {}
        for kind, found_bounds in bounds.items():
            found_bounds.sort(key=lambda one: one[0])
            sets = [rules for _, rules in found_bounds]
            # What a value between two bounds passes: all below it, or all above it.
            passed = accumulate(sets, or_, initial=0) if operator in ("gt", "gte") else _from_the_end(sets)
            self._ordered[kind] = [bound for bound, _ in found_bounds], list(passed)

    def find(self, text: str) -> int:
        """Return what the bounds that a text passes stand for."""
        value: Any = comparable(text)
        if type(value) not in self._ordered:
            return 0
        bounds, passed = self._ordered[type(value)]
        return passed[self._place(bounds, value)]


def _bounded(bits: Bits, *, operator: str) -> Finder:
    return _Bounds(bits, operator).find


def _from_the_end(sets: list[int]) -> list[int]:
    return list(accumulate(reversed(sets), or_, initial=0))[::-1]


_FINDERS: Final[dict[str, Callable[[Bits], Finder]]] = {
    "one_of": _equal,
    "starts_with": _beginning,
    "ends_with": _ending,
    "contains": _within,
    "matches": lambda bits: _Patterns(bits).find,
    **{name: partial(_bounded, operator=name) for name in ("gt", "gte", "lt", "lte")},
}
