"""What the page of the design system shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from itfm.web.charts import Multiple
from itfm.web.components import (
    Change,
    ChartCard,
    Combobox,
    Empty,
    FilterBar,
    Pagination,
    Progress,
    State,
    Step,
    Tab,
    Table,
    TreeNode,
)
from itfm.web.shell.page import PeriodChoice, Shell


@dataclass(frozen=True, kw_only=True)
class MoneySample:
    """An amount and what it is a sample of."""

    name: str
    amount: Decimal | None
    currency: str = "USD"


@dataclass(frozen=True, kw_only=True)
class DeltaSample:
    """A change and what it is a sample of."""

    name: str
    change: Change


@dataclass(frozen=True, kw_only=True)
class SortableSample:
    """An item of the sample list."""

    id: str
    label: str


@dataclass(frozen=True, kw_only=True)
class DesignPage:
    """Every shared part, in every state."""

    shell: Shell
    money: tuple[MoneySample, ...]
    deltas: tuple[DeltaSample, ...]
    states: tuple[State, ...]
    progress: tuple[Progress, ...]
    period: PeriodChoice
    tables: tuple[Table, ...]
    filter_bars: tuple[FilterBar, ...]
    charts: tuple[ChartCard, ...]
    multiples: tuple[Multiple, ...]
    comboboxes: tuple[Combobox, ...]
    tabs: tuple[Tab, ...]
    segments: tuple[Tab, ...]
    paginations: tuple[Pagination, ...]
    steppers: tuple[tuple[Step, ...], ...]
    empties: tuple[Empty, ...]
    tree: tuple[TreeNode, ...]
    sortable: tuple[SortableSample, ...]
    failure: str
