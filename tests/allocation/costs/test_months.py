"""The database in which months are asked: it reads one organization's runs and reaches nothing else."""

import duckdb
import pytest

from allocation.costs.lake_rows import MONTHS
from allocation.costs.months import reading
from itfm.core import lake
from tests import duck


def a_file(organization_id, place):
    folder = lake.organization_folder(organization_id) / place
    folder.mkdir(parents=True, exist_ok=True)
    duck.rows(f"COPY (SELECT 1 AS cost) TO '{folder / MONTHS}' (FORMAT parquet)")
    return folder / MONTHS


def test_it_reads_the_runs_of_its_organization(acme):
    file = a_file(acme.id, "runs/2026-10/one")

    with reading(acme.id) as database:
        assert database.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall() == [(1,)]


@pytest.mark.parametrize("place", ["another", "charges"])
def test_it_reaches_neither_another_organization_nor_the_bills(acme, globex, place):
    file = a_file(globex.id, "runs/2026-10/one") if place == "another" else a_file(acme.id, "charges/2026-10/one")

    with reading(acme.id) as database, pytest.raises(duckdb.PermissionException):
        database.execute("SELECT * FROM read_parquet(?)", [str(file)])


def test_nobody_can_open_it_wider(acme):
    with (
        reading(acme.id) as database,
        pytest.raises(duckdb.InvalidInputException, match="configuration has been locked"),
    ):
        database.execute("SET allowed_directories = ['/']")


def test_what_one_question_leaves_behind_another_does_not_see(acme):
    with reading(acme.id) as database:
        database.execute("SET VARIABLE seen = 1")

    with reading(acme.id) as database:
        assert database.execute("SELECT getvariable('seen')").fetchall() == [(None,)]
