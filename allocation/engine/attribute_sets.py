"""The attribute sets of a run's revisions, column by column as small codes. Pure but for reading Parquet.

A month has some ten to a hundred thousand attribute sets but few distinct texts; codes let rules look at each
distinct combination once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine.account_tags import ACCOUNT, NO_TAGS, AccountTags, is_free
from allocation.engine.conditions import Subject
from allocation.engine.inputs import InputError, Revision
from allocation.engine.tag_aliases import Spellings, first_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

_LARGEST_KEY = 2**62

# Arrow imports hundreds of modules with its first array of numbers: with the process rather than in its first run.
pa.array(np.zeros(1, np.int64))


@dataclass(frozen=True)
class Coded:
    """One text per attribute set: `values[code]`. `values[0]` is None, the others ascend."""

    codes: Codes
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class AttributeSets:
    """Every attribute set of a run; `revision_numbers` index the run's revisions."""

    revision_numbers: Codes
    attribute_set_ids: Codes
    _columns: dict[Subject, Coded]

    def coded(self, subject: Subject) -> Coded:
        """Return the texts of one column, tag or the source."""
        return self._columns[subject]


def read(
    revisions: Sequence[Revision],
    *,
    subjects: Iterable[Subject],
    spellings: Spellings,
    account_tags: AccountTags = NO_TAGS,
) -> AttributeSets:
    """Return the attribute sets with the columns, tags and source that are asked for; tags in any of their spellings.

    Where a set has no text under a tag key, it has that of its account.

    :raises InputError: a file lacks `attribute_set_id`.
    """
    asked = set(subjects)
    given = {one: texts for one in asked if one.kind == "tag" and (texts := account_tags.of(one.key))}
    wanted = sorted({*asked, ACCOUNT} if given else asked)
    tables = [_table(revision, wanted) for revision in revisions]
    lengths = [table.num_rows for table in tables]
    numbers = np.repeat(np.arange(len(tables), dtype=np.int64), lengths)
    columns: dict[Subject, Coded] = {}
    for subject in wanted:
        if subject.kind == "column":
            columns[subject] = coded([table.column(subject.key) for table in tables])
        elif subject.kind == "source":
            names = [revision.source_name or revision.source_id for revision in revisions]
            columns[subject] = recoded(names, numbers)
    keys = [subject.key for subject in wanted if subject.kind == "tag"]
    if keys:
        columns.update(_tags(coded([table.column("tags") for table in tables]), keys, spellings))
    for subject, texts in given.items():
        columns[subject] = _with_inherited(columns[subject], columns[ACCOUNT], texts)
    ids = np.concatenate(
        [table.column("attribute_set_id").to_numpy().astype(np.int64) for table in tables] or [np.zeros(0, np.int64)]
    )
    return AttributeSets(revision_numbers=numbers, attribute_set_ids=ids, _columns=columns)


def coded(chunks: Sequence[pa.ChunkedArray]) -> Coded:
    """Return text columns one below the other as codes."""
    joined = pa.chunked_array([chunk for column in chunks for chunk in column.chunks], type=pa.string())
    encoded = joined.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    texts = encoded.dictionary.to_pylist()
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.zeros(len(texts) + 1, dtype=np.int64)
    rank[np.array(order, dtype=np.int64)] = np.arange(1, len(texts) + 1)
    indices = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return Coded(codes=rank[indices], values=(None, *(texts[place] for place in order)))


def recoded(values: Sequence[str | None], at: Codes) -> Coded:
    """Return `values[at[row]]` for each row, coded."""
    texts = sorted({text for text in values if text is not None})
    code = {text: number for number, text in enumerate(texts, start=1)}
    by_value = np.array([0 if text is None else code[text] for text in values], dtype=np.int64)
    return Coded(codes=by_value[at] if len(values) else at, values=(None, *texts))


def combined(columns: Sequence[Coded], *, rows: int) -> tuple[Codes, Codes]:
    """Return the dense number of each row's combination, in the order of the texts, and one row of each number."""
    key, size = np.zeros(rows, dtype=np.int64), 1
    for column in columns:
        if size * len(column.values) >= _LARGEST_KEY:
            found, key = np.unique(key, return_inverse=True)
            size = len(found)
        key = key * len(column.values) + column.codes
        size *= len(column.values)
    _, first, numbers = np.unique(key, return_index=True, return_inverse=True)
    return numbers.astype(np.int64), first.astype(np.int64)


def _table(revision: Revision, wanted: Sequence[Subject]) -> pa.Table:
    """Return the columns wanted; one that the file lacks is null, as in a bill that never had it."""
    file = pq.ParquetFile(revision.attribute_sets)
    present = set(file.schema_arrow.names)
    if "attribute_set_id" not in present:
        raise InputError(f"The attribute sets of source {revision.source_id} have no attribute_set_id.")
    names = [subject.key for subject in wanted if subject.kind == "column"]
    if any(subject.kind == "tag" for subject in wanted):
        names.append("tags")
    table = file.read(columns=["attribute_set_id", *(name for name in names if name in present)])
    for name in names:
        if name in present:
            place = table.column_names.index(name)
            table = table.set_column(place, name, table.column(name).cast(pa.string()))
        else:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    return table


def _tags(texts: Coded, keys: Sequence[str], spellings: Spellings) -> dict[Subject, Coded]:
    """Return one column per tag key; each distinct JSON text is read once, each key's spellings are found once."""
    parsed: list[dict[str, Any]] = [json.loads(text) if text else {} for text in texts.values]
    among = set().union(*parsed) if spellings.similar else ()
    return {Subject("tag", key): recoded(_values(parsed, spellings.of(key, among=among)), texts.codes) for key in keys}


def _with_inherited(own: Coded, account: Coded, texts: Mapping[str, str]) -> Coded:
    """Return a tag's texts, in the place of those that are absent or blank the text of the account that has one."""
    inherited = [texts.get(one or "") for one in account.values]
    is_open = np.array([is_free(one) for one in own.values])[own.codes]
    is_given = np.array([one is not None for one in inherited])[account.codes]
    at = np.where(is_open & is_given, len(own.values) + account.codes, own.codes)
    return recoded([*own.values, *inherited], at)


def _values(parsed: Sequence[dict[str, Any]], listed: Sequence[str]) -> list[str | None]:
    """Return the text of a tag key in each of many tags, the first of its spellings that has one."""
    if len(listed) == 1:
        return [tag_text(tags.get(listed[0])) for tags in parsed]
    return [first_text(tag_text(tags.get(spelling)) for spelling in listed) for tags in parsed]


def tags_of(text: str | None) -> dict[str, str]:
    """Return the tags of a charge as texts, from its JSON; absent and empty ones are left out."""
    plain = json.loads(text) if text else {}
    return {key: own for key, value in plain.items() if (own := tag_text(value)) is not None}


def tag_text(value: Any) -> str | None:
    """Return a tag's text; tags of other JSON types are read as their JSON."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
