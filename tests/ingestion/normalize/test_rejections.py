"""Malformed and hostile files: each is refused whole, with its place."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.focus.findings import Finding, RejectedBillError
from tests.ingestion.normalize.bills import FOCUS_ROW, Bench, csv_text, focus_rows, gzipped

GOOD = csv_text(focus_rows({}, {}, {}))


def refusal(bench: Bench, content: bytes | str, *, limits: Mapping[str, int] | None = None) -> Finding:
    """Import a FOCUS file that must be refused and return the first finding; nothing may have been written."""
    with pytest.raises(RejectedBillError) as caught:
        bench.normalized("focus", bench.archived(content), limits=limits)

    finding = caught.value.findings[0]
    assert finding.severity == "error"
    assert finding.file == "bill.csv"
    assert "bill.csv" in finding.message
    assert list((bench.folder / "temp").iterdir()) == []
    return finding


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("BilledCost", "free", "not_a_number"),
        ("BilledCost", "1_000", "not_a_number"),
        ("BilledCost", "1,5", "not_a_number"),
        ("BilledCost", "1.000,50", "not_a_number"),
        ("BilledCost", " 1", "not_a_number"),
        ("BilledCost", "abc", "not_a_number"),
        ("BilledCost", "one", "not_a_number"),
        ("BilledCost", "e", "not_a_number"),
        ("BilledCost", "1e", "not_a_number"),
        ("BilledCost", "NaN", "not_a_number"),
        ("BilledCost", "Infinity", "not_a_number"),
        ("BilledCost", "1e400", "not_a_number"),
        ("BilledCost", "1e9999", "not_a_number"),
        ("BilledCost", "0x10", "not_a_number"),
        ("BilledCost", "--1", "not_a_number"),
        ("BilledCost", "1-2", "not_a_number"),
        ("BilledCost", "1.2.3", "not_a_number"),
        ("BilledCost", "$1", "not_a_number"),
        ("BilledCost", "\uff11", "not_a_number"),
        ("BilledCost", "123456789012345678901", "not_a_number"),
        ("EffectiveCost", "n/a", "not_a_number"),
        ("ListCost", "-", "not_a_number"),
        ("BilledCost", "", "value_missing"),
        ("EffectiveCost", "NULL", "value_missing"),
        ("ChargePeriodStart", "", "value_missing"),
        ("ChargePeriodStart", "yesterday", "not_a_moment"),
        ("ChargePeriodStart", "2026-02-30T00:00:00Z", "not_a_moment"),
        ("ChargePeriodStart", "infinity", "not_a_moment"),
        ("ChargePeriodStart", "0001-01-01T00:00:00Z", "not_a_moment"),
        ("ChargePeriodStart", "2026-10-01T00:00:00 Europe/Oslo", "not_a_moment"),
        ("BillingPeriodStart", "", "period_missing"),
        ("BillingPeriodStart", "soon", "not_a_moment"),
        ("BillingCurrency", "", "currency_unknown"),
        ("BillingCurrency", "eur", "currency_unknown"),
        ("BillingCurrency", "Euro", "currency_unknown"),
        ("ChargeCategory", "", "charge_category_unknown"),
        ("ChargeCategory", "Gift", "charge_category_unknown"),
    ],
)
def test_a_bad_value_is_told_with_its_row_and_column(bench: Bench, column: str, value: str, code: str):
    finding = refusal(bench, csv_text(focus_rows({}, {column: value}, {})))

    assert (finding.code, finding.row, finding.column) == (code, 2, column)
    assert f"row {finding.row}" in finding.message
    assert column in finding.message


@pytest.mark.parametrize("column", ["BilledCost", "BillingPeriodStart", "ChargePeriodStart", "ChargeCategory"])
def test_a_missing_column_is_told_by_name(bench: Bench, column: str):
    row = {name: value for name, value in FOCUS_ROW.items() if name != column}

    finding = refusal(bench, csv_text([row]))

    assert (finding.code, finding.row, finding.column) == ("column_missing", 0, column)


def test_a_row_with_too_few_cells_is_told(bench: Bench):
    lines = GOOD.splitlines()
    lines[2] = lines[2].rpartition(",")[0].rpartition(",")[0]

    finding = refusal(bench, "\n".join(lines) + "\n")

    assert (finding.code, finding.row) == ("row_width", 2)


def test_a_row_with_too_many_cells_is_told(bench: Bench):
    lines = GOOD.splitlines()
    lines[3] += ",surplus"

    finding = refusal(bench, "\n".join(lines) + "\n")

    assert (finding.code, finding.row) == ("row_width", 3)


def test_a_file_cut_off_inside_a_row_is_told(bench: Bench):
    finding = refusal(bench, GOOD[:-40])

    assert finding.row == 3


def test_a_quote_that_never_closes_is_told(bench: Bench):
    finding = refusal(bench, GOOD + '"a,b\n')

    assert finding.code in {"row_width", "row_quoting"}
    assert finding.row == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (gzip.compress(b"", mtime=0), "file_empty"),
        (b"\n\n", "header_missing"),
        (b"\x01BilledCost,BillingCurrency\n1,EUR\n", "header_unreadable"),
        (b"PK\x03\x04rest", "file_format"),
        (GOOD.encode("utf-16"), "file_format"),
        (GOOD.encode() + b"\xff\xfe", "not_utf8"),
        (GOOD.encode() + b"\xc3", "not_utf8"),
        (GOOD.replace("Machines", "Mach\0nes").encode(), "nul_byte"),
        (gzipped(GOOD)[:-20], "gzip_damaged"),
        (GOOD.replace("\n", "\r").encode(), "line_breaks"),
        (b"PAR1 no parquet at all PAR1", "parquet_damaged"),
        (csv_text(focus_rows({})).splitlines()[0].encode() + b"\n", "bill_empty"),
        (GOOD.replace("EffectiveCost", "BilledCost", 1).encode(), "column_twice"),
    ],
)
def test_a_file_that_is_no_bill_is_refused(bench: Bench, content: bytes, code: str):
    assert refusal(bench, content).code == code


def test_a_gzip_with_a_wrong_checksum_is_refused(bench: Bench):
    content = bytearray(gzipped(GOOD))
    content[-6] ^= 1

    assert refusal(bench, bytes(content)).code == "gzip_damaged"


def test_a_gzip_that_inflates_beyond_the_limit_is_refused(bench: Bench):
    content = gzipped(GOOD + "x" * 100_000)

    assert refusal(bench, content, limits={"inflated_size": 50_000}).code == "file_too_large"


def test_only_the_bad_rows_are_told_and_not_more_than_a_hundred(bench: Bench):
    changes = [{"BilledCost": "bad"} if number % 2 else {} for number in range(300)]

    with pytest.raises(RejectedBillError) as caught:
        bench.focus(*changes)

    told = [finding for finding in caught.value.findings if finding.row is not None]
    assert [finding.row for finding in told] == list(range(2, 202, 2))
    assert "150 rows in all" in caught.value.findings[-1].message


def test_a_parquet_file_with_a_cost_of_the_wrong_type_is_refused(bench: Bench):
    columns = {name: pa.array([value]) for name, value in FOCUS_ROW.items()}
    columns["BilledCost"] = pa.array([["1"]])
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)

    finding = refusal(bench, stream.getvalue())

    assert (finding.code, finding.row, finding.column) == ("not_a_number", 1, "BilledCost")


def parquet(changes: Mapping[str, pa.Array], *, rows: int, **options: object) -> bytes:
    """Return a FOCUS bill of equal rows in Parquet."""
    columns = {name: pa.array([value] * rows) for name, value in FOCUS_ROW.items()} | dict(changes)
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


def test_a_parquet_file_whose_columns_inflate_beyond_the_ratio_is_refused(bench: Bench):
    text = pa.array(["x" * 70_000] * 1_000)
    content = parquet({"ServiceName": text}, rows=1_000, compression="zstd", use_dictionary=False)

    assert len(content) < 200_000
    finding = refusal(bench, content, limits={"inflation_ratio": 10})

    assert finding.code == "file_too_large"


def test_a_parquet_file_that_repeats_a_long_text_beyond_the_limit_is_refused(bench: Bench):
    # 2,000 times 100,000 bytes in a file that says it takes far less.
    content = parquet({"ServiceName": pa.array(["x" * 100_000] * 2_000)}, rows=2_000, compression="zstd")

    assert len(content) < 20_000
    assert refusal(bench, content, limits={"inflated_size": 100_000_000}).code == "file_too_large"


def test_a_parquet_row_group_that_does_not_fit_into_memory_is_refused(bench: Bench):
    texts = pa.array([f"{number}" + "x" * 100_000 for number in range(600)])
    content = parquet({"ServiceName": texts}, rows=600, compression="zstd", use_dictionary=False)

    finding = refusal(bench, content, limits={"memory": 50_000_000})

    assert finding.code == "row_group_too_large"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_cell_longer_than_the_limit_is_refused_with_its_column(bench: Bench, kind: str):
    long = "x" * 2_001
    content = (
        csv_text(focus_rows({}, {"ServiceName": long}))
        if kind == "csv"
        else parquet({"ServiceName": pa.array(["x", long])}, rows=2)
    )

    finding = refusal(bench, content, limits={"cell_length": 2_000})

    assert (finding.code, finding.column) == ("cell_too_long", "ServiceName")


def test_a_cell_of_just_the_limit_is_read(bench: Bench):
    content = csv_text(focus_rows({"ServiceName": "x" * 2_000}))

    delivery = bench.normalized("focus", bench.archived(content), limits={"cell_length": 2_000})

    assert delivery.bills[0].row_count == 1


def test_one_bad_file_refuses_the_whole_delivery(bench: Bench):
    good = bench.archived(GOOD, name="good.csv")
    bad = bench.archived(csv_text(focus_rows({"BilledCost": "x"})), name="bad.csv")

    with pytest.raises(RejectedBillError) as caught:
        bench.normalized("focus", good, bad)

    assert (caught.value.findings[0].file, caught.value.findings[0].row) == ("bad.csv", 1)


def test_parquet_that_names_a_column_otherwise_than_in_text_is_refused(bench: Bench):
    """A group of rows names its columns once more, which only the question for their sizes reads."""
    file = io.BytesIO()
    pq.write_table(pa.table({"BilledCost": ["1.5"], "ServiceName": ["Machines"]}), file, store_schema=False)
    head, _, tail = file.getvalue().rpartition(b"ServiceName")

    assert refusal(bench, head + b"\xffserviceName"[:11] + tail).code == "parquet_damaged"
