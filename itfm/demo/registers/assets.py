"""What the made-up company owns: servers, laptops and switches, written off day by day. Pure.

A day of an asset's life takes whole cents, and its cost is that times the days, plus what it will still be worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from itfm.demo import organization
from itfm.demo.cur import plain
from itfm.demo.other_bill import (
    CENT_DIGITS,
    USD,
    AskedFor,
    OtherBill,
    Tally,
    money,
    months_before,
    months_of,
    write_csv,
)
from itfm.demo.usage import Month

KEY: Final = "assets"
VENDOR: Final = "Kestrel Hardware"
TITLES: Final = (
    "asset_id", "name", "asset_class", "vendor", "location", "purchase_date", "cost", "currency", "life_months",
    "salvage_value", "method", "disposal_date", "disposal_proceeds", "invoice_id", "cost_center",
)  # fmt: skip


@dataclass(frozen=True)
class Asset:
    """One thing, or a batch bought at once, `age` months before the last one, on the first day of the month.

    `daily`, `salvage` and `proceeds` are in cents; `sold` is how many months before the last one it went, if it did.
    """

    number: str
    name: str
    kind: str
    location: str
    cost_center: str
    age: int
    life: int
    daily: int
    salvage: int = 0
    sold: int | None = None
    proceeds: int = 0

    def bought(self, last: date) -> date:
        """Return the day of purchase, from which it loses value."""
        return months_before(last, self.age)

    def days(self, last: date) -> int:
        """Return the days of its whole life."""
        bought = self.bought(last)
        return (months_before(bought, -self.life) - bought).days

    def gone(self, last: date) -> date | None:
        """Return the first day without it, None while it is there."""
        return None if self.sold is None else months_before(last, self.sold)

    def cost(self, last: date) -> int:
        """Return what it was bought for."""
        return self.daily * self.days(last) + self.salvage


HARDWARE: Final = (
    Asset("SRV-0101", "Store servers, north", "Server", "stores-north", "6010", 26, 48, 5_250, 40_000),
    Asset("SRV-0102", "Store servers, south", "Server", "stores-south", "6010", 9, 48, 5_600, 40_000),
    Asset("SRV-0201", "Warehouse control servers", "Server", "warehouse-1", "3020", 31, 60, 3_900),
    Asset("SRV-0202", "Warehouse control servers (old)", "Server", "warehouse-2", "3020", 40, 60, 2_450, 0, 3, 310_000),
    Asset("NET-0301", "Core switches", "Network switch", "headquarters", "9030", 18, 60, 4_100, 150_000),
    Asset("NET-0302", "Store routers", "Router", "stores", "9030", 6, 60, 2_875),
    Asset("POS-0401", "Handheld terminals", "Tablet", "stores", "6020", 11, 36, 6_425, 90_000),
    Asset("STO-0501", "Archive storage", "Storage", "headquarters", "7030", 22, 60, 1_990),
)  # fmt: skip
LAPTOP_LIFE: Final = 36
LAPTOP_DAILY: Final = 145
"""Cents that a day takes of one laptop."""
LAPTOP_WORTH: Final = 12_000
TEAM_SIZE: Final = 16_000
"""One person in a team for so much of its cloud budget, beside the first."""


def people(team: organization.Team) -> int:
    """Return how many work in a team."""
    return 1 + team.budget // TEAM_SIZE


def write(folder: Path, calendar: Sequence[Month]) -> OtherBill:
    """Write the register."""
    last = calendar[-1].first_day
    every = [*HARDWARE, *_laptops()]
    tally = Tally(calendar)
    asked: list[AskedFor] = []
    for asset in every:
        _count(asset, tally, last)
        if tally.bill(asset.bought(last), asset.cost(last)) and _invoice(asset):
            asked.append(AskedFor(VENDOR, _invoice(asset), asset.bought(last), money(asset.cost(last))))
    write_csv(folder / KEY / "assets.csv", TITLES, (_row(asset, last) for asset in every))
    settings = {"path": str(folder / KEY), **months_of(calendar)}
    return OtherBill(KEY, KEY, "Hardware", settings, tally.totals(), tuple(asked))


def _laptops() -> Iterator[Asset]:
    """Yield the laptops of each team, bought at once; they are replaced when their life is over."""
    for number, team in enumerate(organization.TEAMS):
        count = people(team)
        yield Asset(
            f"LAP-{team.cost_center}", f"{count} laptops of {team.name}", "Laptop", "headquarters", team.cost_center,
            number % (LAPTOP_LIFE - 12), LAPTOP_LIFE, LAPTOP_DAILY * count, LAPTOP_WORTH * count,
        )  # fmt: skip


def _count(asset: Asset, tally: Tally, last: date) -> None:
    """Count what its days take and, where it goes, what is left in the books less what is received."""
    bought, gone = asset.bought(last), asset.gone(last)
    kept = (gone - bought).days if gone else asset.days(last)
    for day in range(kept):
        tally.spend(bought + timedelta(days=day), asset.daily)
    if gone:
        tally.spend(gone, asset.cost(last) - asset.daily * kept - asset.proceeds)
        tally.bill(gone, -asset.proceeds)


def _invoice(asset: Asset) -> str:
    """Return the number of the invoice; what was sold again has none, for the sale would carry it too."""
    return f"KH-{asset.number}" if asset.sold is None else ""


def _row(asset: Asset, last: date) -> list[object]:
    return [
        asset.number, asset.name, asset.kind, VENDOR, asset.location, asset.bought(last),
        plain(asset.cost(last), CENT_DIGITS), USD, asset.life, plain(asset.salvage, CENT_DIGITS), "straight_line",
        asset.gone(last) or "", plain(asset.proceeds, CENT_DIGITS) if asset.proceeds else "", _invoice(asset),
        asset.cost_center,
    ]  # fmt: skip
