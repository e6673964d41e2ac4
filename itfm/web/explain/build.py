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
from showback.models import CostCenter
from showback.statements import part_of

NOTHING: Final = "Nothing caught it"


def explain_page(
    wanted: Slice,
    *,
    run_id: UUID | None,
    within: CostCenter | None,
    shell: Shell,
    visibility: Visibility,
    may_read_bills: bool,
) -> ExplainPage:
    """Return the page of a slice; `within` is a cost center that the member may see, with all below it.

    :raises NothingToExplainError: there is no such run with files.
    :raises SliceError: a filter names what the run's rules do not know.
    """
    # Who may see a cost center may see all below it, so its part is the narrower of the two.
    part = part_of(within.code) if within else None
    explanation = explain(wanted, visibility=visibility, part=part, run_id=run_id)
    names = names_of(current_rule_set())
    return ExplainPage(
        shell=shell,
        explanation=explanation,
        cost_name=_words(wanted.cost),
        narrowings=(
            *([Narrowing(name="Cost center", value=f"{within.name}, with all below it")] if within else []),
            *(_narrowing(one, names) for one in wanted.filters),
        ),
        query=query_of(wanted, run_id=run_id, within=within.address if within else ""),
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
