"""CPU seconds of importing a bill, against the engine's bare copy of the same file to Parquet.

    python -m benchmarks.bill_import --rows 1000000

Both run as processes of their own, in turn, so that start-up counts for both. The bar is a ratio of at most 2, in the
median of the rounds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

MOST = 2.0
ROWS_AT_ONCE = 500_000
HOUR = "to_hours((i * 7919 % 744)::INTEGER)"
BARE = (
    "import duckdb, sys; connection = duckdb.connect(config={'threads': 2});"
    " connection.execute('SET enable_progress_bar = false'); connection.execute(sys.argv[1])"
)


def main() -> int:
    """Print both figures, their ratio and the peak memory; the exit code says whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bill", type=Path, help="an existing CSV.gz report instead of a generated one")
    parser.add_argument("--import-to", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.import_to:
        import_bill(told.bill, told.import_to)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        bill = told.bill or Path(folder) / "cur-00001.csv.gz"
        if told.bill is None:
            # In a process of its own: a program starts with the peak memory of the one that starts it.
            writer = multiprocessing.get_context("spawn").Process(
                target=write_bill, args=(bill,), kwargs={"rows": told.rows}
            )
            writer.start()
            writer.join()
        ratios = [compare(bill, Path(folder), number) for number in range(told.rounds)]
    ratio = statistics.median(ratios)
    is_met = ratio <= MOST
    print(f"{'PASS' if is_met else 'FAIL'}: ratio {ratio:.2f} in the median of {len(ratios)} (at most {MOST})")
    return 0 if is_met else 1


def compare(bill: Path, folder: Path, number: int) -> float:
    """Run both once and return the ratio."""
    bare = folder / f"bare-{number}.parquet"
    copy = f"COPY (SELECT * FROM read_csv('{bill}')) TO '{bare}' (FORMAT parquet)"
    reference, _ = cost([sys.executable, "-c", BARE, copy])
    own = [
        sys.executable,
        "-m",
        "benchmarks.bill_import",
        "--bill",
        str(bill),
        "--import-to",
        str(folder / str(number)),
    ]
    imported, peak = cost(own)
    print(
        f"bare copy {reference:.2f} CPU s, import {imported:.2f} CPU s, ratio {imported / reference:.2f},"
        f" peak memory {peak >> 20:,} MiB",
        flush=True,
    )
    return imported / reference


def cost(command: list[str]) -> tuple[float, int]:
    """Return the processor time, user and system, in seconds that a program took, and its peak memory in bytes."""
    process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:3]} ended with {process.returncode}")
    in_kib = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * in_kib


def import_bill(bill: Path, root: Path) -> None:
    """Archive, check and normalize a report as an import does."""
    from ingestion.connectors.aws_cur import KIND
    from ingestion.delivery import archive, open_store
    from ingestion.normalize import Limits

    settings = KIND.params(path=bill)
    (delivery,) = KIND.discover(settings)
    files = [archive(open_store(settings), file, root=root) for file in delivery.files]
    result = KIND.normalize(
        files,
        settings=settings,
        output=root / "bills",
        limits=Limits(temp_folder=root / "temp"),
        tag_keys=None,
        progress=lambda _: None,
    )
    totals = {str(b.billing_period): {c: str(t.billed_cost) for c, t in b.totals.items()} for b in result.bills}
    print(f"imported {sum(result.row_counts):,} rows: {totals}", flush=True)


def write_bill(path: Path, *, rows: int, more: Mapping[str, str] | None = None) -> None:
    """Write a legacy report of 67 columns, and some more, over some thousand resources, with their usual repetition."""
    import duckdb

    columns = ",\n".join(f'{value} AS "{title}"' for title, value in {**COLUMNS, **(more or {})}.items())
    piece = path.with_suffix(".piece")
    # Piece by piece, so that a report of any length is written in little memory: gzip files can follow each other.
    with path.open("wb") as whole, duckdb.connect(config={"threads": 2}) as connection:
        for start in range(0, rows, ROWS_AT_ONCE):
            connection.execute(
                f"COPY (SELECT {columns} FROM (SELECT i, hash(i // 50) % 12000 AS r, hash(i) % 100000 AS q,"
                f" TIMESTAMP '2026-10-01' + {HOUR} AS s"
                f" FROM range({start}, {min(start + ROWS_AT_ONCE, rows)}) AS numbers(i)) ORDER BY i)"
                f" TO '{piece}' (FORMAT csv, HEADER {start == 0}, COMPRESSION gzip)"
            )
            with piece.open("rb") as part:
                shutil.copyfileobj(part, whole)
    piece.unlink()


def _moment(value: str) -> str:
    return f"strftime({value}, '%Y-%m-%dT%H:%M:%SZ')"


def _one_of(*values: str) -> str:
    return f"[{', '.join(repr(value) for value in values)}][(r % {len(values)})::INTEGER + 1]"


CODE = _one_of("AmazonEC2", "AmazonS3", "AmazonRDS", "AWSLambda", "AmazonCloudWatch", "AmazonDynamoDB", "AmazonEKS")
REGION = "['us-east-1', 'eu-west-1', 'eu-central-1', 'us-west-2'][(r // 16 % 4)::INTEGER + 1]"
IS_COVERED = "(r % 50 = 7 AND i % 2 = 0)"
IS_NEGATION = "(r % 50 = 7 AND i % 2 = 1)"
PLAN = "CASE WHEN r % 50 = 7 THEN 'arn:aws:savingsplans::123456789012:savingsplan/1b7a' END"
ODD_ROW = "CASE WHEN i % 2 = 1 AND r % 50 = 7 THEN hash(i - 1) % 100000 ELSE q END"
COLUMNS = {
    "identity/LineItemId": "md5(i::VARCHAR) || left(md5((i + 1)::VARCHAR), 20)",
    "identity/TimeInterval": f"{_moment('s')} || '/' || {_moment('s + INTERVAL 1 HOUR')}",
    "bill/InvoiceId": "'1234567890'",
    "bill/InvoicingEntity": "'Amazon Web Services, Inc.'",
    "bill/BillingEntity": "'AWS'",
    "bill/BillType": "'Anniversary'",
    "bill/PayerAccountId": "'123456789012'",
    "bill/BillingPeriodStartDate": "'2026-10-01T00:00:00Z'",
    "bill/BillingPeriodEndDate": "'2026-11-01T00:00:00Z'",
    "lineItem/UsageAccountId": "(200000000000 + r % 60)::VARCHAR",
    "lineItem/LineItemType": (
        f"CASE WHEN {IS_COVERED} THEN 'SavingsPlanCoveredUsage' WHEN {IS_NEGATION} THEN 'SavingsPlanNegation'"
        " WHEN i % 5000 = 3 THEN 'Tax' WHEN i % 7000 = 5 THEN 'Credit' ELSE 'Usage' END"
    ),
    "lineItem/UsageStartDate": _moment("s"),
    "lineItem/UsageEndDate": _moment("s + INTERVAL 1 HOUR"),
    "lineItem/ProductCode": CODE,
    "lineItem/UsageType": "'BoxUsage:m5.' || r % 9",
    "lineItem/Operation": "'Run' || r % 30",
    "lineItem/AvailabilityZone": f"{REGION} || 'a'",
    "lineItem/ResourceId": f"'arn:aws:' || {CODE} || ':' || {REGION} || ':' || md5(r::VARCHAR)",
    "lineItem/UsageAmount": "(q::DECIMAL(18,0) * 0.0000010000)::VARCHAR",
    "lineItem/NormalizationFactor": "'4'",
    "lineItem/NormalizedUsageAmount": "(q::DECIMAL(18,0) * 0.0000040000)::VARCHAR",
    "lineItem/CurrencyCode": "'USD'",
    "lineItem/UnblendedRate": "'0.0960000000'",
    "lineItem/UnblendedCost": (
        f"(({ODD_ROW})::DECIMAL(18,0) * CASE WHEN {IS_NEGATION} THEN -0.0000000960 ELSE 0.0000000960 END)::VARCHAR"
    ),
    "lineItem/BlendedRate": "'0.0960000000'",
    "lineItem/BlendedCost": "(q::DECIMAL(18,0) * 0.0000000960)::VARCHAR",
    "lineItem/LineItemDescription": "'$0.096 per On Demand Linux m5.' || r % 9 || ', Instance Hour'",
    "lineItem/TaxType": "NULL",
    "lineItem/LegalEntity": "'Amazon Web Services, Inc.'",
    "product/ProductName": f"{CODE} || ' product'",
    "product/clockSpeed": "'2.5 GHz'",
    "product/currentGeneration": "'Yes'",
    "product/databaseEngine": "NULL",
    "product/instanceFamily": "'General purpose'",
    "product/instanceType": "'m5.' || r % 9",
    "product/location": REGION,
    "product/locationType": "'AWS Region'",
    "product/memory": "'16 GiB'",
    "product/operatingSystem": "'Linux'",
    "product/physicalProcessor": "'Intel Xeon Platinum 8175'",
    "product/productFamily": "'Compute Instance'",
    "product/region": REGION,
    "product/regionCode": REGION,
    "product/servicecode": CODE,
    "product/servicename": f"{CODE} || ' name'",
    "product/sku": "upper(left(md5((r % 500)::VARCHAR), 16))",
    "product/storage": "'EBS only'",
    "product/tenancy": "'Shared'",
    "product/usagetype": "'BoxUsage:m5.' || r % 9",
    "product/vcpu": "'4'",
    "pricing/LeaseContractLength": "NULL",
    "pricing/RateCode": "upper(left(md5((r % 500)::VARCHAR), 16)) || '.JRTCKXETXF.6YS6EN2CT7'",
    "pricing/RateId": "(r % 500 + 1000)::VARCHAR",
    "pricing/currency": "'USD'",
    "pricing/publicOnDemandCost": "(q::DECIMAL(18,0) * 0.0000001000)::VARCHAR",
    "pricing/publicOnDemandRate": "'0.1000000000'",
    "pricing/term": "'OnDemand'",
    "pricing/unit": "'Hrs'",
    "reservation/EffectiveCost": "NULL",
    "reservation/ReservationARN": "NULL",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "NULL",
    "reservation/UnusedRecurringFee": "NULL",
    "savingsPlan/SavingsPlanARN": PLAN,
    "savingsPlan/SavingsPlanEffectiveCost": f"CASE WHEN {IS_COVERED} THEN (q::DECIMAL(18,0) * 0.00000006)::VARCHAR END",
    "savingsPlan/TotalCommitmentToDate": "NULL",
    "savingsPlan/UsedCommitment": "NULL",
    "resourceTags/aws:createdBy": "'IAMUser:deploy'",
    "resourceTags/user:team": "'team-' || r % 40",
    "resourceTags/user:env": _one_of("prod", "prod", "dev", "test"),
    "resourceTags/user:Name": "'resource-' || r",
}

if __name__ == "__main__":
    raise SystemExit(main())
