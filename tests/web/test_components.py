"""Values of shared parts: addresses keep their state, tables keep their columns and cells together."""

from decimal import Decimal

from itfm.web.components import Cell, Column, Progress, Row, Table, changed, query_of, with_sorting


def test_a_change_to_the_address_keeps_the_rest_of_it():
    query = query_of([("period", ["2026-10"]), ("team", ["a b", "c&d"])])

    assert changed(query, sort="-cost") == "?period=2026-10&team=a+b&team=c%26d&sort=-cost"
    assert changed(query, team=None) == "?period=2026-10"
    assert changed(query, period="2026-09", team=["x", "y"]) == "?period=2026-09&team=x&team=y"


def test_figures_sort_downward_first_and_text_upward():
    columns = (Column(key="team", label="Team"), Column(key="cost", label="Cost", kind="money"))

    team, cost = with_sorting(columns, query=(("page", "3"),), sort="-cost")

    assert (team.sorted, team.sort_url) == ("", "?sort=team")
    assert (cost.sorted, cost.sort_url) == ("descending", "?sort=cost")


def test_a_hidden_column_takes_its_cells_along():
    table = Table(
        id="t",
        caption="Costs",
        columns=(Column(key="a", label="A"), Column(key="b", label="B", is_shown=False), Column(key="c", label="C")),
        rows=(Row(cells=(Cell(value=1), Cell(value=2), Cell(value=3))),),
        total=Row(cells=(Cell(value="Total"), Cell(value=2), Cell(value=3))),
    )

    assert [[cell.value for _, cell in cells] for _, cells in table.lines] == [[1, 3]]
    assert [cell.value for _, cell in table.total_line] == ["Total", 3]


def test_progress_never_leaves_its_bar():
    assert [Progress(label="", ratio=ratio).percent for ratio in (None, Decimal("-1"), Decimal("0.429"), Decimal(7))] == [
        None, 0, 42, 100,
    ]  # fmt: skip


def test_sections_stand_in_their_groups_and_none_is_lost():
    from uuid import UUID

    from itfm.core.policy import Role
    from itfm.web.shell.page import NAVIGATION, OrganizationChoice, Shell

    owner = OrganizationChoice(id=UUID(int=0), name="Acme", role=Role.OWNER)
    shell = Shell(
        section="bills", organization=owner, organizations=(owner,), person_name="", person_email="", keeps_mail=True
    )

    groups = {group.label: [item.label for item in group.items] for group in shell.groups}

    assert groups["Spend"][0] == "Overview"
    assert [label for labels in groups.values() for label in labels] == [item.label for item in NAVIGATION]
