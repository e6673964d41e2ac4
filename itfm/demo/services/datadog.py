"""The made-up company's Datadog account: what its products cost, and the usage metering API that tells it. Pure.

Source: https://docs.datadoghq.com/api/latest/usage-metering/, historical and estimated cost across an account. Each
product is told by its committed and its on-demand part, and by their total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from itfm.core.periods import period_name
from itfm.demo import organization, usage
from itfm.demo.other_bill import CENT_DIGITS, OtherBill, money
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError
from itfm.demo.services.writing import keep_months
from itfm.demo.usage import THOUSAND, Month

KEY: Final = "datadog"
API_KEY: Final = "sample-api-key"
APPLICATION_KEY: Final = "sample-application-key"
ACCOUNT: Final = "meridian-demo"
REPORTS: Final = ("api/v2/usage/historical_cost", "api/v2/usage/estimated_cost")
PRODUCTS: Final = {
    "infra_host": (1_240_000, 80), "apm_host": (615_000, 70), "logs_indexed_15day": (980_000, 0),
    "timeseries": (210_000, 0), "synthetics_api_tests": (47_500, 0), "dbm_host": (132_000, 60),
}  # fmt: skip
"""Product -> the cents of a month, and what part of them is committed, in percent."""
ORGANIZATIONS: Final = ((organization.NAME, "mer1demo", 100), (organization.SUBSIDIARY, "hap1demo", 12))
"""Name and id of each organization, and how much it has of all that, in percent."""


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write what each month cost."""
    data = Data(folder / FOLDER / KEY)
    totals = keep_months(data, calendar, seed=seed, service=22, rows=_organizations, decimals=CENT_DIGITS)
    settings = {
        "site": "datadoghq.com",
        "api_key": API_KEY,
        "application_key": APPLICATION_KEY,
        "first_month": period_name(calendar[0].first_day),
    }
    return OtherBill("datadog", KEY, "Datadog (sample data)", settings, totals, is_asked_for=True)


def answer(asked: Asked, data: Data) -> Any:
    """Answer as the API does; an estimate is what the month did cost.

    :raises RefusedError: a key is wrong, or there is no such thing.
    """
    keys = (asked.headers.get("dd-api-key"), asked.headers.get("dd-application-key"))
    if keys != (API_KEY, APPLICATION_KEY):
        raise RefusedError(403, "Forbidden")
    if asked.path not in REPORTS or asked.method != "GET":
        raise RefusedError(404, "Not found")
    if asked.one("view") != "sub-org":
        raise RefusedError(400, "Ask with view=sub-org.")
    first, last = asked.one("start_month"), asked.one("end_month") or asked.one("start_month")
    found = [one for name in data.months() if first <= name <= last for one in data.document(name)]
    return {
        "data": [
            {"type": "cost_by_org", "id": f"{one['public_id']}-{one['date'][:7]}", "attributes": one} for one in found
        ]
    }


def _organizations(month: Month, random: np.random.Generator) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield what each organization is told to cost in a month, and the cents of it."""
    return (_organization(month, *one, random) for one in ORGANIZATIONS)


def _organization(
    month: Month, name: str, public_id: str, percent: int, random: np.random.Generator
) -> tuple[dict[str, Any], int]:
    """Return what an organization is told to cost in a month, and the cents of it."""
    charges: list[dict[str, Any]] = []
    whole = 0
    for (product, (aimed, committed)), noise in zip(
        PRODUCTS.items(), random.integers(940, 1_061, size=len(PRODUCTS)).tolist(), strict=True
    ):
        cents = usage.shrunk(aimed * percent // 100, months=month.age) * noise // THOUSAND
        fixed = usage.shrunk(aimed * percent // 100, months=12) * committed // 100
        parts = {"committed": fixed, "on_demand": cents - fixed}
        told = {kind: part for kind, part in parts.items() if part} | {"total": cents}
        charges += [_charge(product, kind, part) for kind, part in told.items()]
        whole += cents
    attributes = {
        "account_name": organization.NAME,
        "account_public_id": ACCOUNT,
        "org_name": name,
        "public_id": public_id,
        "region": "us",
        "date": f"{month.first_day}T00:00:00Z",
        "total_cost": money(whole),
        "charges": charges,
    }
    return attributes, whole


def _charge(product: str, kind: str, cents: int) -> dict[str, Any]:
    cost: Decimal = money(cents)
    return {"product_name": product, "charge_type": kind, "cost": cost, "last_aggregation_function": "sum"}
