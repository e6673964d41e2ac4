"""From a question and its answer to the Explore page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from allocation.costs.answer import CostAnswer, CurrencyAnswer, RunsInForce, answer
from allocation.costs.focus_files import MOST_PERIODS
from allocation.costs.query import COLUMNS, CostQuery, Filter, to_params
from allocation.selectors import Visibility
from ingestion.models import BillSource
from itfm.core.money import total
from itfm.web.colors import kept_slots
from itfm.web.components import ChartCard, Choice, Empty, FilterBar, Link, Tab
from itfm.web.components import Filter as Chip
from itfm.web.explore.centers import CENTER, center_names
from itfm.web.explore.drill import Crumb, address, bottom, default_grouping, drilled, levels, start, trail
from itfm.web.explore.figure import Stripe, figure
from itfm.web.explore.page import Check, CurrencyPart, ExplorePage, Form, ViewMenu
from itfm.web.explore.table import Line, table_of
from itfm.web.explore.words import (
    COLUMN_LABELS,
    COMPARISONS,
    GRANULARITIES,
    MEASURES,
    label_of,
    range_text,
    value_text,
)
from itfm.web.lens import LENSES, Lens
from itfm.web.shell.page import Shell

TOTAL = "Total"


class ExploreBuilder:
    """What the parts of one page share: the question, the names in it, and the lens it is looked at through."""

    def __init__(
        self, query: CostQuery, *, lens: Lens, runs: RunsInForce, periods: Sequence[date], visibility: Visibility
    ) -> None:
        self.query, self.lens, self.runs, self.periods, self.visibility = query, lens, runs, periods, visibility
        self.rule_set = runs.rule_set
        self.path = levels(self.rule_set, lens)
        needs_sources = "source_id" in query.names
        self.sources = (
            {str(key): name for key, name in BillSource.objects.values_list("id", "name")} if needs_sources else {}
        )
        self.centers = center_names(visibility) if CENTER in query.names else None

    def page(self, shell: Shell, *, views: ViewMenu) -> ExplorePage:
        """Return the page of the answer."""
        found = answer(self.query, visibility=self.visibility, runs=self.runs)
        totals = self._totals()
        return ExplorePage(
            shell=shell,
            measure=MEASURES[self.query.measure],
            periods=range_text(self.query.first, self.query.last),
            first=self.query.first,
            last=self.query.last,
            compared=self._compared(),
            group_names=", then ".join(self.label(name) for name in self.query.by),
            lenses=self._lenses(),
            views=views,
            form=self._form(),
            filters=self._filters(),
            trail=self.trail(),
            parts=tuple(
                self._part(found, one, totals=totals, number=number)
                for number, one in enumerate(found.currencies, start=1)
            ),
            missing=", ".join(range_text(period, period) for period in found.missing_periods) if self.periods else "",
            empty=None if found.currencies else self._empty(),
            is_scoped=not self.visibility.sees_everything,
        )

    def label(self, name: str) -> str:
        """Return what a column or dimension is called."""
        return label_of(name, self.rule_set)

    def value(self, name: str, value: str | None) -> str:
        """Return a value as people read it."""
        if name == CENTER and value and self.centers is not None:
            return self.centers.text(value)
        return self.plain_value(name, value)

    def plain_value(self, name: str, value: str | None) -> str:
        """Return a value as a file has it: a cost center by its code."""
        return value_text(name, value, sources=self.sources)

    def center_name(self, code: str | None) -> str:
        """Return the name of a cost center; empty where there is none to show."""
        return self.centers.names.get(code or "", "") if self.centers else ""

    def to(self, query: CostQuery) -> str:
        """Return the address of a question."""
        return address(query, self.lens, to=reverse("explore"))

    def lines_address(self, query: CostQuery, currency: str) -> str:
        """Return the address of the bill lines under a figure, of the last period that it covers."""
        allocated = [period for period in query.periods if period in self.runs.ids]
        period = allocated[-1] if allocated else query.last
        narrowed = replace(query, first=period, last=period, by=(), granularity="total", compare=None)
        return address(replace(narrowed, currency=currency), self.lens, to=reverse("explore_lines"))

    def trail(self) -> tuple[Crumb, ...]:
        """Return the levels above this one, from the total down."""
        steps = [
            Crumb(label=f"{self.label(one.name)}: {self.value(one.name, one.values[0])}", url=self.to(query))
            for one, query in trail(self.query)
        ]
        return (Crumb(label=TOTAL, url=self.to(start(self.query))), *steps) if steps else ()

    def _totals(self) -> dict[str, Decimal]:
        """Return the ledger's totals, asked for on their own."""
        alone = replace(self.query, by=(), granularity="total", compare=None)
        found = answer(alone, visibility=self.visibility, runs=self.runs)
        return {one.currency: one.total.total for one in found.currencies}

    def _part(self, found: CostAnswer, one: CurrencyAnswer, *, totals: dict[str, Decimal], number: int) -> CurrencyPart:
        unit = "" if self.query.measure == "consumed_quantity" else one.currency
        lines = tuple(self._line(line.groups, one.currency) for line in one.lines)
        check = Check(
            lines_total=total(line.total for line in one.all_lines),
            ledger_total=totals.get(one.currency, Decimal(0)),
            line_count=one.total.count,
        )
        return CurrencyPart(
            currency=one.currency,
            unit=unit,
            total=one.total.total,
            comparison=one.total.comparison,
            chart=self._chart(found, one, lines=lines, number=number, unit=unit),
            table=table_of(
                found,
                one,
                lines=lines,
                heads=tuple(self.label(name) for name in self.query.by) or ("Cost",),
                id=f"costs-{number}",
                unit=unit,
                exports=self._exports(),
            ),
            check=check,
            lines_url=self.lines_address(self.query, one.currency),
        )

    def _line(self, groups: tuple[str | None, ...], currency: str) -> Line:
        below = drilled(self.query, groups, path=self.path)
        return Line(
            names=tuple(self.value(name, value) for name, value in zip(self.query.by, groups, strict=True)) or (TOTAL,),
            url=self.to(below) if below else self.lines_address(bottom(self.query, groups), currency),
            is_unallocated=bool(groups) and groups[0] is None and self.query.by[0] not in COLUMNS,
        )

    def _chart(
        self, found: CostAnswer, one: CurrencyAnswer, *, lines: tuple[Line, ...], number: int, unit: str
    ) -> ChartCard:
        stripes = [
            Stripe(name=" · ".join(line.names), costs=answered.costs, url=line.url, is_unallocated=line.is_unallocated)
            for line, answered in zip(lines, one.lines, strict=True)
        ]
        if one.rest:
            stripes.append(Stripe(name="Others", costs=one.rest.costs, is_rest=True))
        groups = ", ".join(self.label(name).lower() for name in self.query.by) or "nothing else"
        measure = MEASURES[self.query.measure]
        time = GRANULARITIES[self.query.granularity].lower()
        return ChartCard(
            id=f"explore-{number}",
            title=f"{measure} {time}, {one.currency}",
            subtitle=f"{unit or 'Units of the charges'}, told apart by {groups}",
            summary=f"Bars of {measure.lower()} {time} by {groups}, {one.currency}; the table has the same figures",
            figure=figure(
                stripes,
                buckets=found.buckets,
                granularity=self.query.granularity,
                currency=unit or "units",
                kept=self._kept_colors(),
            ),
        )

    def _kept_colors(self) -> dict[str, str]:
        """Return the colors that values have on every page, where a line is one value."""
        if len(self.query.by) != 1:
            return {}
        (name,) = self.query.by
        return {self.value(name, value): slot for value, slot in kept_slots(name).items()}

    def _exports(self) -> tuple[Link, ...]:
        kinds = {"csv": "CSV", "xlsx": "Excel (XLSX)", "parquet": "Parquet"}
        if len(self.query.periods) <= MOST_PERIODS:
            kinds |= {"focus.csv": "FOCUS 1.4, CSV", "focus.parquet": "FOCUS 1.4, Parquet"}
        to = reverse("explore_export")
        return tuple(
            Link(label=label, url=address(self.query, self.lens, to=to, more=(("format", kind),)))
            for kind, label in kinds.items()
        )

    def _compared(self) -> str:
        periods = self.query.compared_periods
        return range_text(periods[0], periods[-1]) if periods else ""

    def _lenses(self) -> tuple[Tab, ...]:
        return tuple(
            Tab(
                label=lens.capitalize(),
                url=address(
                    replace(self.query, by=default_grouping(self.rule_set, lens)), lens, to=reverse("explore_lens")
                ),
                is_current=lens == self.lens,
            )
            for lens in LENSES
        )

    def _form(self) -> Form:
        available = sorted({*self.periods, self.query.first, self.query.last}, reverse=True)
        changed = {"first", "last", "measure", "by", "granularity", "compare"}
        kept = [(name, value) for name, value in to_params(self.query) if name not in changed]
        return Form(
            periods_first=_periods(available, self.query.first),
            periods_last=_periods(available, self.query.last),
            measures=_choices(MEASURES, self.query.measure),
            groups=tuple(self._names([*self.query.by, "", "", ""][number]) for number in range(3)),
            granularities=_choices(GRANULARITIES, self.query.granularity),
            comparisons=(Choice(value="", label="Nothing"), *_choices(COMPARISONS, self.query.compare or "")),
            query=(*kept, ("lens", self.lens)),
        )

    def _names(self, chosen: str, *, has_none: bool = True) -> tuple[Choice, ...]:
        names = [*self.rule_set.dimensions, *COLUMN_LABELS.items()]
        found = tuple(Choice(value=name, label=label, is_chosen=name == chosen) for name, label in names)
        return (Choice(value="", label="Nothing"), *found) if has_none else found

    def _filters(self) -> FilterBar:
        chips = [
            Chip(
                field=self.label(one.name),
                relation="is not" if one.exclude else "is",
                value=" or ".join(self.value(one.name, value) for value in one.values),
                remove_url=self.to(self._without(one)),
            )
            for one in self.query.filters
        ]
        return FilterBar(
            filters=tuple(chips),
            fields=self._names("", has_none=False),
            query=(*to_params(self.query), ("lens", self.lens)),
            clear_url=self.to(replace(self.query, filters=())),
            suggest_url=address(self.query, self.lens, to=reverse("explore_values")),
            action=reverse("explore"),
        )

    def _without(self, one: Filter) -> CostQuery:
        return replace(self.query, filters=tuple(other for other in self.query.filters if other != one))

    def _empty(self) -> Empty:
        if not self.periods:
            return Empty(
                title="Nothing is allocated yet",
                text="Costs appear here as soon as a bill is imported and allocated.",
                action=Link(label="Go to the Overview", url=reverse("overview")),
            )
        if self.query.filters:
            return Empty(
                title="No cost has all of this",
                text="Take away one of the filters, or choose other periods.",
                action=Link(label="Remove all filters", url=self.to(replace(self.query, filters=()))),
            )
        newest = self.periods[0]
        return Empty(
            title=f"No cost in {range_text(self.query.first, self.query.last)}",
            text="No bill covers these periods, or none of its cost is yours to see.",
            action=Link(
                label=f"Show {range_text(newest, newest)}",
                url=self.to(replace(self.query, first=newest, last=newest)),
            ),
        )


def _choices(labels: Mapping[Any, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(value=str(key), label=label, is_chosen=key == chosen) for key, label in labels.items())


def _periods(available: Sequence[date], chosen: date) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=f"{period:%Y-%m}", label=range_text(period, period), is_chosen=period == chosen)
        for period in available
    )
