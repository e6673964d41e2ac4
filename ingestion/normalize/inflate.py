"""Laying a delivered file ready for the engine: inflated, its bytes checked. Pure but for the files.

DuckDB neither checks a gzip's CRC nor says how large it will get, and lets NUL and some broken UTF-8 pass. One
streaming pass over the bytes does, at a small part of the cost of reading the bill.
"""

from __future__ import annotations

import codecs
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, NoReturn

from isal import igzip, igzip_lib

from ingestion.delivery import ArchivedFile
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.contents import Limits
from ingestion.normalize.workbook import WORKBOOK, WorkbookError, write_sheet

CHUNK_BYTES: Final = 1 << 18
"""Larger pieces are asked of the system one by one and do not stay in the cache; of 1 MiB it takes twice the time."""
GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"
ZIP: Final = b"PK"
RATIO_COUNTS_FROM: Final = 64 << 20
"""A file this small once inflated harms nobody, however well it was packed."""


@dataclass(frozen=True, kw_only=True)
class ReadyFile:
    """A file the engine can read. `number` is its place in the delivery, `dataset` that of the file it was made from.

    Of a CSV, `has_controls` says whether the text holds U+001E or U+001F, `line_count` how many lines there are, and
    `has_long_lines` whether one is longer than a cell may be.
    """

    number: int
    name: str
    path: Path
    format: Literal["csv", "parquet"]
    dataset: str = ""
    has_controls: bool = False
    line_count: int = 0
    has_long_lines: bool = False


def lay_ready(file: ArchivedFile, *, number: int, limits: Limits) -> ReadyFile:
    """Check a file's bytes and return where the engine can read it; CSV goes inflated to the temporary folder.

    :raises RejectedBillError: it is empty, damaged, no UTF-8 text, or inflates beyond the limits.
    """
    with file.path.open("rb") as stream:
        start = stream.read(4)
        stream.seek(0)
        if not start:
            _refuse(file, "file_empty", "has no bytes. Deliver it again.")
        if start == PARQUET:
            return ReadyFile(number=number, name=file.name, path=file.path, format="parquet", dataset=file.dataset)
        is_book = file.name.lower().endswith(WORKBOOK)
        if start[:2] == ZIP and is_book:
            return _sheet_ready(file, number=number, limits=limits)
        if start[:2] in {ZIP, b"\xff\xfe", b"\xfe\xff"} or is_book:
            _refuse(file, "file_format", "is a ZIP or UTF-16 file. Deliver CSV in UTF-8, gzip of it, XLSX or Parquet.")
        is_packed = start[:2] == GZIP
        if file.name.lower().endswith(".gz") and not is_packed:
            _refuse(file, "gzip_damaged", "is not gzip although its name says so. Deliver it again.")
        if file.name.lower().endswith(".parquet"):
            _refuse(file, "file_format", "is not Parquet although its name says so. Deliver it again.")
        chunks = _inflated(file, stream) if is_packed else iter(lambda: stream.read(CHUNK_BYTES), b"")
        most = file.size * limits.inflation_ratio if is_packed else limits.inflated_size
        return _text_ready(file, chunks, number=number, limits=limits, most=max(most, RATIO_COUNTS_FROM))


def _sheet_ready(file: ArchivedFile, *, number: int, limits: Limits) -> ReadyFile:
    """Lay the first sheet of a workbook ready, as CSV."""
    with tempfile.TemporaryFile(dir=limits.temp_folder) as sheet:
        try:
            write_sheet(file.path, to=sheet, most=limits.inflated_size)
        except WorkbookError as error:
            _refuse(file, "workbook_unreadable", f"{error} Save it as XLSX again, or deliver CSV.")
        sheet.seek(0)
        chunks = iter(lambda: sheet.read(CHUNK_BYTES), b"")
        return _text_ready(file, chunks, number=number, limits=limits, most=limits.inflated_size)


def _text_ready(file: ArchivedFile, chunks: Iterator[bytes], *, number: int, limits: Limits, most: int) -> ReadyFile:
    """Write the text of a CSV to the temporary folder, checked."""
    target = limits.temp_folder / f"bill-{number}.csv"
    written = _Written(longest_line=limits.cell_length)
    _copy(file, chunks, target, written=written, most=min(limits.inflated_size, most))
    if written.line_count == 1 and written.has_old_breaks:
        _refuse(file, "line_breaks", "ends its lines with CR alone. Deliver it with LF or CR LF.")
    return ReadyFile(
        number=number,
        name=file.name,
        path=target,
        format="csv",
        dataset=file.dataset,
        has_controls=written.has_controls,
        line_count=written.line_count,
        has_long_lines=written.has_long_lines,
    )


def _inflated(file: ArchivedFile, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the inflated bytes of all gzip members; each member's CRC and length are checked at its end."""
    try:
        with igzip.open(stream, "rb") as packed:
            while chunk := packed.read(CHUNK_BYTES):
                yield chunk
    except (EOFError, OSError, zlib.error, igzip_lib.IsalError) as error:  # type: ignore[misc] # its stub names a value
        _refuse(file, "gzip_damaged", f"is a damaged gzip file ({error}). Deliver it again.")


@dataclass
class _Written:
    """What was seen while a file was copied; `open_line` is the length so far of the line it stands in."""

    longest_line: int
    size: int = 0
    open_line: int = 0
    has_long_lines: bool = False
    line_breaks: int = 0
    has_controls: bool = False
    has_old_breaks: bool = False
    last: bytes = b""

    def see(self, chunk: bytes) -> None:
        """Count a chunk in."""
        self.size += len(chunk)
        self.line_breaks += chunk.count(b"\n")
        self.has_controls = self.has_controls or b"\x1f" in chunk or b"\x1e" in chunk
        self.has_old_breaks = self.has_old_breaks or b"\r" in chunk
        self.last = chunk[-1:]
        self._measure_lines(chunk)

    def _measure_lines(self, chunk: bytes) -> None:
        """Look for a line break within every stretch of the longest permitted length, not at every line."""
        start = -self.open_line
        while len(chunk) - start > self.longest_line:
            end = chunk.rfind(b"\n", max(start, 0), max(start + self.longest_line + 1, 0))
            if end < 0:
                self.has_long_lines = True
                break
            start = end + 1
        last_break = chunk.rfind(b"\n")
        self.open_line = self.open_line + len(chunk) if last_break < 0 else len(chunk) - last_break - 1

    @property
    def line_count(self) -> int:
        """Lines, also a last one without a break."""
        return self.line_breaks + (self.last != b"\n")


def _copy(file: ArchivedFile, chunks: Iterator[bytes], target: Path, *, written: _Written, most: int) -> None:
    """Write the text with LF alone between lines, whatever its breaks are, and note what is seen in `written`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_pending = False
    with target.open("wb") as inflated:
        for chunk in _with_plain_breaks(chunks):
            if written.size + len(chunk) > most:
                _refuse(file, "file_too_large", f"inflates to more than {most:,} bytes. Raise the limit if it is real.")
            if b"\0" in chunk:
                row = written.line_breaks + chunk.count(b"\n", 0, chunk.index(b"\0"))
                _refuse(file, "nul_byte", f"holds a NUL byte in row {row}. Deliver it again.", row=row)
            if is_pending or not chunk.isascii():
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    row = written.line_breaks + chunk.count(b"\n", 0, error.start)
                    _refuse(file, "not_utf8", f"is not UTF-8 text in row {row}. Deliver it in UTF-8.", row=row)
                is_pending = bool(decoder.getstate()[0])
            written.see(chunk)
            inflated.write(chunk)
    if is_pending:
        _refuse(file, "not_utf8", "ends inside a UTF-8 character. Deliver it again.")
    if not written.size:
        _refuse(file, "file_empty", "holds no text. Deliver it again.")


def _with_plain_breaks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text with CR LF made LF; DuckDB 2.0 reads a CSV declared to have CR LF as empty."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)]
        yield text.replace(b"\r\n", b"\n") if b"\r" in text else text
    if held:
        yield held


def _refuse(file: ArchivedFile, code: str, message: str, *, row: int | None = None) -> NoReturn:
    finding = Finding(code=code, severity="error", file=file.name, row=row, message=f"{file.name} {message}")
    raise RejectedBillError([finding])
