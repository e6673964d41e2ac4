"""What the shared parts of pages show: tables, filters, tabs and the like, as values. Pure.

Each has one template of the same name in `templates/components`, which says in its opening comment how to use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal
from urllib.parse import urlencode

Query = tuple[tuple[str, str], ...]
"""What stands behind the `?` of an address: `tuple(request.GET.lists())` flattened, see `query_of`."""

Tone = Literal["", "good", "active", "caution", "bad"]
Kind = Literal["text", "money", "percent", "number", "day", "moment", "period", "change", "state", "share"]
FIGURES: Final[frozenset[Kind]] = frozenset(
    {"money", "percent", "number", "day", "moment", "period", "change", "share"}
)


def query_of(lists: Iterable[tuple[str, Sequence[str]]]) -> Query:
    """Return the pairs of `request.GET.lists()`, in their order."""
    return tuple((name, value) for name, values in lists for value in values)


def changed(query: Query, **changes: str | Sequence[str] | None) -> str:
    """Return the query as `?a=1&b=2` with some names set to other values; None and '' take a name away."""
    kept = [(name, value) for name, value in query if name not in changes]
    for name, value in changes.items():
        values = [value] if isinstance(value, str) else value or ()
        kept += [(name, one) for one in values if one]
    return "?" + urlencode(kept)


@dataclass(frozen=True, kw_only=True)
class State:
    """A state in a word, with a sign and a tone."""

    label: str
    tone: Tone = ""
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """How much more or less than before; None: nothing to compare with."""

    amount: Decimal | None
    percent: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A way to somewhere else."""

    label: str
    url: str
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Empty:
    """Nothing to show: why, and what to do next."""

    title: str
    text: str
    action: Link | None = None
    command: str = ""
    """What to type, where the next step is a command."""
    icon: str = "inbox"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table; its `kind` says how the values in it are written."""

    key: str
    label: str
    kind: Kind = "text"
    currency: str = ""
    sort_url: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    is_shown: bool = True
    is_fixed: bool = False
    """Whether it is always shown: the choice of columns leaves it out."""

    @property
    def is_figure(self) -> bool:
        """Whether its values align at the end."""
        return self.kind in FIGURES


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A value in a row: a Decimal, text, day, `State` or `Change`, as its column's kind asks for."""

    value: Any
    url: str = ""
    drawer: str = ""
    """Id of the drawer in which `url` opens."""
    note: str = ""
    """A quieter second line."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a table; the first cell names it."""

    cells: tuple[Cell, ...]
    key: str = ""
    is_unallocated: bool = False
    is_current: bool = False
    depth: int = 0
    """How far it is indented below the rows it belongs to: 0 to 6."""


SURELY_TALL: Final = 15
"""Rows that are higher together than a table that scrolls in itself."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A value that may be chosen."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of figures, with what stands over and under it."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    query: Query = ()
    """The address it is on; with it the table offers a choice of columns, sent as `column`."""
    exports: tuple[Link, ...] = ()
    empty: Empty | None = None
    error: str = ""
    """What went wrong and what to do, in place of the rows."""
    is_loading: bool = False
    is_tall: bool = False
    """Whether it scrolls inside itself, its head staying in sight."""

    @property
    def is_long(self) -> bool:
        """Whether its rows surely fill the height it scrolls in."""
        return len(self.rows) > SURELY_TALL

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns that are shown."""
        return tuple(column for column in self.columns if column.is_shown)

    @property
    def lines(self) -> tuple[tuple[Row, tuple[tuple[Column, Cell], ...]], ...]:
        """Each row with the cells that are shown, beside their columns."""
        return tuple((row, self._pairs(row)) for row in self.rows)

    @property
    def total_line(self) -> tuple[tuple[Column, Cell], ...]:
        """The cells of the total that are shown."""
        return self._pairs(self.total) if self.total else ()

    @property
    def choosable(self) -> tuple[Column, ...]:
        """The columns one may hide; none without the address to send the choice to."""
        return tuple(column for column in self.columns if not column.is_fixed) if self.query else ()

    @property
    def kept_query(self) -> Query:
        """What the choice of columns leaves as it is."""
        return tuple(pair for pair in self.query if pair[0] not in {"column", "page"})

    @property
    def sorted_by(self) -> str:
        """`Cost, descending`; empty when no column says so."""
        return next((f"{column.label}, {column.sorted}" for column in self.columns if column.sorted), "")

    def _pairs(self, row: Row) -> tuple[tuple[Column, Cell], ...]:
        return tuple(pair for pair in zip(self.columns, row.cells, strict=True) if pair[0].is_shown)


def with_sorting(columns: Iterable[Column], *, query: Query, sort: str, default: str = "") -> tuple[Column, ...]:
    """Return the columns with the links that sort by them: `sort=cost` upward, `sort=-cost` downward.

    Figures are sorted downward first, since the largest is looked for; text upward.
    """
    current = sort or default

    def sortable(column: Column) -> Column:
        first, second = (f"-{column.key}", column.key) if column.is_figure else (column.key, f"-{column.key}")
        following = second if current == first else first
        direction: Literal["", "ascending", "descending"] = ""
        if current in {first, second}:
            direction = "descending" if current.startswith("-") else "ascending"
        return replace(column, sort_url=changed(query, sort=following, page=None), sorted=direction)

    return tuple(map(sortable, columns))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter in force: `Service is not Amazon S3`."""

    field: str
    value: str
    remove_url: str
    relation: str = "is"
    is_invalid: bool = False
    """Whether nothing answers to it any more; it stays in sight so that it can be taken away."""


@dataclass(frozen=True, kw_only=True)
class FilterBar:
    """The filters in force, and a form that adds one by `field`, `relation` and `value`."""

    filters: tuple[Filter, ...]
    fields: tuple[Choice, ...]
    relations: tuple[Choice, ...] = (Choice(value="is", label="is"), Choice(value="not", label="is not"))
    query: Query = ()
    """What the form sends along, so that the address keeps the rest of its state."""
    clear_url: str = ""
    suggest_url: str = ""
    """Answers `?field=&q=` with values, see `itfm.web.suggestions`."""
    action: str = ""
    names: tuple[str, str, str] = ("filter_field", "filter_relation", "filter_value")
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One of several views of the same thing, each with an address."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Pagination:
    """Where one is in a long list; `total` is None where counting would be slow."""

    first: int
    last: int
    total: int | None = None
    previous_url: str = ""
    next_url: str = ""
    noun: str = "rows"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a task."""

    label: str
    state: Literal["done", "current", "todo", "failed"] = "todo"
    note: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class TreeNode:
    """A node of a tree, with the nodes below it."""

    label: str
    url: str = ""
    children: tuple[TreeNode, ...] = ()
    amount: Decimal | None = None
    currency: str = ""
    is_current: bool = False
    is_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Work under way; `ratio` is None while its length is unknown."""

    label: str
    ratio: Decimal | None = None
    step: str = ""
    state: State | None = None

    @property
    def percent(self) -> int | None:
        """How far it is, in whole percent."""
        return None if self.ratio is None else int(min(max(self.ratio, Decimal(0)), Decimal(1)) * 100)


@dataclass(frozen=True, kw_only=True)
class Combobox:
    """A field that suggests values while one types; a plain field without script."""

    id: str
    name: str
    label: str
    url: str = ""
    value: str = ""
    hint: str = ""
    error: str = ""
    with_field: str = ""
    """Id of another field whose value is sent along as `field`."""
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)
class ChartCard:
    """A chart with its title, a sentence for those who do not see it, and the same figures as a table."""

    id: str
    title: str
    summary: str
    figure: dict[str, Any] = field(default_factory=dict)
    table: Table | None = None
    subtitle: str = ""
    tools: tuple[Tab, ...] = ()
    empty: Empty | None = None
    error: str = ""
    is_loading: bool = False


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which part of a long list is shown; numbers start at 1."""

    number: int
    count: int
    per_page: int

    @property
    def last(self) -> int:
        """The number of the last part; there is always one."""
        return max(1, -(-self.count // self.per_page))

    @property
    def first_row(self) -> int:
        """The place of the first row shown, 0 where there is none."""
        return (self.number - 1) * self.per_page + 1 if self.count else 0

    @property
    def last_row(self) -> int:
        """The place of the last row shown."""
        return min(self.number * self.per_page, self.count)

    @property
    def older(self) -> int | None:
        """The part before, None at the beginning."""
        return self.number - 1 if self.number > 1 else None

    @property
    def newer(self) -> int | None:
        """The part after, None at the end."""
        return self.number + 1 if self.number < self.last else None
