"""What AWS recommends to save cost, as a Data Export tells it. Pure but for the store and the files.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cor.html (the columns of
COST_OPTIMIZATION_RECOMMENDATIONS) and https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html
(`<export>/data/<partition>/` and `<export>/metadata/<partition>/<export>-Manifest.json`). AWS's page shows the
partition of CUR 2.0 only; that of this table is taken to be a day, `date=2026-10-05`, and where there is none, all
files are one list. A folder of files that somebody copied may have no manifest, and a file alone never has one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

import duckdb

from ingestion.delivery import ArchivedFile, DeliveredFile, DeliveryError, Store, tree
from ingestion.delivery.manifest_files import MANIFEST_ENDING
from ingestion.delivery.manifests import find_deliveries
from ingestion.focus.expressions import literal
from ingestion.focus.findings import RejectedBillError
from ingestion.normalize.checks import require_columns
from ingestion.normalize.contents import Limits
from ingestion.normalize.diagnosing import counted_rows, empty_findings, odd_columns
from ingestion.normalize.engine import engine
from ingestion.normalize.inflate import lay_ready
from ingestion.normalize.plan import BARE
from ingestion.normalize.reading import Reading
from ingestion.normalize.recommending import FILE, FoundList, WrittenList
from ingestion.normalize.sizes import check_cells, check_parquet
from ingestion.normalize.tables import RawTables, read_tables
from ingestion.normalize.titles import titles_of

TEXTS: Final = {
    "recommendation_id": "recommendation_id",
    "sub_account_id": "account_id",
    "sub_account_name": "account_name",
    "resource_id": "resource_arn",
    "resource_type": "current_resource_type",
    "region_id": "region",
    "action": "action_type",
    "current_summary": "current_resource_summary",
    "recommended_summary": "recommended_resource_summary",
    "recommended_resource_type": "recommended_resource_type",
    "told_by": "recommendation_source",
    "implementation_effort": "implementation_effort",
    "restart_needed": "restart_needed",
    "rollback_possible": "rollback_possible",
    "tags": "tags",
    "currency": "currency_code",
}
"""Column of the list -> raw column that it is the text of."""
AMOUNTS: Final = {
    "estimated_monthly_cost": "estimated_monthly_cost_after_discount",
    "estimated_monthly_savings": "estimated_monthly_savings_after_discount",
    "estimated_monthly_savings_before_discount": "estimated_monthly_savings_before_discount",
}
REFRESHED: Final = "last_refresh_timestamp"
REQUIRED: Final = {
    name: name
    for name in ("recommendation_id", "account_id", "currency_code", "estimated_monthly_savings_after_discount")
}
COLUMNS: Final = {**TEXTS, **AMOUNTS, "refreshed_at": REFRESHED}
"""Column of the list -> the raw column that it is read from."""
OWN: Final = frozenset({"recommendation_id", *AMOUNTS.values()})
"""Raw columns that a list has and no bill of AWS."""
_DAY: Final = re.compile(r"(?:^|/)[A-Za-z_]+=(\d{4}-\d{2}-\d{2})(?:/|$)")


@dataclass(frozen=True)
class Part:
    """Some files of a store: those in a folder or those outside of it."""

    store: Store
    chosen: tuple[DeliveredFile, ...]

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return the files of this part."""
        return self.chosen

    @contextmanager
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:
        """Open one of them."""
        with self.store.open(path, version=version) as stream:
            yield stream


class CopiedPart(Part):
    """Files of a folder, which somebody may have copied there without a manifest."""


def newest(store: Store) -> FoundList | None:
    """Return the files of the newest day whose manifest is there; None where there is no manifest.

    Of a folder that was copied without any, they are those of the newest day that its folders name.

    :raises DeliveryError: the store cannot be read, or a manifest cannot be trusted.
    """
    files = store.files()
    day = max((_day(file.path) for file in files if file.name.endswith(MANIFEST_ENDING)), default=None)
    if day is None:
        return _without_manifest(files) if isinstance(store, CopiedPart) else None
    found = find_deliveries(Part(store, tuple(file for file in files if _day(file.path) == day)))
    told = [one for one in found if one.manifest == "data_export"]
    if len(told) != 1:
        names = " and ".join(one.name for one in found)
        raise DeliveryError(
            "ambiguous_export", f"{names} are several exports. Name the folder of one, with the export's name."
        )
    return FoundList(files=told[0].files, missing=told[0].missing, told_on=date.fromisoformat(day) if day else None)


def _without_manifest(files: Sequence[DeliveredFile]) -> FoundList | None:
    data = [file for file in files if tree.is_data(file.path)]
    if not data:
        return None
    day = max(_day(file.path) for file in data)
    chosen = tuple(file for file in data if _day(file.path) == day)
    return FoundList(files=chosen, told_on=date.fromisoformat(day) if day else None)


def is_list(file: Path, *, limits: Limits) -> bool:
    """Return whether a file is a list of recommendations, by the names of its columns; its rows are not read."""
    return bool(OWN & titles_of(file, limits=limits))


def _day(path: str) -> str:
    found = _DAY.search(path)
    return found[1] if found else ""


def write(files: Sequence[ArchivedFile], *, output: Path, limits: Limits) -> WrittenList:
    """Write `recommendations.parquet` into a folder: a row for each recommendation, amounts as DECIMAL(38,18).

    :raises RejectedBillError: something is wrong with the files.
    """
    limits.temp_folder.mkdir(parents=True, exist_ok=True)
    output.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=limits.temp_folder) as scratch:
        own = replace(limits, temp_folder=Path(scratch))
        ready = [lay_ready(file, number=number, limits=own) for number, file in enumerate(files)]
        with engine(own) as connection:
            raw = read_tables(connection, ready, limits=own)
            check_parquet(connection, raw)
            row_counts = counted_rows(connection, raw)
            check_cells(connection, raw, row_counts=row_counts)
            return replace(_written(connection, raw, output / FILE), row_counts=row_counts)


def _written(connection: duckdb.DuckDBPyConnection, raw: RawTables, file: Path) -> WrittenList:
    message = (
        "{file} has no column {title}. Is it an export of COST_OPTIMIZATION_RECOMMENDATIONS, with this column chosen?"
    )
    require_columns(raw, REQUIRED, message=message)
    names = frozenset(raw.names())
    amounts = tuple(name for name in AMOUNTS.values() if name in names)
    moments = (REFRESHED,) if REFRESHED in names else ()
    reading = odd_columns(
        connection, Reading(raw=raw, plan=replace(BARE, decimals=amounts, date_times=moments, needed=tuple(REQUIRED)))
    )
    if missing := [found for name in REQUIRED for found in empty_findings(connection, reading, name)]:
        raise RejectedBillError(missing)
    columns = [f"{name if name in names else 'NULL::VARCHAR'} AS {own}" for own, name in TEXTS.items()]
    columns += [
        f"{reading.number(name) if name in names else 'NULL::DECIMAL(38,18)'} AS {own}" for own, name in AMOUNTS.items()
    ]
    columns.append(f"{reading.moment(REFRESHED) if moments else 'NULL::TIMESTAMP'} AS refreshed_at")
    connection.execute(
        f"COPY (SELECT {', '.join(columns)}, x_file_number::INTEGER AS x_file_number, x_row_number::BIGINT AS"
        f" x_row_number FROM ({raw.sql()}) ORDER BY x_file_number, x_row_number) TO {literal(str(file))}"
        " (FORMAT parquet, COMPRESSION zstd)"
    )
    sums = connection.execute(
        "SELECT currency, count(*), sum(estimated_monthly_savings), max(refreshed_at)::DATE"
        f" FROM read_parquet({literal(str(file))}) GROUP BY currency ORDER BY currency"
    ).fetchall()
    return WrittenList(
        row_counts=(),
        count=sum(int(count) for _, count, *_ in sums),
        savings={str(currency): amount for currency, _, amount, _ in sums},
        refreshed_on=max((day for *_, day in sums if day is not None), default=None),
    )
