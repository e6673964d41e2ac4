"""What of a month's bills has tags of its accounts: charges and money by account and tag key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from allocation.engine import attribute_sets
from allocation.engine.account_tags import ACCOUNT, is_free
from allocation.engine.conditions import Subject
from allocation.engine.rules import RuleSet
from allocation.matches import Catch, Month, catches_by, summed

if TYPE_CHECKING:
    from allocation.engine.attribute_sets import AttributeSets, Codes

_NONE: Final = -1


def inherited_found(bills: Month, rules: RuleSet) -> dict[tuple[str, str], Catch]:
    """Return by account and tag key what of a month's bills inherits the tag; what inherits nothing is absent."""
    account_tags = rules.account_tags()
    keys = account_tags.keys
    if not keys or not bills.revisions:
        return {}
    sorted_bills = bills.under(rules)
    subjects = [ACCOUNT, *(Subject("tag", key) for key in keys)]
    sets = attribute_sets.read(sorted_bills.revisions, subjects=subjects, spellings=rules.spellings())
    columns = {f"account_{at}": _inheriting(sets, key, account_tags.by_account) for at, key in enumerate(keys)}
    accounts = sets.coded(ACCOUNT).values
    with summed(sorted_bills.revisions, sets, columns) as database:
        return {
            (str(accounts[code]), key): catch
            for at, key in enumerate(keys)
            for code, catch in catches_by(database, f"account_{at}").items()
            if code != _NONE
        }


def _inheriting(sets: AttributeSets, key: str, by_account: Mapping[str, Mapping[str, str]]) -> Codes:
    """Return for each attribute set the code of the account from which it has a tag key (-1: it has its own, or none).

    An account that writes another spelling of the key is counted under that one.
    """
    account, own = sets.coded(ACCOUNT), sets.coded(Subject("tag", key))
    gives = np.array([key in by_account.get(one or "", {}) for one in account.values])[account.codes]
    is_open = np.array([is_free(one) for one in own.values])[own.codes]
    return np.where(gives & is_open, account.codes, _NONE)
