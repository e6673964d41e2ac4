"""Damages valid bills at random and reads each: it must be refused with findings, or give the file's own totals.

A program of its own (`python -m tests.ingestion.hostile.fuzz SEED FIRST COUNT`), so that what kills the reading process
is found as well. A case is its seed and number alone, whatever ran before it. It prints how cases ended, by kind; after
a failure, the case and what is wrong with it.
"""

from __future__ import annotations

import csv
import faulthandler
import gzip
import io
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.focus.findings import RejectedBillError
from ingestion.normalize import Limits, NormalizedDelivery, run
from tests.ingestion.hostile.defects import sound
from tests.ingestion.hostile.formats import FORMATS, Format
from tests.ingestion.normalize.bills import Bench

EXACT: Final = Context(prec=200, rounding=ROUND_HALF_EVEN)
QUANTUM: Final = Decimal("1e-18")
UNSUMMED: Final = frozenset({"opencost", "assets"})
"""Kinds whose charges do not sum to a column of the file: shared out, or spread over months that were not asked for."""
FORMATS_TRIED: Final = (*FORMATS[:1] * 6, *FORMATS)
WRITTEN_FREELY: Final = frozenset({"invoice_file", "ledger"})
"""Kinds in which amounts may have groups, a currency or a sign behind them."""
PIECES: Final = (
    b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\t", b";", b" ", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"-", b"+", b".", b"e5",
    b"E-30", b"1e400", b"0", b"_0", b"NaN", b"inf", b"0x1", b"=1+1", b"1,5", b"\xd9\xa1", b"{", b"}", b"[]", b"null", b"\\",
    b"2026-02-30", b"9" * 40, b"0." + b"0" * 30 + b"5", b"USD", b"JPY", b"%", b"'", b"\x1a", b"\xe2\x80\xa8", b"A" * 5_000,
)  # fmt: skip
"""What is put in at random places, besides single bytes."""


class WrongTotalsError(AssertionError):
    """A damaged bill was taken, and its totals are not those of the file."""


@dataclass(frozen=True)
class Case:
    """A damaged file of a kind, and the place it was packed in."""

    shape: Format
    content: bytes
    name: str


def case(seed: int, number: int) -> Case:
    """Return the case of that number."""
    chance = random.Random(f"{seed}/{number}")
    shape = chance.choice(FORMATS_TRIED)
    body = sound(shape, *({shape.amount: amount(chance)} if chance.random() < 0.5 else {} for _ in range(3))).encode()
    packing = chance.choices(("csv", "damaged gzip", "gzip", "parquet"), (70, 10, 2, 18))[0]
    if packing == "parquet":
        return Case(shape, damaged(_parquet(body), chance), "bill.parquet")
    if packing == "damaged gzip":
        return Case(shape, damaged(gzip.compress(body, mtime=0), chance), "bill.csv.gz")
    body = damaged(body, chance)
    return (
        Case(shape, gzip.compress(body, mtime=0), "bill.csv.gz") if packing == "gzip" else Case(shape, body, "bill.csv")
    )


def amount(chance: random.Random) -> str:
    """Return a positive amount, of any length that bills have."""
    return f"{chance.randrange(10 ** chance.randrange(1, 9))}.{chance.randrange(10 ** chance.randrange(1, 18))}"


def _parquet(body: bytes) -> bytes:
    rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    table = pa.table({title: pa.array([row[title] for row in rows], pa.string()) for title in rows[0]})
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", store_schema=False)
    return file.getvalue()


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return the content with one to four things wrong with it."""
    body = bytearray(content)
    for _ in range(chance.choices((1, 2, 3, 4), (55, 25, 12, 8))[0]):
        chance.choices(DAMAGES, (4, 3, 2, 4, 1, 3, 2, 2, 2))[0](body, chance)
    return bytes(body)


def _flip(body: bytearray, chance: random.Random) -> None:
    if body:
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)


def _delete(body: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(body) + 1)
    del body[at : at + chance.choice((1, 1, 1, 2, 5, 30))]


def _insert(body: bytearray, chance: random.Random) -> None:
    body.insert(chance.randrange(len(body) + 1), chance.randrange(256))


def _insert_piece(body: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(body) + 1)
    body[at:at] = chance.choice(PIECES)


def _cut(body: bytearray, chance: random.Random) -> None:
    del body[chance.randrange(len(body) + 1) :]


def _change_digit(body: bytearray, chance: random.Random) -> None:
    digits = [at for at, byte in enumerate(body) if 48 <= byte <= 57]
    if digits:
        body[chance.choice(digits)] = 48 + chance.randrange(10)


def _repeat(body: bytearray, chance: random.Random) -> None:
    at, length = chance.randrange(len(body) + 1), chance.randrange(1, 200)
    body[at:at] = body[at : at + length]


def _repeat_line(body: bytearray, chance: random.Random) -> None:
    lines = bytes(body).splitlines(keepends=True)
    if lines:
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
        body[:] = b"".join(lines)


def _swap_cells(body: bytearray, chance: random.Random) -> None:
    cells = bytes(body).split(b",")
    one, other = chance.randrange(len(cells)), chance.randrange(len(cells))
    cells[one], cells[other] = cells[other], cells[one]
    body[:] = b",".join(cells)


DAMAGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    _flip, _delete, _insert, _insert_piece, _cut, _change_digit, _repeat, _repeat_line, _swap_cells,
)  # fmt: skip


def source_totals(delivery: NormalizedDelivery) -> dict[str, Decimal]:
    """Return what a delivery sums to by currency.

    :raises WrongTotalsError: its charges sum to something else than its files.
    """
    sums: dict[str, Decimal] = {}
    for bill in delivery.bills:
        for currency, totals in bill.totals.items():
            if totals.source != totals.billed_cost:
                raise WrongTotalsError(f"{totals.source} in the files, {totals.billed_cost} in the charges")
            sums[currency] = EXACT.add(sums.get(currency, Decimal(0)), totals.source)
    return sums


def rows_of(tried: Case) -> Iterator[Mapping[str, str | None]]:
    """Yield the rows of a file by the letters of their titles, read by nothing that imports use."""
    if tried.name.endswith(".parquet"):
        told: list[dict[str, str | None]] = pq.read_table(io.BytesIO(tried.content)).to_pylist()
    else:
        content = gzip.decompress(tried.content) if tried.name.endswith(".gz") else tried.content
        told = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    for row in told:
        yield {_letters(title): value for title, value in row.items() if title is not None}


def _letters(title: str) -> str:
    return re.sub("[^a-z0-9]", "", title.lower())


def expected_total(tried: Case) -> Decimal | None:
    """Return the sum of the amounts in a file by the standard library; None where the kind has no such column."""
    if tried.shape.kind in UNSUMMED or tried.shape.amount.startswith("splitLineItem"):
        return None
    column, total = _letters(tried.shape.amount), Decimal(0)
    for row in rows_of(tried):
        text = (row.get(column) or "").strip()
        if (not text and not tried.shape.needs_amount) or _is_no_line(row, tried.shape):
            continue
        exact = EXACT.create_decimal(_number(text) if tried.shape.kind in WRITTEN_FREELY else text)
        exact = EXACT.divide(exact, Decimal(100)) if tried.shape.kind == "anthropic" else exact
        total = EXACT.add(total, exact.quantize(QUANTUM, context=EXACT))
    return total


def _number(text: str) -> str:
    """Return an amount without its groups and currency, its sign in front."""
    bare = re.sub(r"^(USD|JPY)|(USD|JPY)$|[ ,']", "", text)
    return f"-{bare[:-1]}" if bare.endswith("-") else bare


def _is_no_line(row: Mapping[str, str | None], shape: Format) -> bool:
    """Return whether a row of a vendor's list is empty, or a heading that stands again: both are left out, and told."""
    return shape.kind == "invoice_file" and (not any(row.values()) or row.get(_letters(shape.amount)) == shape.amount)


def check(tried: Case, bench: Bench) -> str:
    """Return whether a damaged file was `refused`, `taken`, or `taken unlike pyarrow`, which can open less Parquet.

    :raises WrongTotalsError: it was taken with totals that are not its own.
    """
    try:
        archived = bench.archived(tried.content, name=tried.name)
        delivery = bench.normalized(tried.shape.kind, archived, **tried.shape.settings)
    except RejectedBillError as error:
        if not error.findings or not all(found.message for found in error.findings):
            raise WrongTotalsError("refused without saying why") from error
        return "refused"
    totals = source_totals(delivery)
    try:
        expected = expected_total(tried)
    except (OSError, pa.ArrowInvalid):
        return "taken unlike pyarrow"  # which checks other parts of a Parquet file than the engine does
    if expected is not None and reduce(EXACT.add, totals.values(), Decimal(0)) != expected:
        raise WrongTotalsError(f"totals {totals}, yet the file says {expected}")
    return "taken"


def _database() -> duckdb.DuckDBPyConnection:
    shared = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "preserve_insertion_order": True})
    shared.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    return shared


@contextmanager
def one_engine() -> Iterator[None]:
    """Let all files be read by one database, each in a catalog of its own: starting one takes longer than a small file."""
    shared = _database()
    numbers = iter(range(sys.maxsize))

    @contextmanager
    def engine(_: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
        nonlocal shared
        name = f"file_{next(numbers)}"
        try:
            with shared.cursor() as own:
                own.execute(f"ATTACH ':memory:' AS {name}; USE {name}; SET TimeZone = 'UTC'")
                yield own
        finally:
            try:
                shared.execute(f"DETACH {name}")
            except duckdb.FatalException:  # A damaged file has broken it, as it would have broken the import's own.
                shared.close()
                shared = _database()

    usual, run.engine = run.engine, engine
    try:
        yield
    finally:
        run.engine = usual
        shared.close()


def _failure(tried: Case, error: Exception) -> dict[str, str]:
    told = f"{type(error).__name__}: {error}"[:400]
    return {"kind": tried.shape.kind, "name": tried.name, "error": told, "content": repr(tried.content)[:3000]}


def _tell(what: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(what, sort_keys=True) + "\n")


def main(seed: int, first: int, count: int) -> int:
    """Try cases, say how they ended, and return 1 when one failed."""
    ended: Counter[str] = Counter()
    with one_engine():
        for number in range(first, first + count):
            tried = case(seed, number)
            try:
                with tempfile.TemporaryDirectory() as folder:
                    ended[f"{tried.shape.kind} {check(tried, Bench(Path(folder)))}"] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the case is told
                ended["failed"] += 1
                _tell({"case": [seed, number], **_failure(tried, error)})
    _tell(ended)
    return 1 if ended["failed"] else 0


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main(*(int(argument) for argument in sys.argv[1:4])))
