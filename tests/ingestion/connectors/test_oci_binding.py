"""Many reports bound into one table: what it says must be what each of them says by itself."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.connectors.oci_cost_report import planner_of
from ingestion.focus.findings import RejectedBillError
from ingestion.normalize import Limits
from ingestion.normalize.connector import settled
from ingestion.oci.settings import OciSettings
from tests.ingestion.normalize.bills import Bench, csv_text, values
from tests.ingestion.oci_rows import COST_ROW, cost_report, cost_rows

OTHER = csv_text([{**COST_ROW, "tags/stage": 'a "b", c\nd', "cost/attributedCost": "7", "cost/myCost": "7"}])
FACTS = "billed_cost, effective_cost, service_name, sub_account_id, charge_period_start, resource_id, consumed_quantity"


def archived(bench: Bench, *texts: str):
    return [bench.archived(text, name=f"{number}.csv") for number, text in enumerate(texts)]


def test_rows_keep_their_report_and_their_place_in_it(bench: Bench):
    files = archived(bench, cost_report({"cost": "1"}, {"cost": "2", "tags/Ops.Team": "x"}), OTHER, cost_report({}))

    delivery = bench.normalized("oci_cost_report", *files)

    assert values(delivery, "x_file_number, x_row_number, billed_cost, tags") == [
        (0, 1, Decimal(1), None),
        (0, 2, Decimal(2), '{"Ops.Team":"x"}'),
        (1, 1, Decimal(7), '{"stage":"a \\"b\\", c\\nd"}'),
        (2, 1, Decimal("0.00136084"), None),
    ]
    assert delivery.row_counts == (2, 1, 1)


def test_the_charges_are_those_of_the_reports_read_one_by_one(bench: Bench):
    files = archived(bench, cost_report({"cost": "1e-9"}, {"start": "2026-11-01T00:00Z"}), OTHER, cost_report({}))

    together = bench.normalized("oci_cost_report", *files)
    one_by_one = settled(planner_of)(
        files,
        settings=OciSettings(path=bench.folder),
        output=bench.folder / "one by one",
        limits=Limits(temp_folder=bench.folder / "temp", memory=256 << 20, threads=1),
        tag_keys=None,
        progress=lambda step: None,
    )

    assert together.row_counts == one_by_one.row_counts == (2, 1, 1)
    for bill in (0, 1):
        columns = f"{FACTS}, tags, x_attribute_set_id, x_file_number, x_row_number, x_cost_attributed_cost"
        assert values(together, columns, bill=bill) == values(one_by_one, columns, bill=bill)
        assert together.bills[bill].totals == one_by_one.bills[bill].totals


def refused(bench: Bench, *texts: str):
    with pytest.raises(RejectedBillError) as error:
        bench.normalized("oci_cost_report", *archived(bench, *texts))
    return error.value.findings[0]


def test_what_is_wrong_is_told_of_the_report_and_its_row(bench: Bench):
    finding = refused(bench, cost_report({}, {}), cost_report({}, {}, {"cost": "1,5"}), cost_report({}))

    assert (finding.file, finding.row) == ("1.csv", 3)
    assert finding.message.startswith("1.csv, row 3: cost/myCost is '1,5'")


def test_rows_of_another_width_and_broken_quoting_are_told_of_their_report(bench: Bench):
    lines = csv_text(cost_rows({}, {})).splitlines(keepends=True)

    wide = refused(bench, cost_report({}), "".join([*lines[:2], "1,2\n"]))
    broken = refused(bench, cost_report({}), "".join([*lines[:2], '"a"b' + lines[2]]))

    assert wide.message.startswith("1.csv has 2 cells in row 2 where the header names")
    assert (broken.code, broken.file, broken.row) == ("row_quoting", "1.csv", 2)


def test_a_file_that_is_no_csv_or_uses_the_names_of_places_is_refused(bench: Bench):
    taken = refused(bench, cost_report({}), csv_text([{**COST_ROW, "x_source_row": "1"}]))
    path = bench.folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([COST_ROW]), path)
    with pytest.raises(RejectedBillError) as parquet:
        bench.normalized(
            "oci_cost_report", *archived(bench, cost_report({})), bench.archived(path.read_bytes(), name="rows.parquet")
        )

    assert (taken.code, taken.file) == ("column_reserved", "1.csv")
    assert [finding.file for finding in parquet.value.findings] == ["rows.parquet"]


def test_what_is_told_of_a_report_without_being_wrong_names_it_too(bench: Bench):
    delivery = bench.normalized(
        "oci_cost_report", *archived(bench, cost_report({}, {}), cost_report({}, {"service": "MOON_BASE"}))
    )

    (finding,) = delivery.findings
    assert finding.message == "'MOON_BASE' is no known service (first in 1.csv, row 2); its category is Other."
