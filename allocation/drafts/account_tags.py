"""Tags of accounts: the changes that forms make to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allocation.drafts.operations import Document, OperationError


@dataclass(frozen=True, kw_only=True)
class PutAccountTags:
    """Give an account these tags, in the place of those of the account it was ("" for a new one)."""

    was: str
    account: str
    tags: Mapping[str, str]

    @property
    def summary(self) -> str:
        told = ", ".join(f"{key}: {text}" for key, text in self.tags.items())
        return f"Set the tags of account {self.account}: {told or 'none'}"

    def change(self, document: Document) -> None:
        """Change the document in place; the account keeps its place.

        :raises OperationError: the account it was is gone, or the account it is to be is there already.
        """
        given = dict(document.get("virtual_tags", {}))
        if self.was and self.was not in given:
            raise OperationError(f"Account '{self.was}' has no tags any more. Load the page again.")
        if self.account != self.was and self.account in given:
            raise OperationError(f"Account '{self.account}' has tags already. Open it and add to them.")
        if self.was:
            given = {self.account if one == self.was else one: tags for one, tags in given.items()}
        document["virtual_tags"] = {**given, self.account: dict(self.tags)}


@dataclass(frozen=True, kw_only=True)
class DeleteAccountTags:
    """Let the charges of an account have their own tags only."""

    account: str

    @property
    def summary(self) -> str:
        return f"Removed the tags of account {self.account}"

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: the account has none.
        """
        if self.account not in document.get("virtual_tags", {}):
            raise OperationError(f"Account '{self.account}' has no tags any more. Load the page again.")
        del document["virtual_tags"][self.account]
