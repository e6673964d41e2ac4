"""What sources are told whose charges come with the months. Pure but for the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from ingestion.amortization import calendar
from ingestion.delivery import BucketSettings
from itfm.core.periods import next_period

Month = Annotated[str, Field(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")]


@dataclass(frozen=True, kw_only=True)
class Window:
    """The days for which charges are written: from `start`, or from the beginning, to `end`, which is exclusive."""

    start: date | None
    end: date

    def __contains__(self, day: date) -> bool:
        return day < self.end and (self.start is None or day >= self.start)

    @property
    def last_month(self) -> str:
        """The last month, such as `2026-10`."""
        return f"{date.fromordinal(self.end.toordinal() - 1):%Y-%m}"


class AccruingSettings(BucketSettings):
    """A source of files that tell whole terms; charges are written month by month, as the months begin."""

    first_month: Month | None = Field(
        default=None,
        title="First month",
        description="The first to write charges of, for example 2026-01. Left empty, all from the first day on.",
    )
    last_month: Month | None = Field(
        default=None,
        title="Last month",
        description="The last to write charges of, for example 2026-12. Left empty, the present one.",
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.first_month and self.last_month and self.first_month > self.last_month:
            raise ValueError("The first month is after the last one.")
        return self

    def window(self) -> Window:
        """Return the days that are charged now: the present month whole, none beyond it."""
        last = _first_day(self.last_month) if self.last_month else calendar.month_of(calendar.today())
        return Window(start=_first_day(self.first_month) if self.first_month else None, end=next_period(last))


def basis(settings: AccruingSettings) -> str:
    """Return what the charges depend on besides the files: when a month begins, the same files say more."""
    window = settings.window()
    return f"charges from {window.start or 'the beginning'} to {window.end}"


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
