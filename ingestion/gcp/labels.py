"""The labels of a line of Google Cloud's billing export as tags. Pure.

`labels` are the resource's own, `project.labels` those of its project, `system_labels` Google's, `tags` the resource
manager's; each is a JSON array of keys and values. A resource inherits the labels of its project that it does not set
itself. Where a project stands is told by the tags `google:organization` and `google:folders`, which no label can be
called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.focus.expressions import literal, quoted


@dataclass(frozen=True, kw_only=True)
class Arrays:
    """How a form of the export calls its arrays: those of labels, the first of which to set a key counts, and fields.

    `ancestors` is that of what a project stands in, each with a resource's name such as folders/1 and one to show.
    """

    order: tuple[str, ...]
    key: str
    value: str
    ancestors: str
    resource: str
    shown: str


USAGE: Final = Arrays(
    order=("labels", "tags", "project_labels", "system_labels"),
    key="key",
    value="value",
    ancestors="project_ancestors",
    resource="resource_name",
    shown="display_name",
)
FOCUS: Final = Arrays(
    order=("x_labels", "x_tags", "x_project_labels", "x_system_labels"),
    key="Key",
    value="Value",
    ancestors="x_project_ancestors",
    resource="ResourceName",
    shown="DisplayName",
)
PLACES: Final = {"google:organization": "organizations/", "google:folders": "folders/"}


def object_of(names: frozenset[str], arrays: Arrays = USAGE) -> str:
    """Return the tags as a JSON object's text, null without any."""
    there = [name for name in arrays.order if name in names]
    pairs = [_pairs(name, arrays, before=there[:number]) for number, name in enumerate(there)]
    if arrays.ancestors in names:
        pairs += [_place(tag, beginning, arrays) for tag, beginning in PLACES.items()]
    if not pairs:
        return "NULL::VARCHAR"
    joined = f"array_to_string(flatten([{', '.join(pairs)}]), ',')"
    return f"nullif('{{' || {joined} || '}}', '{{}}')"


def _pairs(name: str, arrays: Arrays, *, before: Sequence[str]) -> str:
    """Return the pairs of an array as texts, without the keys that another array before it sets."""
    key, value = _field(arrays.key), _field(arrays.value)
    taken = f"flatten([{', '.join(_keys(one, arrays) for one in before)}])" if before else "CAST([] AS VARCHAR[])"
    own = f"list_filter({_items(name, arrays.key)}, lambda item: NOT list_contains({taken}, {key}))"
    text = f"CAST(to_json({key}) AS VARCHAR) || ':' || CAST(to_json(coalesce({value}, '')) AS VARCHAR)"
    return f"list_transform({own}, lambda item: {text})"


def _keys(name: str, arrays: Arrays) -> str:
    return f"list_transform({_items(name, arrays.key)}, lambda item: {_field(arrays.key)})"


def _place(tag: str, beginning: str, arrays: Arrays) -> str:
    """Return the pair of a tag with the ancestors of a sort as Google lists them, none without one."""
    of_sort = (
        f"list_filter({_items(arrays.ancestors, arrays.resource)},"
        f" lambda item: starts_with({_field(arrays.resource)}, {literal(beginning)}))"
    )
    shown = f"coalesce({_field(arrays.shown)}, {_field(arrays.resource)})"
    text = f"array_to_string(list_transform({of_sort}, lambda item: {shown}), ' / ')"
    pair = f"{literal(f'{chr(34)}{tag}{chr(34)}:')} || CAST(to_json({text}) AS VARCHAR)"
    return f"CASE WHEN {text} = '' THEN CAST([] AS VARCHAR[]) ELSE [{pair}] END"


def _items(name: str, needed: str) -> str:
    column = quoted(name)
    is_list = f"CASE WHEN json_valid({column}) THEN json_type({column}) = 'ARRAY' ELSE FALSE END"
    items = f"CASE WHEN {is_list} THEN CAST({column} AS JSON[]) ELSE CAST([] AS JSON[]) END"
    return f"list_filter({items}, lambda item: {_field(needed)} IS NOT NULL)"


def _field(name: str) -> str:
    return f"json_extract_string(item, {literal('$.' + name)})"
