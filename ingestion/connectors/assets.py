"""A register of assets, one in each row, as CSV or Parquet. Pure but for the files.

| charge                           | on              | category   | billed    | effective            |
|----------------------------------|-----------------|------------|-----------|----------------------|
| what it was bought for           | purchase_date   | Purchase   | cost      | 0                    |
| what a day of its life takes     | each day        | Usage      | 0         | its part             |
| what is in the books when it goes | disposal_date  | Adjustment | 0         | the book value       |
| what it is sold for              | disposal_date   | Credit     | -proceeds | -proceeds            |

So up to any day sum(billed) - sum(effective) is the book value that is still held. Once the asset is gone both sums are
cost - proceeds; while it is kept beyond its life, sum(billed) is the cost and sum(effective) is cost - salvage value.
The day of disposal is the first without depreciation. (IAS 16.67 to .71: the gain or loss is proceeds less book value.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from ingestion.amortization.cells import Cells
from ingestion.amortization.charges import Charge, Item
from ingestion.amortization.depreciation import MONTHS_OF_YEAR, Life
from ingestion.amortization.expanding import accrued
from ingestion.amortization.registers import discover_register, require_titles, tag_titles, tags_of
from ingestion.amortization.settings import AccruingSettings, basis
from ingestion.amortization.straight_line import UNITS_OF_ONE
from ingestion.amortization.stretches import Stretch
from ingestion.focus.findings import Finding
from ingestion.focus.services import OTHER_CATEGORY, SUBCATEGORIES
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.tables import RawTables

REQUIRED: Final = ("asset_id", "purchase_date", "cost", "currency", "life_months")
STRAIGHT_LINE: Final = "straight_line"
DECLINING: Final = "declining_balance"
METHODS: Final = {
    **dict.fromkeys((STRAIGHT_LINE, "straight line", "sl"), STRAIGHT_LINE),
    **dict.fromkeys((DECLINING, "declining balance", "db", "ddb", "double declining balance"), DECLINING),
}
DOUBLE: Final = Fraction(2)
"""Times the straight line that the balance declines by when the row does not say."""
MOST_MONTHS: Final = 1_200
CATEGORIES: Final = {name.lower(): name for name in SUBCATEGORIES}
CLASSES: Final = (
    ("Compute", ("server", "mainframe", "blade")),
    (
        "Compute/End User Computing",
        ("laptop", "notebook", "desktop", "workstation", "monitor", "tablet", "phone", "smartphone"),
    ),
    ("Storage", ("storage", "disk", "tape", "nas", "san")),
    ("Networking/Network Infrastructure", ("network", "switch", "switches", "router", "firewall", "load balancer")),
    ("Business Applications", ("software", "license", "licence")),
)
"""Words in an asset's class, and the category of FOCUS they tell, with its subcategory; the first that fits counts."""
KEPT: Final = (
    "asset_id",
    "asset_class",
    "in_service_date",
    "salvage_value",
    "life_months",
    "method",
    "disposal_date",
)


@dataclass
class AssetRows:
    """The assets in files of these columns; `seen` has the place of each id."""

    tag_titles: dict[str, str]
    facts: tuple[str, ...] = tuple(f"x_{name}" for name in KEPT)
    seen: dict[str, str] = field(default_factory=dict)

    def item(self, cells: Cells) -> Item | None:
        """Return the charges of an asset."""
        bought, life = cells.needed_day("purchase_date"), _life(cells)
        gone, proceeds = _disposal(cells, bought)
        facts = self._facts(cells)
        self._check_once(cells)
        if life is None or not cells.is_sound():
            return None
        return Item(facts=facts, charges=_charges(life, bought=bought, gone=gone, proceeds=proceeds))

    def findings(self) -> Iterable[Finding]:
        """Return nothing: what is wrong with an asset is told at its row."""
        return ()

    def _facts(self, cells: Cells) -> dict[str, str | None]:
        text, asset, vendor = cells.text, cells.needed("asset_id"), cells.text("vendor") or "Own assets"
        kind = text("asset_class") or text("class") or text("kind")
        category, subcategory = _service(cells, kind)
        return {
            "billing_account_id": vendor,
            "billing_account_name": vendor,
            "billing_account_type": "Vendor",
            "billing_currency": cells.currency("currency"),
            "charge_description": text("description") or text("name"),
            "invoice_id": text("invoice_id"),
            "invoice_issuer_name": vendor,
            "region_id": text("location") or text("region"),
            "region_name": text("location") or text("region"),
            "resource_id": asset,
            "resource_name": text("name"),
            "resource_type": kind or "Asset",
            "service_category": category,
            "service_name": text("service_name") or kind or "Assets",
            "service_provider_name": vendor,
            "service_subcategory": subcategory,
            "tags": tags_of(cells, self.tag_titles),
            **{f"x_{name}": text(name) for name in KEPT},
            "x_asset_class": kind,
            "x_method": cells.word("method", METHODS) or STRAIGHT_LINE,
        }

    def _check_once(self, cells: Cells) -> None:
        asset, place = cells.text("asset_id"), f"{cells.file}, row {cells.row}"
        first = self.seen.setdefault(asset, place)
        if asset and first != place:
            what = f"is {asset}, which is the asset of {first} too. Give each asset an id of its own."
            cells.wrong("asset_id", what, code="asset_twice")


def _service(cells: Cells, kind: str) -> tuple[str, str]:
    told = cells.word("service_category", CATEGORIES)
    if told is None:
        words = kind.lower()
        fits = (meaning for meaning, names in CLASSES if re.search(rf"\b({'|'.join(names)})s?\b", words))
        told = next(fits, OTHER_CATEGORY)
    category, _, subcategory = told.partition("/")
    return category, subcategory or f"Other ({category})"


def _life(cells: Cells) -> Life | None:
    """Return an asset's life; None where it cannot be read, which is noted."""
    start = cells.day("in_service_date") or cells.day("purchase_date")
    cost, salvage, months = cells.needed_units("cost"), cells.units("salvage_value"), cells.whole("life_months")
    if cost < 0:
        cells.wrong("cost", "is below zero. Write what the asset was bought for.", code="cost_negative")
    if not 0 <= salvage <= max(cost, 0):
        cells.wrong("salvage_value", "is not between zero and the cost.", code="salvage_beyond_cost")
    if not months or months > MOST_MONTHS:
        what = f"is {cells.text('life_months') or 'empty'}; write how many months, from 1 to {MOST_MONTHS:,}."
        cells.wrong("life_months", what, code="life_missing")
        return None
    rate = _rate(cells, months)
    return Life(cost=cost, salvage=salvage, start=start, months=months, rate=rate) if start else None


def _rate(cells: Cells, months: int) -> Fraction | None:
    """Return the part of the book value that a year takes, None for a straight line."""
    if cells.word("method", METHODS) != DECLINING:
        return None
    if not cells.has("rate"):
        factor = Fraction(cells.units("factor"), UNITS_OF_ONE) if cells.has("factor") else DOUBLE
        if factor <= 0:
            cells.wrong("factor", "is not above zero, as 2 for twice the straight line.", code="factor_unknown")
        return min(Fraction(1), factor * MONTHS_OF_YEAR / months)
    rate = cells.percentage("rate")
    if not 0 < rate <= 1:
        cells.wrong("rate", "is not above 0 and up to 1 (or 100%), as 0.4 or 40%.", code="rate_unknown")
    return rate


def _disposal(cells: Cells, bought: date) -> tuple[date | None, int]:
    gone, proceeds = cells.day("disposal_date"), cells.units("disposal_proceeds")
    if gone and gone < bought:
        cells.wrong("disposal_date", f"is {gone}, before the asset was bought on {bought}.", code="gone_before_bought")
    if proceeds < 0:
        cells.wrong("disposal_proceeds", "is below zero. Write what was received.", code="proceeds_negative")
    if proceeds and not cells.has("disposal_date"):
        cells.wrong("disposal_date", "is empty, though there are proceeds.", code="disposal_missing")
    return gone, proceeds


def _charges(life: Life, *, bought: date, gone: date | None, proceeds: int) -> Iterator[Charge | Stretch]:
    yield Charge(bought, "Purchase", "One-Time", life.cost, 0)
    book = life.cost
    for start, end, amount in life.years():
        days = (min(end, gone or end) - start).days
        if days <= 0:
            break
        stretch = Stretch(start=start, days=days, amount=amount, whole=(end - start).days)
        yield stretch
        book -= stretch.spent(days)
    if gone and book:
        yield Charge(gone, "Adjustment", "One-Time", 0, book)
    if gone and proceeds:
        yield Charge(gone, "Credit", "One-Time", -proceeds, -proceeds)


def open_assets(raw: RawTables, *_settings: object) -> AssetRows:
    """Look at the columns.

    :raises RejectedBillError: one is missing that no asset can do without.
    """
    require_titles(raw, REQUIRED, kind="a register of assets")
    return AssetRows(tag_titles=tag_titles(raw))


KIND = ConnectorKind(
    label="Assets (CSV or Parquet)",
    description=(
        "A register of hardware and other assets, one in each row: the purchase is billed, each day of the life takes"
        " its part of the cost, straight line or declining balance. The newest register counts whole."
    ),
    params=AccruingSettings,
    discover=discover_register,
    normalize=accrued(open_assets),
    basis=basis,
    is_register=True,
)
