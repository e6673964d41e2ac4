"""How providers lay out folders: periods, and versions of a period. Pure.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html,
https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html and
https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import Final

from ingestion.delivery.stores import DeliveryError

DATA_ENDINGS: Final = (".csv", ".gz", ".parquet", ".xlsx")  # `.csv.gz` and `.snappy.parquet` end so too
_PARTITION: Final = re.compile(r"billing_period=(\d{4})-(\d{2})", re.IGNORECASE)
_RANGE: Final = re.compile(r"(\d{4})(\d{2})01-(\d{4})(\d{2})(\d{2})")
_STAMP: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})T(\d{2})[:-]?(\d{2})[:-]?(\d{2})(?:\.(\d{1,9}))?")
_MINUTE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})()()")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_data(path: str) -> bool:
    """Return whether a file can hold charges, by its ending."""
    return path.lower().endswith(DATA_ENDINGS)


def month(year: str, number: str) -> date | None:
    """Return the first day of a month written in digits, None when there is no such month."""
    return date(int(year), int(number), 1) if int(year) and 1 <= int(number) <= 12 else None


def folder_period(name: str) -> date | None:
    """Return the billing period that a folder's name says, None when it says none.

    AWS writes `BILLING_PERIOD=2026-10` or `20261001-20261101`, Azure the last day: `20261001-20261031`.
    """
    if found := _PARTITION.fullmatch(name):
        return month(found[1], found[2])
    if not (found := _RANGE.fullmatch(name)):
        return None
    first, end = month(found[1], found[2]), month(found[3], found[4])
    if first is None or end is None:
        return None
    months = (end.year - first.year) * 12 + end.month - first.month
    last_day = monthrange(first.year, first.month)[1]
    return first if (months, int(found[5])) in {(1, 1), (0, last_day)} else None


def folder(path: str) -> str:
    """Return the folder of a path, "" at the top."""
    return path.rpartition("/")[0]


def lies_in(path: str, place: str) -> bool:
    """Return whether a path is the folder `place` or below it; "" is the top, which holds everything."""
    return not place or path == place or path.startswith(f"{place}/")


def period_folder(path: str) -> str | None:
    """Return the innermost folder of a file's path that is named for a period, None when there is none."""
    parts = path.split("/")
    for end in range(len(parts) - 1, 0, -1):
        if folder_period(parts[end - 1]):
            return "/".join(parts[:end])
    return None


def period_of(path: str) -> date | None:
    """Return the billing period that a file's folders say."""
    place = period_folder(path)
    return folder_period(place.rpartition("/")[2]) if place else None


def is_version(name: str) -> bool:
    """Return whether a folder's name is that of one version of a period: an assembly or an execution."""
    return bool(_stamp(name) or _UUID.fullmatch(name))


def _stamp(name: str) -> re.Match[str] | None:
    """Return the time that a version's name begins with, or that it is: Azure names runs `202610091530`."""
    return _STAMP.match(name) or _MINUTE.fullmatch(name)


def version_below(path: str, place: str) -> str | None:
    """Return the first folder of a file's path below `place`, None when the file lies right in it."""
    below = path[len(place) + 1 :] if place else path
    first, slash, _ = below.partition("/")
    return first if slash else None


def newest(versions: Iterable[str], *, place: str) -> str:
    """Return the version whose name begins with the latest time.

    :raises DeliveryError: ambiguous_versions, when the names do not tell.
    """
    found = sorted(set(versions))
    if len(found) == 1:
        return found[0]
    stamps = [_stamp(version) for version in found]
    times = [(*stamp.groups()[:6], (stamp[7] or "").ljust(9, "0")) for stamp in stamps if stamp]
    if len(times) < len(found) or times.count(max(times)) > 1:
        raise DeliveryError(
            "ambiguous_versions",
            f"{place or 'The folder'} holds several versions of one bill ({', '.join(found[:3])}) and nothing says"
            " which is in force. Add the manifest that lies beside them, or leave only one version.",
        )
    return max(zip(times, found, strict=True))[1]
