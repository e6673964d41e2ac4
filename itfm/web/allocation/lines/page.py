"""What the pages on lines of a bill show. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from allocation.drafts.tracing import DimensionTrace
from itfm.web.allocation.dimensions.page import SuggestionRow
from itfm.web.allocation.page import CatchFigures, CoverageFigures, DraftBar
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.showback.page import AnswerRow


@dataclass(frozen=True, kw_only=True)
class RankedRow:
    """One text of a column, or a tag key, and the uncaught cost there."""

    text: str
    catch: CatchFigures
    address: str
    """Where a rule for it begins; empty when one may not write."""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Uncaught cost by one column, dearest first."""

    key: str
    title: str
    rows: tuple[RankedRow, ...]


@dataclass(frozen=True, kw_only=True)
class CoveragePage:
    """What the rules of a dimension leave, ranked by money."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    dimensions: tuple[tuple[str, str], ...]
    dimension: str
    name: str
    coverage: tuple[CoverageFigures, ...]
    suggestions: tuple[SuggestionRow, ...]
    rankings: tuple[Ranking, ...]
    answers: tuple[AnswerRow, ...]
    """What people said in answer to their letters, where the dimension is the cost centers."""


@dataclass(frozen=True, kw_only=True)
class FoundLine:
    """A kind of line that a search found."""

    words: str
    catch: CatchFigures
    address: str


@dataclass(frozen=True, kw_only=True)
class TracePage:
    """Which rule of each dimension catches a line, and why those above did not."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    query: str
    found: tuple[FoundLine, ...]
    line: str
    problems: tuple[str, ...]
    traces: tuple[DimensionTrace, ...]
