"""From the working rules and a month's bills to the pages on lines of a bill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from allocation.drafts.tracing import traced
from allocation.drafts.wording import subject_words
from allocation.engine.conditions import Subject
from allocation.line_search import lines_found
from allocation.matches import Ranked, month
from allocation.working import working_rules
from ingestion.focus.attributes import may_be_looked_at
from itfm.core.periods import period_name
from itfm.web.allocation.build import catch_figures, coverage, draft_bar
from itfm.web.allocation.dimensions.build import suggestions
from itfm.web.allocation.lines.page import CoveragePage, FoundLine, RankedRow, Ranking, TracePage
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.showback.answers_build import answer_rows
from showback.statements import DIMENSION

RANKED: Final = 25
SUGGESTIONS: Final = 10
FOUND: Final = 15
MAX_LINES: Final = 200
TELLING: Final = ("service_name", "sub_account_name", "charge_category", "charge_class", "region_id")
"""Columns by which people know a line, in the order in which they are read."""


def coverage_page(
    dimension: str, *, shell: Shell, organization_id: UUID, period: PeriodChoice, may_write: bool
) -> CoveragePage:
    """Return what the rules of a dimension leave; by default of the first."""
    working = working_rules()
    names = tuple((one.key, one.name) for one in working.rules.dimensions)
    shown = dimension if dimension in dict(names) else next((key for key, _ in names), "")
    bills = month(organization_id, period=period.shown).under(working.rules)
    ranked = bills.uncaught(working.rules, dimension=shown, limit=RANKED) if shown else {}
    return CoveragePage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write, notes=bills.notes),
        period=period,
        dimensions=names,
        dimension=shown,
        name=dict(names).get(shown, ""),
        coverage=coverage(bills.catches(working.rules, only=[shown])[shown]) if shown else (),
        suggestions=suggestions(working.rules, bills, dimension=shown, limit=SUGGESTIONS)
        if shown and may_write
        else (),
        rankings=tuple(
            Ranking(
                key=key,
                title="Tag keys present" if key == "tags" else subject_words(Subject("column", key)).capitalize(),
                rows=tuple(_ranked_row(one, dimension=shown, may_write=may_write) for one in rows),
            )
            for key, rows in ranked.items()
            if rows
        ),
        answers=answer_rows(dimension=shown if may_write else "") if shown == DIMENSION else (),
    )


def _ranked_row(ranked: Ranked, *, dimension: str, may_write: bool) -> RankedRow:
    if ranked.subject.kind == "tag":
        query = {"tag": ranked.text}
    else:
        query = {"column": ranked.subject.key, "equals": ranked.text}
    address = f"{reverse('allocation_rule', args=[dimension, 'new'])}?{urlencode(query)}" if may_write else ""
    return RankedRow(text=ranked.text, catch=catch_figures(ranked.catch), address=address)


def trace_page(
    *, shell: Shell, organization_id: UUID, period: PeriodChoice, may_write: bool, query: str, line: str
) -> TracePage:
    """Return the lines that a search finds, and what the rules say of one line."""
    working = working_rules()
    bills = month(organization_id, period=period.shown).under(working.rules)
    facts, problems = facts_of(line)
    found = lines_found(bills, containing=query, limit=FOUND) if query else []
    return TracePage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write, notes=bills.notes),
        period=period,
        query=query,
        found=tuple(
            FoundLine(
                words=line_words(one.texts),
                catch=catch_figures(one.catch),
                address="?"
                + urlencode({"period": period_name(period.shown), "q": query, "line": line_text(one.texts)}),
            )
            for one in found
        ),
        line=line,
        problems=problems,
        traces=traced(working.rules, facts, period=period.shown) if facts else (),
    )


def line_words(texts: Mapping[Subject, str]) -> str:
    """Return what tells a line from others: service, account and category, then its tags."""
    columns = [texts[Subject("column", key)] for key in TELLING if Subject("column", key) in texts]
    tags = [f"{subject.key} = {text}" for subject, text in texts.items() if subject.kind == "tag"]
    return " · ".join([*dict.fromkeys(columns), *tags]) or ", ".join(texts.values())


def line_text(texts: dict[Subject, str]) -> str:
    """Return a line's attributes as one writes them: `service_name = EC2`, `tag team = payments`, `source = AWS`."""
    return "\n".join(
        f"{'tag ' if subject.kind == 'tag' else ''}{subject.key or subject.kind} = {text}"
        for subject, text in texts.items()
    )


def facts_of(line: str) -> tuple[dict[Subject, str], tuple[str, ...]]:
    """Return the attributes that are written down, and what is wrong with lines that are none."""
    facts: dict[Subject, str] = {}
    problems = []
    for number, row in enumerate(line.splitlines()[:MAX_LINES], start=1):
        name, sign, text = (part.strip() for part in row.partition("="))
        if not row.strip() or (sign and not text):
            continue
        if not sign:
            problems.append(f"Line {number}: write a name, = and a text, for example service_name = Storage.")
        elif name.startswith("tag "):
            facts[Subject("tag", name.removeprefix("tag ").strip())] = text
        elif name == "source":
            facts[Subject("source")] = text
        elif may_be_looked_at(name):
            facts[Subject("column", name)] = text
        else:
            problems.append(f"Line {number}: '{name}' is no column that rules may look at; write tags as tag {name}.")
    return facts, tuple(problems)
