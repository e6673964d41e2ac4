"""The rules that find the teams of bills no cloud writes. Pure."""

from __future__ import annotations

from typing import Any, Final

from itfm.demo.registers import assets, contracts

OWN_LISTS: Final = (contracts.KEY, assets.KEY)
"""Sources whose lines name their cost center, purchases too: these are no overhead."""
KNOWN_CENTERS: Final = ("trim", {"lookup": "cost_center_teams", "otherwise": "none"})


def before_overhead() -> list[dict[str, Any]]:
    """Return the rules that come before those of taxes, credits and purchases."""
    return [
        {
            "name": "own lists by cost center",
            "when": {"all": [{"source": True, "one_of": list(OWN_LISTS)}, {"tag": "cost_center", "exists": True}]},
            "value": {"tag": "cost_center", "transforms": list(KNOWN_CENTERS)},
        }
    ]
