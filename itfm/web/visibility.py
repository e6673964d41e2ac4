"""What part of the organization's cost a member sees: role, scopes and the cost-center tree together."""

from __future__ import annotations

from collections import defaultdict

from allocation.selectors import EVERYTHING, Visibility
from itfm.accounts.models import Membership, Scope
from showback.selectors import subtree_codes


def visibility_of(membership: Membership) -> Visibility:
    """Return what the member may see; a scoped role without a scope sees nothing."""
    if membership.sees_everything:
        return EVERYTHING
    values: dict[str, list[str]] = defaultdict(list)
    for dimension, value in membership.named_scopes():
        values[dimension].append(value)
    if Scope.COST_CENTER in values:
        values[Scope.COST_CENTER] = list(subtree_codes(values[Scope.COST_CENTER]))
    return Visibility(
        sees_everything=False, values=tuple((dimension, tuple(named)) for dimension, named in values.items())
    )
