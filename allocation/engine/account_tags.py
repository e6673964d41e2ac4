"""Tags that the rules give to accounts, subscriptions and projects, which their charges inherit. Pure.

A charge without a tag of its own under a key, in any of its spellings, has the one of its account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import Field

from allocation.engine.conditions import Subject
from allocation.engine.schema import Text
from allocation.engine.tag_aliases import Spellings

VirtualTags = dict[Text, Annotated[dict[Text, Text], Field(min_length=1)]]
"""SubAccountId -> tag key -> value."""

ACCOUNT: Final = Subject("column", "sub_account_id")


@dataclass(frozen=True, kw_only=True)
class Inherited:
    """A tag that a charge has from its account."""

    key: str
    text: str
    account: str

    @property
    def words(self) -> str:
        """How pages and files tell it."""
        return f"{self.key}: {self.text} (from account {self.account})"


@dataclass(frozen=True)
class AccountTags:
    """What accounts give to their charges, and which spellings of a key count as one."""

    by_account: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    spellings: Spellings = field(default_factory=Spellings)

    @property
    def keys(self) -> tuple[str, ...]:
        """The tag keys that accounts give, each once as written, in the order of the accounts."""
        return tuple(dict.fromkeys(key for tags in self.by_account.values() for key in tags))

    def of(self, key: str) -> dict[str, str]:
        """Return by account the text that a charge inherits under a tag key."""
        return {
            account: text
            for account, tags in self.by_account.items()
            for one, text in tags.items()
            if self.spellings.are_one(key, one)
        }

    def text(self, key: str, *, account: str | None) -> str | None:
        """Return what a charge of an account inherits under a tag key."""
        tags = self.by_account.get(account or "", {})
        return next((text for one, text in tags.items() if self.spellings.are_one(key, one)), None)

    def inherited(self, tags: Mapping[str, str], *, account: str | None) -> tuple[Inherited, ...]:
        """Return what a charge with tags of its own inherits from its account, in the order of the account's tags."""
        return tuple(
            Inherited(key=key, text=text, account=account or "")
            for key, text in self.by_account.get(account or "", {}).items()
            if is_free(self.spellings.text(key, tags))
        )


NO_TAGS: Final = AccountTags()


def is_free(own: str | None) -> bool:
    """Return whether a charge's own text under a key leaves room for that of its account: it is absent or blank."""
    return own is None or not own.strip()


def problems(virtual_tags: VirtualTags, *, spellings: Spellings) -> Iterator[str]:
    """Yield "path: message" for what is blank, and for two tags of an account whose keys count as one."""
    for account, tags in virtual_tags.items():
        path = f"virtual_tags.{account}"
        if account != account.strip():
            yield f"{path}: an account's id has no spaces around it; write it as the bill does"
        for key, text in tags.items():
            if not key.strip() or not text.strip():
                yield f"{path}.{key}: a key or value is blank; write it, or leave the line out"
        yield from _shared(path, tags, spellings)


def _shared(path: str, keys: Collection[str], spellings: Spellings) -> Iterator[str]:
    named = list(keys)
    for place, key in enumerate(named):
        other = next((one for one in named[:place] if spellings.are_one(key, one)), None)
        if other is not None:
            yield f"{path}.{key}: '{key}' and '{other}' count as one key; keep one of them"
