"""Lists of recommendations as an import leaves them, without a provider."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import duckdb

from ingestion.models import BillSource, RecommendationList
from ingestion.normalize.recommending import AMOUNTS, FILE, TEXTS
from itfm.core.lake import organization_folder
from itfm.core.money import plain
from itfm.core.tenancy import tenant
from tests.conftest import NOW

TOLD_ON = date(2026, 10, 5)
ROW = {
    "recommendation_id": "r-1",
    "sub_account_id": "111111111111",
    "sub_account_name": "Payments",
    "resource_id": "arn:aws:ec2:eu-central-1:111111111111:instance/i-1",
    "resource_type": "Ec2Instance",
    "region_id": "eu-central-1",
    "action": "Rightsize",
    "current_summary": "m5.2xlarge",
    "recommended_summary": "m5.xlarge",
    "implementation_effort": "Medium",
    "currency": "USD",
    "estimated_monthly_savings": "140.16",
}


def keep_list(source: BillSource, *changes: dict[str, str], told_on: date = TOLD_ON) -> RecommendationList:
    """Save a list with a row for each of these changes of `ROW`, its resource and id being told apart by number.

    It is fetched a minute after the source's last one.
    """
    rows = [
        {**ROW, "recommendation_id": f"r-{number}", "resource_id": f"{ROW['resource_id']}{number}", **change}
        for number, change in enumerate(changes)
    ]
    list_id = uuid4()
    folder = Path("recommendations") / str(source.id) / str(list_id)
    place = organization_folder(source.organization_id) / folder
    place.mkdir(parents=True)
    columns = [f"{name} VARCHAR" for name in TEXTS] + [f"{name} DECIMAL(38,18)" for name in AMOUNTS]
    with duckdb.connect() as database:
        database.execute(
            f"CREATE TABLE told ({', '.join(columns)}, refreshed_at TIMESTAMP, x_file_number INTEGER, x_row_number BIGINT)"
        )
        for number, row in enumerate(rows):
            database.execute(
                f"INSERT INTO told VALUES ({', '.join(['?'] * (len(columns) + 3))})",
                [*(row.get(name) for name in (*TEXTS, *AMOUNTS)), "2026-10-05 03:00:00", 0, number + 1],
            )
        database.table("told").write_parquet(str(place / FILE))
    savings: dict[str, Decimal] = {}
    for row in rows:
        savings[row["currency"]] = savings.get(row["currency"], Decimal(0)) + Decimal(row["estimated_monthly_savings"])
    with tenant(source.organization_id):
        earlier = RecommendationList.objects.filter(source=source).count()
        return RecommendationList.objects.create(
            id=list_id,
            organization_id=source.organization_id,
            source=source,
            told_on=told_on,
            files=[],
            folder=str(folder),
            count=len(rows),
            savings={currency: plain(amount) for currency, amount in savings.items()},
            fetched_at=NOW + timedelta(minutes=earlier),
        )
