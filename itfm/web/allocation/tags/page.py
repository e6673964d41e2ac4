"""What the pages of tag keys show. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from allocation.drafts.problems import Problem
from allocation.drafts.tag_aliases import KeyUse
from itfm.core.periods import period_name
from itfm.web.allocation.account_tags.page import AccountRow
from itfm.web.allocation.page import CatchFigures, DraftBar
from itfm.web.shell.page import PeriodChoice, Shell


@dataclass(frozen=True, kw_only=True)
class SpellingRow:
    """One spelling of a key: what carries it, and the part of this on which it is the one that counts."""

    spelling: str
    has: CatchFigures
    counts: CatchFigures
    is_similar: bool = False
    """Whether nobody listed it."""

    @property
    def has_more(self) -> bool:
        """Whether a spelling further up decides on a part of what carries it."""
        return self.has != self.counts


@dataclass(frozen=True, kw_only=True)
class GroupPart:
    """The spellings of one key in the order in which they are asked, and what they hold as one."""

    key: str
    spellings: tuple[SpellingRow, ...]
    together: CatchFigures
    contradicting: CatchFigures
    used_by: tuple[KeyUse, ...] = ()
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class OtherRow:
    """A key that may be another spelling, and why."""

    key: str
    why: str
    examples: tuple[str, ...] = ()
    catch: CatchFigures | None = None


@dataclass(frozen=True, kw_only=True)
class ProposalRow:
    """A key and those that may be other spellings of it."""

    key: str
    others: tuple[OtherRow, ...]
    address: str

    @property
    def words(self) -> str:
        """All its keys."""
        return ", ".join([self.key, *(other.key for other in self.others)])


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """A tag key as bills write it."""

    key: str
    counts_as: str
    """The key that rules see it as, where that is another one."""
    value_count: int
    examples: tuple[str, ...]
    catch: CatchFigures
    address: str


@dataclass(frozen=True, kw_only=True)
class TagsPage:
    """The keys of a month's bills, and which of them count as one."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    groups: tuple[GroupPart, ...]
    accounts: tuple[AccountRow, ...]
    """Accounts whose tags their charges inherit."""
    is_similar: bool
    similar_count: int
    """How many keys of the bills have at least one similar key."""
    proposals: tuple[ProposalRow, ...]
    keys: tuple[KeyRow, ...]
    key_count: int
    query: str
    has_bills: bool


@dataclass(frozen=True, kw_only=True)
class TagFields:
    """A form's fields: the key it was, the key, and its other spellings, one per line."""

    was: str = ""
    key: str = ""
    spellings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The spellings as the form shows them."""
        return "\n".join(self.spellings)

    @property
    def line_count(self) -> int:
        """As many lines as the field has room for at first."""
        return max(4, len(self.spellings) + 1)


@dataclass(frozen=True, kw_only=True)
class TagKeyPage:
    """The form of one key's spellings, what they hold, and which others may belong to them."""

    shell: Shell
    bar: DraftBar
    period: PeriodChoice
    fields: TagFields
    problems: tuple[Problem, ...] = ()
    preview: GroupPart | None = None
    others: tuple[OtherRow, ...] = ()
    is_unsaved: bool = False
    has_bills: bool = True

    @property
    def kept(self) -> str:
        """What of the form stays in the address when another period is chosen."""
        if self.fields.was:
            return urlencode({"key": self.fields.was})
        return urlencode({"name": self.fields.key, "spelling": self.fields.spellings}, doseq=True)

    @property
    def period_key(self) -> str:
        """The period as addresses have it."""
        return period_name(self.period.shown)
