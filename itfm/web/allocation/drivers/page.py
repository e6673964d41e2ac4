"""What the pages of drivers show. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from allocation.services.drivers import Reception
from itfm.web.allocation.page import DraftBar, DriverRow
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class DriversPage:
    """The drivers, and the form of a new one."""

    shell: Shell
    bar: DraftBar
    drivers: tuple[DriverRow, ...]
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class DriverPage:
    """One driver: its values, the form that takes in a file, and how a file would be taken in."""

    shell: Shell
    bar: DraftBar
    driver: DriverRow
    may_take_in: bool
    problems: tuple[str, ...] = ()
    reception: Reception | None = None
    file_name: str = ""
    content: str = ""
    """The file's rows as CSV, to be sent again with the confirmation."""

    @property
    def unmatched_shown(self) -> tuple[str, ...]:
        """The first of the values that match nothing."""
        return self.reception.unmatched_values[:20] if self.reception else ()
