"""Segments: the distinct combinations of dimension values, numbered. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence


class Segments:
    """Combinations of values by number; a None is a dimension that caught nothing."""

    def __init__(self, dimensions: Sequence[str]) -> None:
        self.dimensions = tuple(dimensions)
        self.values: list[tuple[str | None, ...]] = []
        self._numbers: dict[tuple[str | None, ...], int] = {}
        self._places = {key: place for place, key in enumerate(self.dimensions)}

    def number(self, values: tuple[str | None, ...]) -> int:
        """Return the number of a combination, a new one when it is not known yet."""
        if values not in self._numbers:
            self._numbers[values] = len(self.values)
            self.values.append(values)
        return self._numbers[values]

    def value(self, segment: int, dimension: str) -> str | None:
        """Return one dimension's value in a segment."""
        return self.values[segment][self._places[dimension]]

    def moved(self, segment: int, *, dimension: str, value: str) -> int:
        """Return the segment with one value replaced."""
        place, values = self._places[dimension], self.values[segment]
        return self.number((*values[:place], value, *values[place + 1 :]))

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
