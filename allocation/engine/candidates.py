"""Which rules could catch a charge, found by what they demand of its texts rather than by asking each. Pure.

A set of rules is a whole number with one bit for each rule, so that sets of thousands are joined and met in one step.
What a text says of all rules at once is worked out when the text first comes up: bills repeat few texts over many rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from allocation.engine.demands import Clue, Demand, demands
from allocation.engine.dimensions import Rule
from allocation.engine.matching import Positions, Row
from allocation.engine.text_index import TextIndex

_DEMANDS: Final = 3
"""How many demands of a rule are looked at. The rarest tells most; the others are for rules like those of an account
*and* a service, where each text is demanded by many rules and both together by one."""

_BREADTH: Final = {"gt": 1, "gte": 1, "lt": 1, "lte": 1, "present": 2, "absent": 2}
"""Tests that many texts pass, ranked after all others."""

_Key = tuple[object, ...]


class Candidates:
    """Some rules, ready to be narrowed down for a row; `certain` are those whose condition holds for each of these."""

    def __init__(self, rules: Sequence[Rule], at: Positions) -> None:
        self.certain: set[int] = set()
        self._count = len(rules)
        self._every = (1 << self._count) - 1
        self._indexes: dict[int, TextIndex] = {}
        # The rules that make no first, second or third demand.
        self._undemanding = [self._every] * _DEMANDS
        many: dict[int, list[Demand]] = {}
        for number, rule in enumerate(rules):
            found = demands(rule)
            if len(found.listed) > _DEMANDS:
                many[number] = found.listed
                continue
            self._add(number, found.listed, at)
            if found.is_whole:
                self.certain.add(number)
        for number, listed in zip(many, _rarest(list(many.values())), strict=True):
            self._add(number, listed, at)
        self._unmet = sum(rest << place * self._count for place, rest in enumerate(self._undemanding))

    def _add(self, number: int, listed: list[Demand], at: Positions) -> None:
        for place, demand in enumerate(listed):
            self._undemanding[place] ^= 1 << number
            for clue in demand:
                position = at[clue.subject]
                if position not in self._indexes:
                    self._indexes[position] = TextIndex()
                self._indexes[position].add(clue, bit=place * self._count + number)

    def of(self, row: Row) -> int:
        """Return the rules that could catch a row, one bit each."""
        met = self._unmet
        for position, index in self._indexes.items():
            met |= index.rules(row[position])
        left = met & self._every
        for place in range(1, _DEMANDS):
            if not left:
                break
            left &= met >> place * self._count
        return left


def in_order(rules: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while rules:
        lowest = rules & -rules
        yield lowest.bit_length() - 1
        rules ^= lowest


def _rarest(found: list[list[Demand]]) -> list[list[Demand]]:
    """Return of each rule the demands that fewest texts meet and that it shares with fewest others."""
    shared = Counter(key for listed in found for demand in listed for clue in demand for key in _keys(clue))
    return [sorted(listed, key=lambda demand: _rank(demand, shared))[:_DEMANDS] for listed in found]


def _rank(demand: Demand, shared: Mapping[_Key, int]) -> tuple[int, int]:
    breadth = max(_BREADTH.get(clue.operator, 0) for clue in demand)
    return breadth, sum(shared[key] for clue in demand for key in _keys(clue))


def _keys(clue: Clue) -> list[_Key]:
    return [(clue.subject, clue.operator, operand) for operand in clue.operands]
