"""What the pages of a dimension and its rules show. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from allocation.drafts.problems import Problem
from itfm.core.periods import period_name
from itfm.web.allocation.dimensions.conditions import KINDS, MODES, OPERATORS
from itfm.web.allocation.dimensions.fields import PLACES, TRANSFORMS, RuleFields
from itfm.web.allocation.page import CatchFigures, CoverageFigures, DraftBar
from itfm.web.shell.page import PeriodChoice, Shell


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """A rule, what it asks and gives, and what it is first to catch."""

    number: int
    place: int
    """Counted from 1."""
    name: str
    condition: str
    value: str
    times: str
    catch: CatchFigures
    is_first: bool
    is_last: bool

    @property
    def place_text(self) -> str:
        """The place as a text, for labels."""
        return str(self.place)


@dataclass(frozen=True, kw_only=True)
class SuggestionRow:
    """A rule that would catch much of what is uncaught."""

    words: str
    catch: CatchFigures
    address: str


@dataclass(frozen=True, kw_only=True)
class DimensionPage:
    """A dimension's rules in the order in which they are asked."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    key: str
    name: str
    rules: tuple[RuleRow, ...]
    uncaught: CatchFigures
    coverage: tuple[CoverageFigures, ...]
    suggestions: tuple[SuggestionRow, ...]
    has_bills: bool


@dataclass(frozen=True, kw_only=True)
class RulePreview:
    """What a rule as it stands in the form would catch: in its place, and if no other rule were asked before it."""

    caught: CatchFigures
    alone: CatchFigures
    values: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    """Why nothing can be counted yet."""


@dataclass(frozen=True, kw_only=True)
class RulePage:
    """The form of one rule."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    dimension_key: str
    dimension_name: str
    number: int | None
    """From 0; None for a new rule."""
    fields: RuleFields
    problems: tuple[Problem, ...] = ()
    preview: RulePreview | None = None
    columns: tuple[str, ...] = ()
    tag_keys: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()

    address: str = ""
    """Where the form is sent to."""
    is_unsaved: bool = False
    """Whether the fields came back from the form without being saved."""

    kinds = KINDS
    modes = MODES
    operators = OPERATORS
    places = PLACES
    transforms = TRANSFORMS

    @property
    def title(self) -> str:
        """What the page is about."""
        return "New rule" if self.number is None else f"Rule {self.number + 1}"

    @property
    def period_key(self) -> str:
        """The period as addresses have it."""
        return period_name(self.period.shown)
