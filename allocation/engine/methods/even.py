"""Equal shares for every receiver present in the window. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from allocation.engine import weighing


class Params(weighing.Params):
    """An even split has nothing to set."""

    kind: Literal["even"] = "even"

    def counts_presence(self) -> bool:
        return True


def weights(_params: Params, ask: weighing.Ask) -> Mapping[str, Decimal]:
    """Return weight 1 for each receiver present."""
    return dict.fromkeys(sorted(ask.present), Decimal(1))


KIND = weighing.MethodKind(label="Even split", params=Params, weights=weights)
