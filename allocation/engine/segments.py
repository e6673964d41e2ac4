"""Segments: the distinct combinations of dimension values, numbered. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from allocation.engine.classification import DimensionClassifier


class Segments:
    """Combinations of values by number; a None is a dimension that caught nothing.

    `following` are the dimensions that look at other dimensions only, each after those it looks at: where a split
    moves cost to another team, its cost center, a function of the team, moves along.
    """

    def __init__(self, dimensions: Sequence[str], *, following: Sequence[DimensionClassifier] = ()) -> None:
        self.dimensions = tuple(dimensions)
        self.following = tuple(following)
        self.values: list[tuple[str | None, ...]] = []
        self._numbers: dict[tuple[str | None, ...], int] = {}
        self._places = {key: place for place, key in enumerate(self.dimensions)}

    def after(self, known: Iterable[str]) -> tuple[Segments, list[int]]:
        """Return the same combinations behind those of `as_json` texts, and the number that each has there."""
        numbered = Segments(self.dimensions, following=self.following)
        for text in known:
            values = json.loads(text)
            numbered.number(tuple(values.get(key) for key in self.dimensions))
        return numbered, [numbered.number(values) for values in self.values]

    def number(self, values: tuple[str | None, ...]) -> int:
        """Return the number of a combination, a new one when it is not known yet."""
        if values not in self._numbers:
            self._numbers[values] = len(self.values)
            self.values.append(values)
        return self._numbers[values]

    def value(self, segment: int, dimension: str) -> str | None:
        """Return one dimension's value in a segment."""
        return self.value_of(self.values[segment], dimension)

    def value_of(self, values: tuple[str | None, ...], dimension: str) -> str | None:
        """Return one dimension's value in a combination."""
        return values[self._places[dimension]]

    def moved(self, segment: int, *, dimension: str, value: str) -> int:
        """Return the segment with one value replaced, and with it those of the dimensions that follow."""
        return self.number(self.moved_values(segment, dimension=dimension, value=value))

    def moved_values(self, segment: int, *, dimension: str, value: str) -> tuple[str | None, ...]:
        """Return the values of the segment that `moved` returns, which need not be known."""
        values = list(self.values[segment])
        values[self._places[dimension]] = value
        changed = {dimension}
        for follower in self.following:
            looked_at = [subject.key for subject in follower.subjects]
            if follower.key == dimension or changed.isdisjoint(looked_at):
                continue
            caught = follower.caught(tuple(values[self._places[key]] for key in looked_at))
            values[self._places[follower.key]] = caught.value if caught else None
            changed.add(follower.key)
        return tuple(values)

    def as_json(self) -> list[str]:
        """Return each segment as a canonical JSON object without the dimensions that caught nothing."""
        named = (dict(zip(self.dimensions, values, strict=True)) for values in self.values)
        return [
            json.dumps(
                {key: value for key, value in segment.items() if value is not None},
                sort_keys=True,
                separators=(",", ":"),
                ensure_ascii=False,
            )
            for segment in named
        ]
