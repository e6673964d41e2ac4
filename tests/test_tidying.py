"""What killed workers left in the lake goes after a day; what a record names stays, and so does everything else."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from allocation.engine.rules import parse
from allocation.services import allocate, leftovers, publish_rules
from allocation.services.leftovers import tidy_runs
from allocation.services.proofs import prove_run
from ingestion.models import BillRevision, RecommendationList
from ingestion.services.leftovers import tidy_bills
from itfm import pipeline
from itfm.core import lake
from itfm.core.leftovers import left_before, tidy_scratch
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.pulls import connect, pull

BY_RESOURCE = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {column: resource_id, starts_with: pay-}, value: payments}]}
"""
BY_SKU = BY_RESOURCE.replace("resource_id", "sku_id")


def tidied(organization, *, days=2):
    """Tidy as in a night so many days from now; return how many files and folders went."""
    before = left_before(datetime.now(tz=UTC) + timedelta(days=days))
    return sum(tidy(organization.id, before=before) for tidy in (tidy_runs, tidy_bills, tidy_scratch))


def files(organization):
    root = lake.organization_folder(organization.id)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def rules(organization, text):
    with tenant(organization.id):
        publish_rules(parse(text), organization_id=organization.id, published_by=None, at=NOW)


@pytest.fixture
def allocated(acme):
    """Two runs of October, of which the second is in force."""
    bill_in_force(acme, [charge("1", on=1)])
    first = allocate(acme.id, period=OCTOBER)
    return first, allocate(acme.id, period=OCTOBER, again=True)


def test_the_files_of_every_run_and_bill_stay(acme, allocated, tmp_path):
    """The control: with nothing left behind, however long ago it was written, nothing goes."""
    source = connect(acme, tmp_path / "bills")
    for cost in ("1.5", "9"):
        write_bill(tmp_path / "bills" / "october.csv", line(cost))
        pull(source)
    before = files(acme)

    assert tidied(acme, days=400) == 0

    assert files(acme) == before
    assert prove_run(acme.id, run_id=allocated[1].id).proof.holds
    with tenant(acme.id):
        assert BillRevision.objects.filter(bill__source=source).count() == 2, "the replaced one stays too"


def test_a_run_that_was_published_and_never_saved_goes_after_a_day(acme, allocated):
    before = files(acme)
    folder = lake.organization_folder(acme.id) / allocated[1].folder
    shutil.copytree(folder, folder.with_name(f"{folder.name}-2"))

    assert tidied(acme, days=0) == 0, "it may be about to be saved"
    assert files(acme) != before
    assert tidied(acme) == 1

    assert files(acme) == before


def test_charges_and_uploads_that_were_never_saved_go_after_a_day(acme, allocated):
    before = files(acme)
    with tenant(acme.id):
        revision = BillRevision.objects.get()
    folder = lake.organization_folder(acme.id) / revision.folder
    shutil.copytree(folder, folder.with_name("0f0e0d0c-0000-4000-8000-000000000000"))
    write_bill(lake.organization_folder(acme.id) / "uploads" / "0f0e0d0c" / "bill.csv", line("1"))

    assert tidied(acme, days=0) == 0
    assert tidied(acme) == 2

    assert files(acme) == before


def test_a_list_of_recommendations_stays_and_one_that_was_never_saved_goes_after_a_day(acme, tmp_path):
    source = connect(acme, tmp_path / "bills")
    lists = lake.organization_folder(acme.id) / "recommendations" / str(source.id)
    for name in ("kept", "left"):
        (lists / name).mkdir(parents=True)
        (lists / name / "recommendations.parquet").write_bytes(b"rows")
    with tenant(acme.id):
        RecommendationList.objects.create(
            organization=acme, source=source, told_on=OCTOBER, files=[], count=1, savings={}, fetched_at=NOW,
            folder=f"recommendations/{source.id}/kept",
        )  # fmt: skip

    assert tidied(acme, days=0) == 0
    assert tidied(acme) == 1

    assert [folder.name for folder in lists.iterdir()] == ["kept"]


def test_scratch_of_killed_workers_goes_after_a_day_and_what_is_worked_in_stays(acme):
    root = lake.organization_folder(acme.id)
    raw = write_bill(root / "raw" / "ab" / "abcd", line("1"))
    write_bill(root / "raw" / ".incoming-1", line("1"))
    with lake.scratch(acme.id) as scratch:
        write_bill(scratch / "run" / "ledger.parquet", line("1"))

        assert tidied(acme, days=0) == 0
        assert scratch.is_dir()
        assert tidied(acme) == 2

        assert not scratch.exists()
    assert files(acme) == {str(raw.relative_to(root))}, "bytes as delivered stay, whoever names them"


def test_a_link_is_not_followed(acme, globex, allocated):
    folder = lake.organization_folder(acme.id) / "runs" / "2026-10"
    theirs = write_bill(lake.organization_folder(globex.id) / "runs" / "2026-10" / "x" / "ledger.parquet", line("1"))
    (folder / "link").symlink_to(theirs.parent)

    assert tidied(acme) == 0
    assert theirs.is_file()


def test_another_organizations_files_are_none_of_its_business(acme, globex, allocated):
    theirs = write_bill(lake.organization_folder(globex.id) / "runs" / "2026-10" / "x" / "ledger.parquet", line("1"))

    assert tidied(acme) == 0
    assert theirs.is_file()
    assert tidied(globex) == 1
    assert prove_run(acme.id, run_id=allocated[1].id).proof.holds


@pytest.fixture
def widened(acme):
    """The folder of sets that rules looked at once, and the one that a run stands on."""
    revision = bill_in_force(acme, [charge("1", on=1, resource_id="pay-1", sku_id="s")], keeps_lines=True)
    folder = lake.organization_folder(acme.id) / revision.folder / "widened"
    rules(acme, BY_RESOURCE)
    run = allocate(acme.id, period=OCTOBER)
    (named,) = folder.iterdir()
    unnamed = folder / "0123456789abcdef"
    shutil.copytree(named, unnamed)
    return run, named, unnamed


def test_widened_sets_go_that_no_run_stands_on(acme, widened):
    run, named, unnamed = widened
    rules(acme, BY_SKU)
    allocate(acme.id, period=OCTOBER)

    assert tidied(acme, days=0) == 0
    assert tidied(acme) == 1

    assert named.is_dir(), "the run before can still be explained"
    assert not unnamed.exists()
    assert prove_run(acme.id, run_id=run.id).proof.holds


def test_widened_sets_stay_while_a_run_of_their_month_is_under_way(acme, widened, monkeypatch):
    @contextmanager
    def held(*names):
        yield names[0] != "allocate"

    monkeypatch.setattr(leftovers, "single", held)

    assert tidied(acme) == 0
    assert widened[2].is_dir()


def test_every_organization_is_tidied_at_night(acme, globex, monkeypatch, settings):
    asked = []
    monkeypatch.setattr(pipeline, "_hint", lambda task, **arguments: asked.append((task.name, arguments)))

    assert settings.CELERY_BEAT_SCHEDULE["tidy"]["task"] == pipeline.tidy.name
    pipeline.tidy()

    assert {task for task, _ in asked} == {"itfm.pipeline.tidy_lake"}
    assert {arguments["organization_id"] for _, arguments in asked} == {str(acme.id), str(globex.id)}


def test_a_night_removes_nothing_that_was_written_today(acme, allocated, monkeypatch):
    write_bill(lake.organization_folder(acme.id) / "scratch" / "x" / "rows.csv", line("1"))
    before = files(acme)

    pipeline.tidy_lake(organization_id=str(acme.id))
    assert files(acme) == before

    monkeypatch.setattr(pipeline, "left_before", lambda at: left_before(at + timedelta(days=2)))
    pipeline.tidy_lake(organization_id=str(acme.id))
    assert not [name for name in files(acme) if name.startswith("scratch/")]
