"""What the pages of accounts' tags show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from allocation.drafts.problems import Problem
from itfm.core.periods import period_name
from itfm.web.allocation.page import CatchFigures, DraftBar
from itfm.web.shell.page import PeriodChoice, Shell


@dataclass(frozen=True, kw_only=True)
class GivenTag:
    """A tag of an account, and what of the month's charges inherits it."""

    key: str
    text: str
    catch: CatchFigures


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account with the tags it gives."""

    account: str
    tags: tuple[GivenTag, ...]
    address: str


def parted(line: str) -> tuple[str, str]:
    """Return key and value of a line `key = value`; a sign without spaces around it parts only where no other does."""
    key, _, text = line.partition(" = " if " = " in line else "=")
    return key.strip(), text.strip()


@dataclass(frozen=True, kw_only=True)
class AccountFields:
    """A form's fields: the account it was, the account, and its tags, a line `key = value` each."""

    was: str = ""
    account: str = ""
    lines: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """The tags that the lines write; a line without a value has none."""
        return dict(parted(line) for line in self.lines)

    @property
    def text(self) -> str:
        """The lines as the form shows them."""
        return "\n".join(self.lines)

    @property
    def line_count(self) -> int:
        """As many lines as the field has room for at first."""
        return max(4, len(self.lines) + 1)


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """The form of one account's tags, and what would inherit them."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    fields: AccountFields
    problems: tuple[Problem, ...] = ()
    preview: AccountRow | None = None
    is_unsaved: bool = False
    has_bills: bool = True

    @property
    def kept(self) -> str:
        """What of the form stays in the address when another period is chosen."""
        return urlencode({"account": self.fields.was} if self.fields.was else {"name": self.fields.account})

    @property
    def period_key(self) -> str:
        """The period as addresses have it."""
        return period_name(self.period.shown)
