"""Lists that tell all there is: the newest one counts, whole. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from ingestion.amortization.cells import Cells
from ingestion.delivery import Delivery, DeliveryError, open_store
from ingestion.delivery.manifests import find_deliveries
from ingestion.normalize.checks import require_columns
from ingestion.normalize.tables import RawTables

TAG: Final = "tag:"
COST_CENTER: Final = "cost_center"


def discover_register(settings: Any) -> tuple[Delivery, ...]:
    """Return the one list at a source's place: all files, or those in the newest of the folders named for a month.

    :raises DeliveryError: the place cannot be read, or lists lie both in and beside such folders.
    """
    found = find_deliveries(open_store(settings))
    if len(found) < 2:
        return tuple(replace(delivery, billing_period=None) for delivery in found)
    beside = [delivery for delivery in found if delivery.billing_period is None]
    newest = max(found, key=lambda delivery: delivery.billing_period or date.min)
    rivals = [delivery for delivery in found if delivery.billing_period == newest.billing_period]
    if beside or len(rivals) > 1:
        other = next(delivery for delivery in [*beside, *rivals] if delivery is not newest)
        raise DeliveryError(
            "ambiguous_lists",
            f"Both {newest.name} and {other.name} may be the list that counts. Leave one of them, or put each into a"
            " folder named for its month, such as 20261001-20261101: the newest counts.",
        )
    return (replace(newest, billing_period=None),)


def require_titles(raw: RawTables, names: Iterable[str], *, kind: str) -> None:
    """Hold every file to the columns that no row can do without, by their names.

    :raises RejectedBillError: a file lacks some.
    """
    own = {column.name: column.title for column in raw.columns}
    message = "{file} has no column {title}. Is it " + kind + "? The documentation lists its columns."
    require_columns(raw, {name: own.get(name, name) for name in names}, message=message)


def tag_titles(raw: RawTables) -> dict[str, str]:
    """Return the tag of each column that holds one, by raw name: `tag:<key>` and `cost_center`."""
    found = {
        column.name: column.title[len(TAG) :].strip()
        for column in raw.columns
        if column.title.lower().startswith(TAG) and column.title[len(TAG) :].strip()
    }
    return {COST_CENTER: COST_CENTER, **found} if COST_CENTER in raw.names() else found


def tags_of(cells: Cells, titles: Mapping[str, str]) -> str | None:
    """Return a row's tags as JSON, None where it has none."""
    tags = {key: cells.text(name) for name, key in sorted(titles.items()) if cells.has(name)}
    return json.dumps(tags, ensure_ascii=False, sort_keys=True) if tags else None
