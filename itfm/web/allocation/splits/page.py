"""What the page of a split shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from allocation.drafts.problems import Problem
from itfm.core.money import CONTEXT
from itfm.core.periods import period_name
from itfm.web.allocation.dimensions.conditions import KINDS, MODES, OPERATORS
from itfm.web.allocation.page import DraftBar
from itfm.web.allocation.splits.fields import COSTS, FALLBACKS, METHODS, MISSING, WINDOWS, SplitFields
from itfm.web.display import exact_places
from itfm.web.shell.page import PeriodChoice, Shell


@dataclass(frozen=True, kw_only=True)
class ShareRow:
    """What one receiver gets; weight and total are None where they differ from day to day."""

    receiver: str
    currency: str
    weight: Decimal | None
    total: Decimal | None
    percent: Decimal | None
    amount: Decimal
    fallback: str


@dataclass(frozen=True, kw_only=True)
class CurrencyShares:
    """A pool in one currency and its shares, which sum to it exactly."""

    currency: str
    pool: Decimal
    shares: tuple[ShareRow, ...]
    handed_out: Decimal
    kept: Decimal
    """What the method leaves in the pool; below zero when the shares exceed it."""

    @property
    def amount_places(self) -> int:
        """How many decimals the column of amounts has."""
        return exact_places((self.pool, self.handed_out, self.kept, *(share.amount for share in self.shares)))

    @property
    def weight_places(self) -> int:
        """How many decimals the columns of weights have."""
        return exact_places(weight for share in self.shares for weight in (share.weight, share.total))

    @property
    def difference(self) -> Decimal:
        """The pool less its shares and what stays: zero."""
        return CONTEXT.subtract(self.pool, CONTEXT.add(self.handed_out, self.kept))


@dataclass(frozen=True, kw_only=True)
class PreviewPart:
    """The split worked out over the period shown."""

    currencies: tuple[CurrencyShares, ...]
    held: tuple[tuple[str, Decimal], ...]
    findings: tuple[str, ...]
    has_bills: bool = True
    pending: str = ""
    """Why nothing can be worked out yet."""


@dataclass(frozen=True, kw_only=True)
class SplitPage:
    """The form of one split."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    is_new: bool
    address: str
    is_unsaved: bool
    fields: SplitFields
    problems: tuple[Problem, ...]
    preview: PreviewPart | None
    columns: tuple[str, ...]
    tag_keys: tuple[str, ...]
    dimensions: tuple[tuple[str, str], ...]
    drivers: tuple[tuple[str, str], ...]
    partitions: tuple[str, ...]
    """Dimensions and columns within whose values one may share."""

    kinds = KINDS
    modes = MODES
    operators = OPERATORS
    methods = METHODS
    windows = WINDOWS
    missing = MISSING
    fallbacks = FALLBACKS
    costs = COSTS

    @property
    def period_key(self) -> str:
        """The period as addresses have it."""
        return period_name(self.period.shown)
