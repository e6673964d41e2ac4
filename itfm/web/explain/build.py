"""From a slice of the ledger to the Explain page."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from allocation.costs.query import Filter, RuleSetNames
from allocation.explain.selectors import explain
from allocation.explain.slices import Slice
from allocation.selectors import Visibility, current_rule_set, names_of
from ingestion.models import BillSource
from itfm.web.explain.address import query_of
from itfm.web.explain.page import ExplainPage, Narrowing
from itfm.web.shell.page import Shell

NOTHING: Final = "Nothing caught it"


def explain_page(
    wanted: Slice, *, run_id: UUID | None, shell: Shell, visibility: Visibility, may_read_bills: bool
) -> ExplainPage:
    """Return the page of a slice.

    :raises NothingToExplainError: there is no such run with files.
    :raises SliceError: a filter names what the run's rules do not know.
    """
    explanation = explain(wanted, visibility=visibility, run_id=run_id)
    names = names_of(current_rule_set())
    return ExplainPage(
        shell=shell,
        explanation=explanation,
        cost_name=_words(wanted.cost),
        narrowings=tuple(_narrowing(one, names) for one in wanted.filters),
        query=query_of(wanted, run_id=run_id),
        is_scoped=not visibility.sees_everything,
        may_read_bills=may_read_bills,
    )


def _narrowing(one: Filter, names: RuleSetNames) -> Narrowing:
    words = "not " if one.exclude else ""
    label = dict(names.dimensions).get(one.name, _words(one.name.removesuffix("_id")))
    texts = [NOTHING if value is None else value for value in one.values]
    if one.name == "source_id":
        texts = [
            source.name
            for source in BillSource.objects.filter(id__in=[value for value in one.values if value]).order_by("name")
        ]
    return Narrowing(name=label, value=words + " or ".join(texts))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
