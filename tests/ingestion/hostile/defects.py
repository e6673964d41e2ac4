"""What can be wrong with a bill: each defect makes three sound rows into a file, and says where it must be told."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.ingestion.hostile.formats import Format
from tests.ingestion.normalize.bills import csv_text

NAME: Final = "bill.csv"
BAD: Final = 2
"""The row of three that is changed."""
AMOUNTS: Final = (
    "free",
    "NaN",
    "Infinity",
    "1e400",
    "1.2.3",
    "12;5",
    "=1+1",
    "@SUM(A1)",
    "0x10",
    "12345678901234567890123",
)
DAYS: Final = ("yesterday", "2026-02-30", "0001-01-01", "infinity", "2026-10-05'; DROP TABLE charges; --")
CURRENCIES: Final = ("", "Euro", "<script>")


@dataclass(frozen=True)
class Damage:
    """A way in which the bytes of a file are no bill. `row` is where it must be told, None where no row is to blame."""

    label: str
    damaged: Callable[[str], bytes]
    row: int | None = None
    name: str = NAME


@dataclass(frozen=True)
class BadValue:
    """A value that no row may hold, in a column."""

    label: str
    column: str
    value: str


def sound(shape: Format, *changes: Mapping[str, str]) -> str:
    """Return three rows, changed one by one."""
    rows = [{**shape.row, **change} for change in (*changes, *({},) * (3 - len(changes)))]
    for number, row in enumerate(rows):
        if shape.unique:
            row[shape.unique] = f"{shape.unique}-{number}"
    return csv_text(rows)


def _changed_line(text: str, line: str) -> bytes:
    lines = text.splitlines()
    return "\n".join([*lines[:BAD], line, *lines[BAD + 1 :], ""]).encode()


def _cut(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)[:-12]


def _flipped(text: str) -> bytes:
    packed = bytearray(gzip.compress(text.encode(), mtime=0))
    packed[-6] ^= 0xFF
    return bytes(packed)


def _broken(text: str) -> bytes:
    packed = bytearray(gzip.compress(text.encode(), mtime=0))
    packed[10] |= 0b110  # a block of the type that is none
    return bytes(packed)


DAMAGES: Final = (
    Damage("no bytes", lambda _: b""),
    Damage("spaces", lambda _: b" \n \n"),
    Damage("header alone", lambda text: text.splitlines()[0].encode() + b"\n"),
    Damage("a page to log in", lambda _: b"<!DOCTYPE html>\n<html><title>Sign in</title></html>\n"),
    Damage("an answer in JSON", lambda _: b'{"error": {"code": 403, "message": "Forbidden"}}\n'),
    Damage("a PDF", lambda _: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    Damage("a ZIP", lambda text: b"PK\x03\x04" + text.encode()),
    Damage("UTF-16", lambda text: text.encode("utf-16")),
    Damage("Latin-1", lambda text: _changed_line(text, text.splitlines()[BAD]) + "caf\xe9\n".encode("latin-1"), 4),
    Damage("a NUL byte", lambda text: _changed_line(text, text.splitlines()[BAD] + "\0"), BAD),
    Damage("CR alone", lambda text: text.replace("\n", "\r").encode()),
    Damage("a gzip cut off", _cut),
    Damage("a gzip with a wrong checksum", _flipped),
    Damage("a gzip with a broken block", _broken),
    Damage("no gzip behind the name", lambda text: text.encode(), name="bill.csv.gz"),
    Damage("no Parquet behind the name", lambda text: text.encode(), name="bill.parquet"),
    Damage("Parquet cut off", lambda _: b"PAR1\x15\x04\x15\x10"),
    Damage("a row too short", lambda text: _changed_line(text, text.splitlines()[BAD].rpartition(",")[0]), BAD),
    Damage("a row too long", lambda text: _changed_line(text, text.splitlines()[BAD] + ",,surplus"), BAD),
    Damage("a quote that never closes", lambda text: text.encode() + b'"never,closed\n', 4),
    Damage(
        "a title twice", lambda text: text.replace("\n", f",{text.split(',')[0]}\n", 1).replace("\n", ",\n").encode(), 0
    ),
    Damage("a title with a bell", lambda text: b"\x07" + text.encode(), 0),
    Damage("another delimiter", lambda text: text.replace(",", ";").encode(), 0),
    Damage("too many columns", lambda _: (",".join(f"c{number}" for number in range(5_001)) + "\n").encode(), 0),
)


def bad_values(shape: Format) -> tuple[BadValue, ...]:
    """Return the values that must be told with their row and column."""
    missing = [BadValue("no amount", shape.amount, "")] if shape.needs_amount else []
    return (
        *(BadValue(f"amount {value[:12]}", shape.amount, value) for value in AMOUNTS),
        *missing,
        *(BadValue(f"date {value[:12]}", shape.date, value) for value in DAYS),
        *(BadValue(f"currency {value or 'none'}", shape.currency, value) for value in CURRENCIES if shape.currency),
    )
