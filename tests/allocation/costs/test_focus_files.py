"""The ledger as FOCUS has it adds up to the costs, names splits and receivers, and shows nobody another's rows."""

import csv
import json
from collections import defaultdict
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from allocation.costs.answer import answer, runs_in_force
from allocation.costs.focus_files import costs_file, export_costs
from allocation.costs.query import CostQuery, Filter, QueryError, shifted
from allocation.engine.weighing import COSTS
from allocation.selectors import EVERYTHING, Visibility
from ingestion.exports import NothingToExportError
from itfm.core.tenancy import tenant
from tests.allocation.costs.conftest import SEPTEMBER
from tests.allocation.engine.bills import OCTOBER

PAYMENTS = Visibility(sees_everything=False, values=(("team", ("Payments",)),))
TITLES = dict(zip(COSTS, ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), strict=True))


def exported(organization, to, *, version="1.4", visibility=EVERYTHING, **options):
    """Return the rows of an export, from its Parquet file."""
    query = CostQuery(**{"first": OCTOBER, "last": OCTOBER, **options})
    runs = runs_of(organization, query)
    count = export_costs(organization.id, query, runs=runs, to=to, version=version, visibility=visibility)
    rows = pq.read_table(to).to_pylist()
    assert len(rows) == count
    return rows


def runs_of(organization, query):
    with tenant(organization.id):
        return runs_in_force(query.periods)


def by_team(rows, title):
    sums = defaultdict(Decimal)
    for row in rows:
        sums[row["BillingCurrency"], json.loads(row["x_dimensions"]).get("team")] += row[title]
    return dict(sums)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("first", [SEPTEMBER, OCTOBER])
def test_rows_add_up_to_the_costs_of_every_team(company, tmp_path, cost, first):
    rows = exported(company, tmp_path / "o.parquet", first=first)
    with tenant(company.id):
        query = CostQuery(first=first, last=OCTOBER, by=("team",), granularity="total", measure=cost)
        found = answer(query)

    asked = {(one.currency, line.groups[0]): line.total for one in found.currencies for line in one.lines}
    assert by_team(rows, TITLES[cost]) == asked


def test_what_a_split_moved_names_it_and_who_got_it(company, tmp_path):
    rows = exported(company, tmp_path / "o.parquet", currency="USD")

    moved = [row for row in rows if row["AllocatedMethodId"]]
    assert {row["AllocatedMethodId"] for row in moved} == {"platform"}
    assert sum(row["EffectiveCost"] for row in moved) == 0
    got = {row["AllocatedResourceId"]: row["EffectiveCost"] for row in moved if row["x_entry"] == "in"}
    assert got == {"team=Payments": 50, "team=Search": 50}
    for row in moved:
        assert (row["AllocatedResourceId"] is None) == (row["x_entry"] != "in")
        assert row["AllocatedResourceName"] == row["AllocatedResourceId"]
        assert json.loads(row["x_pool"]) == {"team": "Platform"} or row["x_entry"] != "in"
    assert all(row["AllocatedTags"] is None for row in rows if not row["AllocatedMethodId"])


def test_filters_and_scopes_leave_out_other_rows(company, tmp_path):
    everything = exported(company, tmp_path / "all.parquet")
    of_search = exported(company, tmp_path / "s.parquet", filters=(Filter(name="team", values=("Search",)),))
    seen = exported(company, tmp_path / "p.parquet", visibility=PAYMENTS)

    assert of_search == [row for row in everything if json.loads(row["x_dimensions"]).get("team") == "Search"]
    assert seen == [row for row in everything if json.loads(row["x_dimensions"]).get("team") == "Payments"]
    assert (bool(of_search), bool(seen)) == (True, True)
    assert exported(company, tmp_path / "n.parquet", visibility=Visibility(sees_everything=False)) == []


def test_versions_differ_by_their_columns_only(company, tmp_path):
    newest, older, oldest = (
        exported(company, tmp_path / f"{version}.parquet", version=version) for version in ("1.4", "1.3", "1.2")
    )

    assert [row | {"ProviderName": None, "PublisherName": None} for row in newest] == [
        row | {"ProviderName": None, "PublisherName": None} for row in older
    ]
    assert not any(name.startswith("Allocated") for name in oldest[0])
    assert [row["x_split"] for row in oldest] == [row["AllocatedMethodId"] for row in newest]
    assert {row["ChargePeriodStart"].month for row in newest} == {10, 11}


def test_the_same_export_has_the_same_bytes_and_csv_the_same_rows(company, tmp_path):
    rows = exported(company, tmp_path / "one.parquet")
    exported(company, tmp_path / "two.parquet")
    query = CostQuery(first=OCTOBER, last=OCTOBER)
    export_costs(company.id, query, runs=runs_of(company, query), to=tmp_path / "one.csv")

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    with (tmp_path / "one.csv").open(newline="") as file:
        told = list(csv.DictReader(file))
    assert [Decimal(row["EffectiveCost"]) for row in told] == [row["EffectiveCost"] for row in rows]
    assert [row["x_dimensions"] for row in told] == [row["x_dimensions"] for row in rows]


def test_what_cannot_be_written_is_said(company, tmp_path):
    with pytest.raises(NothingToExportError, match="2026-08 is not allocated"):
        exported(company, tmp_path / "o.parquet", first=shifted(SEPTEMBER, months=-1))
    assert not (tmp_path / "o.parquet").exists()

    four = CostQuery(first=shifted(OCTOBER, months=-3), last=OCTOBER)
    with pytest.raises(QueryError, match="At most 3"):
        costs_file(company.id, four, runs=runs_of(company, four), suffix=".csv", version="1.4", visibility=EVERYTHING)


def test_an_open_file_leaves_nothing_behind(company):
    query = CostQuery(first=OCTOBER, last=OCTOBER)
    runs = runs_of(company, query)
    with costs_file(company.id, query, runs=runs, suffix=".parquet", version="1.4", visibility=EVERYTHING) as file:
        assert pq.read_table(file).num_rows
