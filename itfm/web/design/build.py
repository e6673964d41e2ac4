"""From sample values to the page of the design system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.urls import reverse

from itfm.core.policy import Role
from itfm.web.components import (
    Cell,
    Change,
    Column,
    Empty,
    Link,
    Query,
    Row,
    State,
    Table,
    changed,
    with_sorting,
)
from itfm.web.design import sample_charts, samples
from itfm.web.design.page import DesignPage
from itfm.web.shell.page import OrganizationChoice, Shell

COLUMNS: Final = (
    Column(key="team", label="Team", is_fixed=True),
    Column(key="state", label="State", kind="state"),
    Column(key="cost", label="Cost", kind="money", currency="USD"),
    Column(key="share", label="Share", kind="share"),
    Column(key="change", label="Change", kind="change", currency="USD"),
    Column(key="lines", label="Bill lines", kind="number"),
)
FINAL: Final = State(label="Final", tone="good")
ESTIMATED: Final = State(label="Estimated", tone="caution", icon="clock")
TEAMS: Final = (
    # name, state, cost, share, change, lines
    ("Payments", FINAL, "23100.25", "52.1", "2370", 184201),
    ("Search", FINAL, "12004", "27.1", "-810.4", 90112),
    (samples.LONG_NAME, ESTIMATED, "987654321.99", None, "98765432.1", 12345678),
    (samples.UNBROKEN_NAME, ESTIMATED, "0", "0", "0", 0),
    (samples.HEBREW_NAME, FINAL, "-1203.75", "-2.7", None, 12),
)


def design_page(*, query: Query, columns: Sequence[str], sort: str, person_name: str, person_email: str) -> DesignPage:
    """Return every part in every state, the first table in the order and with the columns asked for."""
    suggest_url = reverse("design_suggestions")
    return DesignPage(
        shell=_shell(person_name, person_email),
        money=samples.MONEY,
        deltas=samples.DELTAS,
        states=samples.STATES,
        progress=samples.PROGRESS,
        period=samples.PERIOD,
        tables=_tables(query, columns=columns, sort=sort),
        filter_bars=samples.filter_bars(suggest_url),
        charts=sample_charts.cards(),
        multiples=sample_charts.multiples(),
        comboboxes=samples.comboboxes(suggest_url),
        tabs=samples.TABS,
        segments=samples.SEGMENTS,
        paginations=samples.PAGINATIONS,
        steppers=samples.STEPPERS,
        empties=samples.EMPTIES,
        tree=samples.TREE,
        sortable=samples.SORTABLE,
        failure="The mart did not answer within 5 seconds. Nothing is lost.",
    )


def _shell(person_name: str, person_email: str) -> Shell:
    """Return the frame as the owner of a made-up organization sees it: staff need not belong to any."""
    organization = OrganizationChoice(
        id=UUID(int=0), name="Sample company", role=Role.OWNER, is_current=True, is_demo=True
    )
    return Shell(
        section="settings",
        organization=organization,
        organizations=(organization,),
        person_name=person_name,
        person_email=person_email,
    )


def _tables(query: Query, *, columns: Sequence[str], sort: str) -> tuple[Table, ...]:
    shown = tuple(replace(column, is_shown=not columns or column.key in columns) for column in COLUMNS)
    full = Table(
        id="teams",
        caption="Cost by team, October 2026",
        columns=with_sorting(shown, query=query, sort=sort, default="-cost"),
        rows=_ordered(sort or "-cost"),
        total=_row("Total", FINAL, "987688222.74", "100", None, 12620006),
        query=query or (("sort", "-cost"),),
        exports=(Link(label="CSV", url=changed(query)), Link(label="XLSX", url=changed(query))),
    )
    nothing = Empty(title="No team matches the filters", text="Remove one of them, or look at another month.")
    return (
        full,
        _tall(),
        replace(full, id="loading", caption="Loading", rows=(), total=None, exports=(), query=(), is_loading=True),
        replace(full, id="nothing", caption="Empty", rows=(), total=None, exports=(), query=(), empty=nothing),
        replace(
            full,
            id="broken",
            caption="Failed",
            rows=(),
            total=None,
            exports=(),
            query=(),
            error="The ledger of October is being written anew. Load the page again in a minute.",
        ),
    )


def _ordered(sort: str) -> tuple[Row, ...]:
    """Return the teams in the order asked for, what nobody owns last; unknown values stand after the others."""
    place = {column.key: number for number, column in enumerate(COLUMNS)}.get(sort.removeprefix("-"), 0)

    def known(team: tuple[str, State, str, str | None, str | None, int]) -> bool:
        return team[place] is not None

    def key(team: tuple[str, State, str, str | None, str | None, int]) -> tuple[Decimal, str]:
        value = team[place]
        if COLUMNS[place].is_figure:
            return Decimal(str(value)), ""
        return Decimal(0), value.label if isinstance(value, State) else str(value)

    ranked = sorted(filter(known, TEAMS), key=key, reverse=sort.startswith("-"))
    unknown = [team for team in TEAMS if not known(team)]
    rows = tuple(_row(*team) for team in (*ranked, *unknown))
    return (*rows, replace(_row("Unallocated", ESTIMATED, "0.25", "0.0001", "-12", 3), is_unallocated=True))


def _row(name: str, state: State, cost: str, share: str | None, change: str | None, lines: int) -> Row:
    return Row(
        key=name,
        cells=(
            Cell(value=name),
            Cell(value=state),
            Cell(value=Decimal(cost), url=reverse("design_panel"), drawer="panel"),
            Cell(value=None if share is None else Decimal(share)),
            Cell(value=Change(amount=None if change is None else Decimal(change))),
            Cell(value=lines),
        ),
    )


def _tall() -> Table:
    """Return a table that scrolls inside itself, some rows belonging to the one above them."""
    columns = (
        Column(key="center", label="Cost center"),
        *(Column(key=f"m{month}", label=f"2026-{month:02}", kind="money", currency="USD") for month in range(1, 13)),
    )
    rows = tuple(
        Row(
            key=str(number),
            depth=number % 4,
            is_current=number == 2,
            cells=(
                Cell(value=f"Cost center {4100 + number}", note="closed on 30 June" if number == 5 else ""),
                *(Cell(value=Decimal(number * month * 1234) / 100) for month in range(1, 13)),
            ),
        )
        for number in range(20)
    )
    # 0 + 1 + ... + 19 = 190 of 12.34 each, times the month
    total = Row(cells=(Cell(value="Total"), *(Cell(value=Decimal("2344.60") * month) for month in range(1, 13))))
    return Table(
        id="centers", caption="Cost by cost center and month", columns=columns, rows=rows, total=total, is_tall=True
    )
