"""The labels of a line of Google Cloud's billing export as tags. Pure.

`labels` are the resource's own, `project.labels` those of its project, `system_labels` Google's, `tags` the resource
manager's; each is a JSON array of keys and values. A resource inherits the labels of its project that it does not set
itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ingestion.focus.expressions import quoted

ORDER: Final = ("labels", "tags", "project_labels", "system_labels")
"""Which counts where several set a key."""


def object_of(names: frozenset[str]) -> str:
    """Return the tags as a JSON object's text, null without any."""
    there = [name for name in ORDER if name in names]
    if not there:
        return "NULL::VARCHAR"
    pairs = [_pairs(name, before=there[:number]) for number, name in enumerate(there)]
    joined = f"array_to_string(flatten([{', '.join(pairs)}]), ',')"
    return f"nullif('{{' || {joined} || '}}', '{{}}')"


def _pairs(name: str, *, before: Sequence[str]) -> str:
    """Return the pairs of an array as texts, without the keys that another array before it sets."""
    taken = f"flatten([{', '.join(map(_keys, before))}])" if before else "CAST([] AS VARCHAR[])"
    own = f"list_filter({_items(name)}, lambda item: NOT list_contains({taken}, {_field('key')}))"
    text = (
        f"CAST(to_json({_field('key')}) AS VARCHAR) || ':' || CAST(to_json(coalesce({_field('value')}, '')) AS VARCHAR)"
    )
    return f"list_transform({own}, lambda item: {text})"


def _keys(name: str) -> str:
    return f"list_transform({_items(name)}, lambda item: {_field('key')})"


def _items(name: str) -> str:
    column = quoted(name)
    is_list = f"CASE WHEN json_valid({column}) THEN json_type({column}) = 'ARRAY' ELSE FALSE END"
    items = f"CASE WHEN {is_list} THEN CAST({column} AS JSON[]) ELSE CAST([] AS JSON[]) END"
    return f"list_filter({items}, lambda item: {_field('key')} IS NOT NULL)"


def _field(name: str) -> str:
    return f"json_extract_string(item, '$.{name}')"
