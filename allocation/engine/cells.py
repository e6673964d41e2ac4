"""From attribute sets to cells, profiles and segments: everything about a charge that is neither day nor money. Pure.

A cell is a distinct combination of the columns that pages show, plus whatever else the pools of splits look at. A
profile is what splits look at in a cell: few enough for Python to decide pool membership one by one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from allocation.engine import attribute_sets
from allocation.engine.attribute_sets import AttributeSets, Coded, combined, recoded
from allocation.engine.classification import Classifier, DimensionClassifier
from allocation.engine.conditions import Subject, subjects
from allocation.engine.inputs import InputError, RunInputs
from allocation.engine.rules import RuleSet
from allocation.engine.segments import Segments
from allocation.engine.splits import CELL_COLUMNS

MOST_PROFILES: Final = 50_000
"""Pools are decided for each profile by itself: what tells single things apart is for rules, and not for pools."""
CHARGE_CATEGORY = Subject("column", "charge_category")
_SHOWN = tuple(Subject("column", name) for name in CELL_COLUMNS)


class TooManyProfilesError(InputError):
    """Splits look at what single things are told apart by."""


@dataclass(frozen=True)
class Cells:
    """The decided shape of a run.

    `slices`: revision_number, attribute_set_id, cell_id, profile_id, segment_id.
    `cells`: cell_id, mart_id (the lowest cell_id of those that pages show alike), source_id and the shown columns.
    `pairs`: the (profile, segment) pairs that occur.
    """

    slices: pa.Table
    cells: pa.Table
    classification: pa.Table
    profiles: list[dict[Subject, str]]
    segments: Segments
    pairs: set[tuple[int, int]]


def looked_at_by_splits(rule_set: RuleSet) -> tuple[Subject, ...]:
    """Return the columns, tags and source that splits look at, sorted."""
    found = {subject for split in rule_set.splits for subject in subjects(split.pool)}
    dimensions = {dimension.key for dimension in rule_set.dimensions}
    for split in rule_set.splits:
        found |= {Subject("column", name) for name in split.partition_by if name not in dimensions}
        if any(method.cost_basis() is not None for method in split.methods()):
            found.add(CHARGE_CATEGORY)
    return tuple(sorted(subject for subject in found if subject.kind != "dimension"))


def decide(inputs: RunInputs) -> Cells:
    """Classify every attribute set and number what occurs.

    :raises TooManyProfilesError: splits look at too many kinds of line, for which attribute sets were widened.
    """
    classifier = Classifier(inputs.rule_set, period=inputs.period)
    needed = {subject for dimension in classifier.dimensions for subject in dimension.subjects}
    profile_subjects = looked_at_by_splits(inputs.rule_set)
    plain = {subject for subject in needed if subject.kind != "dimension"}
    subjects_, tags = [*plain, *profile_subjects, *_SHOWN], classifier.account_tags
    sets = attribute_sets.read(inputs.revisions, subjects=subjects_, spellings=tags.spellings, account_tags=tags)
    values, caught = classified(classifier, sets)
    source = recoded([revision.source_id for revision in inputs.revisions], sets.revision_numbers)

    rows = len(sets.revision_numbers)
    shown = [source, *(sets.coded(subject) for subject in _SHOWN)]
    mart_ids, _ = combined(shown, rows=rows)
    extra = [sets.coded(subject) for subject in profile_subjects if subject not in _SHOWN]
    cell_ids, cell_rows = combined([_numbers(mart_ids), *extra], rows=rows)
    profile_ids, profile_rows = combined([sets.coded(subject) for subject in profile_subjects], rows=rows)
    if len(profile_rows) > MOST_PROFILES:
        _refuse_further(inputs, profile_subjects, count=len(profile_rows))
    keys = [dimension.key for dimension in inputs.rule_set.dimensions]
    segment_ids, segments = _segments(keys, values, classifier=classifier, rows=rows)
    _, pair_rows = combined([_numbers(profile_ids), _numbers(segment_ids)], rows=rows)
    return Cells(
        slices=_table(
            revision_number=sets.revision_numbers,
            attribute_set_id=sets.attribute_set_ids,
            cell_id=cell_ids,
            profile_id=profile_ids,
            segment_id=segment_ids,
        ),
        cells=_cells(shown, cell_rows, mart_ids[cell_rows]),
        classification=_classification(source, sets, cell_ids, segment_ids, caught),
        profiles=[_facts(sets, profile_subjects, row) for row in profile_rows],
        segments=segments,
        pairs={(int(profile_ids[row]), int(segment_ids[row])) for row in pair_rows},
    )


def _refuse_further(inputs: RunInputs, subjects_: Sequence[Subject], *, count: int) -> None:
    tags = {tag for revision in inputs.revisions for tag in revision.further.tags}
    names = {name for revision in inputs.revisions for name in revision.further.columns}
    spellings = inputs.rule_set.spellings()
    words = [one.key for one in subjects_ if one.kind == "column" and one.key in names]
    words += [
        f"tag {one.key}"
        for one in subjects_
        if one.kind == "tag" and tags.intersection(spellings.of(one.key, among=tags))
    ]
    if words:
        raise TooManyProfilesError(
            f"The pools of splits look at {', '.join(words)}, which makes {count:,} kinds of line, too many for pools:"
            " give the lines a value by rules, and let the pools look at that."
        )


def classified(classifier: Classifier, sets: AttributeSets) -> tuple[dict[str, Coded], dict[str, attribute_sets.Codes]]:
    """Return each dimension's value, and the index of the rule that caught it (-1: none), by attribute set."""
    values: dict[str, Coded] = {}
    caught: dict[str, attribute_sets.Codes] = {}
    for dimension in classifier.dimensions:
        columns = [
            values[subject.key] if subject.kind == "dimension" else sets.coded(subject)
            for subject in dimension.subjects
        ]
        values[dimension.key], caught[dimension.key] = _ask(dimension, columns, rows=len(sets.attribute_set_ids))
    return values, caught


def _ask(dimension: DimensionClassifier, columns: list[Coded], *, rows: int) -> tuple[Coded, attribute_sets.Codes]:
    """Ask a dimension once for each distinct combination of what it looks at."""
    numbers, first = combined(columns, rows=rows)
    codes = [column.codes[first].tolist() for column in columns]
    texts = [column.values for column in columns]
    found = [
        dimension.caught(tuple(column[code] for column, code in zip(texts, row, strict=True)))
        for row in (zip(*codes, strict=True) if codes else [()] * len(first))
    ]
    rules = np.array([-1 if one is None else one.rule for one in found], dtype=np.int64)
    value = recoded([None if one is None else one.value for one in found], numbers)
    return value, rules[numbers] if found else numbers


def _segments(
    keys: list[str], values: dict[str, Coded], *, classifier: Classifier, rows: int
) -> tuple[attribute_sets.Codes, Segments]:
    numbers, first = combined([values[key] for key in keys], rows=rows)
    segments = Segments(keys, following=classifier.following)
    for row in first:
        segments.number(tuple(values[key].values[values[key].codes[row]] for key in keys))
    return numbers, segments


def _facts(sets: AttributeSets, subjects_: tuple[Subject, ...], row: int) -> dict[Subject, str]:
    texts = {subject: sets.coded(subject).values[sets.coded(subject).codes[row]] for subject in subjects_}
    return {subject: text for subject, text in texts.items() if text is not None}


def _numbers(ids: attribute_sets.Codes) -> Coded:
    """Return numbers as a column that can be combined with others."""
    return Coded(codes=ids, values=(None,) * (int(ids.max()) + 1 if len(ids) else 1))


def _texts(column: Coded, rows: attribute_sets.Codes) -> pa.Array:
    """Return the texts of some rows as a dictionary, which is written without looking at the texts again."""
    codes = column.codes[rows]
    indices = pa.array(codes - 1, pa.int32(), mask=codes == 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(column.values[1:], pa.string()))


def _cells(shown: list[Coded], rows: attribute_sets.Codes, mart_ids: attribute_sets.Codes) -> pa.Table:
    """Return the cells of these rows; their numbers ascend with what they show, so equal ones stand together."""
    _, first, place = np.unique(mart_ids, return_index=True, return_inverse=True)
    columns = {name: _texts(column, rows) for name, column in zip(("source_id", *CELL_COLUMNS), shown, strict=True)}
    return pa.table(
        {
            "cell_id": pa.array(np.arange(len(rows)), pa.int32()),
            "mart_id": pa.array(first[place], pa.int32()),
            **columns,
        }
    )


def _classification(
    source: Coded,
    sets: AttributeSets,
    cell_ids: attribute_sets.Codes,
    segment_ids: attribute_sets.Codes,
    caught: dict[str, attribute_sets.Codes],
) -> pa.Table:
    """Return one row per attribute set; `rules` is canonical JSON: dimension key -> index of the rule."""
    rows = len(segment_ids)
    keys = sorted(caught)
    columns = [_numbers(caught[key] + 1) for key in keys]
    numbers, first = combined(columns, rows=rows)
    texts = []
    for row in first:
        rules = {key: int(caught[key][row]) for key in keys if caught[key][row] >= 0}
        texts.append(json.dumps(rules, sort_keys=True, separators=(",", ":")))
    order = np.lexsort((sets.attribute_set_ids, source.codes))
    everything = np.arange(rows)[order]
    return pa.table(
        {
            "source_id": _texts(source, everything).cast(pa.string()),
            "attribute_set_id": pa.array(sets.attribute_set_ids[order], pa.int32()),
            "cell_id": pa.array(cell_ids[order], pa.int32()),
            "segment_id": pa.array(segment_ids[order], pa.int32()),
            "rules": pa.array(texts, pa.string()).take(pa.array(numbers[order])),
        }
    )


def _table(**columns: attribute_sets.Codes) -> pa.Table:
    return pa.table({name: pa.array(numbers, pa.int32()) for name, numbers in columns.items()})
