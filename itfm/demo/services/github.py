"""The made-up company's GitHub enterprise: its usage by cost center, and the billing API that tells it. Pure.

Source: https://docs.github.com/en/rest/billing/usage, API version 2022-11-28. Without a cost center only the usage that
belongs to none is told; the cost centers are named by their numbers in the books.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from itfm.core.periods import period_name
from itfm.demo import usage
from itfm.demo.other_bill import Control, OtherBill
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError
from itfm.demo.usage import THOUSAND, Month

KEY: Final = "github"
CREDENTIAL: Final = "ghp_sample_data"
ENTERPRISE: Final = "meridian-demo"
API_VERSION: Final = "2022-11-28"
BILLING: Final = f"enterprises/{ENTERPRISE}/settings/billing"
MILLI: Final = 3
NOBODYS: Final = ""


@dataclass(frozen=True)
class Use:
    """What a cost center uses: `quantity` units a day at `price` thousandths of a dollar, less `free` percent."""

    center: str
    product: str
    sku: str
    unit: str
    price: int
    quantity: int
    repository: str = ""
    free: int = 0


USES: Final = (
    Use("1010", "actions", "Actions Linux", "Minutes", 8, 21_000, "meridian/web-shop", 10),
    Use("2020", "actions", "Actions Linux", "Minutes", 8, 17_500, "meridian/checkout", 10),
    Use("4010", "actions", "Actions Linux 16-core", "Minutes", 64, 2_600, "meridian/data-platform"),
    Use("8020", "packages", "Packages storage", "GigabyteHours", 1, 48_000, "meridian/build-images"),
    Use("8010", "copilot", "Copilot Business", "UserMonths", 19_000, 6),
    Use("8030", "codespaces", "Codespaces compute 4-core", "Hours", 360, 95, "meridian/test-lab"),
    Use(NOBODYS, "actions", "Actions Linux", "Minutes", 8, 900, "meridian/playground"),
)


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write the usage of each month by cost center."""
    data = Data(folder / FOLDER / KEY)
    totals = {}
    for month in calendar:
        random = np.random.default_rng([seed, 23, month.first_day.year, month.first_day.month])
        centers: dict[str, list[dict[str, Any]]] = {}
        billed = Decimal(0)
        for center, item in _items(month, random):
            centers.setdefault(center, []).append(item)
            billed += item["netAmount"]
        name = period_name(month.first_day)
        data.keep(name, centers)
        totals[name] = Control(billed, billed)
    settings = {
        "enterprise": ENTERPRISE,
        "access_token": CREDENTIAL,
        "first_month": period_name(calendar[0].first_day),
    }
    return OtherBill("github", KEY, "GitHub (sample data)", settings, totals, is_asked_for=True)


def answer(asked: Asked, data: Data) -> Any:
    """Answer as the billing API does.

    :raises RefusedError: the token is wrong, or there is no such thing.
    """
    if asked.headers.get("authorization") != f"Bearer {CREDENTIAL}":
        raise RefusedError(401, "Bad credentials")
    if asked.headers.get("x-github-api-version") != API_VERSION:
        raise RefusedError(400, "The API version is not supported.")
    if asked.path == f"{BILLING}/cost-centers":
        numbers = sorted({use.center for use in USES} - {NOBODYS})
        return {"costCenters": [{"id": f"cc-{one}", "name": one, "state": "active"} for one in numbers]}
    if asked.path != f"{BILLING}/usage":
        raise RefusedError(404, "Not Found")
    name = f"{asked.number('year', 0):04}-{asked.number('month', 0):02}"
    centers = (data.document(name) or {}) if name in data.months() else {}
    return {"usageItems": centers.get(asked.one("cost_center_id").removeprefix("cc-"), [])}


def _items(month: Month, random: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    noise = random.integers(900, 1_101, size=(month.days, len(USES))).tolist()
    for number in range(month.days):
        on = month.first_day + timedelta(days=number)
        for use, factor in zip(USES, noise[number], strict=True):
            yield use.center, _item(use, on, usage.shrunk(use.quantity * factor, months=month.age) // THOUSAND)


def _item(use: Use, on: date, quantity: int) -> dict[str, Any]:
    """Return a day's usage of so many units; all amounts are whole thousandths of a dollar."""
    gross = quantity * use.price
    discount = gross * use.free // 100
    amounts = {
        "pricePerUnit": use.price,
        "grossAmount": gross,
        "discountAmount": discount,
        "netAmount": gross - discount,
    }
    return {
        "date": f"{on}T00:00:00Z",
        "product": use.product,
        "sku": use.sku,
        "quantity": quantity,
        "unitType": use.unit,
        **{name: Decimal(amount).scaleb(-MILLI) for name, amount in amounts.items()},
        "organizationName": "meridian",
        "repositoryName": use.repository,
    }
