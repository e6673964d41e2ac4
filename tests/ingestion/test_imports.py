"""Deliveries as they come: again, changed, incomplete, broken; whole or not at all."""

import gzip
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from ingestion.models import BillRevision, BillSource, Finding, ImportRun
from ingestion.services import create_source, queue_due, request_import, run_import
from ingestion.services import deliveries as deliveries_module
from itfm.core import lake
from itfm.core.locks import single
from itfm.core.secrets import SealError
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion import pulls
from tests.ingestion.focus_files import HEADER, line, write_bill
from tests.ingestion.pulls import pull

in_force = partial(pulls.in_force, currency="USD")


@pytest.fixture
def source(acme, tmp_path):
    write_bill(tmp_path / "bills" / "october.csv", line("1.5"), line("2.25", day=2))
    with tenant(acme.id):
        return create_source(
            organization_id=acme.id,
            key="cloud",
            name="Cloud",
            kind="focus",
            settings={"path": str(tmp_path / "bills")},
            at=NOW,
        )


def test_a_new_bill_comes_in(source):
    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "3.75")]


def test_the_same_bytes_again_change_nothing(source):
    pull(source)

    assert pull(source).state == "unchanged"
    with tenant(source.organization_id):
        assert BillRevision.objects.count() == 1


def test_a_changed_bill_is_a_new_revision_and_the_old_one_is_kept(source, tmp_path):
    pull(source)
    write_bill(tmp_path / "bills" / "october.csv", line("1.5"), line("9"))

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 2, "10.5")]
    with tenant(source.organization_id):
        first = BillRevision.objects.get(number=1)
        assert (lake.organization_folder(source.organization_id) / first.folder / "charges.parquet").is_file()


def test_a_bill_that_goes_back_to_what_it_was_is_a_new_revision(source, tmp_path):
    pull(source)
    write_bill(tmp_path / "bills" / "october.csv", line("9"))
    pull(source)
    write_bill(tmp_path / "bills" / "october.csv", line("1.5"), line("2.25", day=2))

    pull(source)

    assert in_force(source) == [("2026-10", 3, "3.75")]


@pytest.mark.parametrize(
    ("broken", "column"),
    [(line("1,5"), ""), (line("1_000"), "BilledCost"), (line("NaN"), "BilledCost"), (line("1.5") + ",surplus", "")],
)
def test_a_broken_bill_is_rejected_whole_and_the_one_before_stays(source, tmp_path, broken, column):
    pull(source)
    write_bill(tmp_path / "bills" / "october.csv", line("5"), broken)

    run = pull(source)

    assert run.state == "rejected"
    assert in_force(source) == [("2026-10", 1, "3.75")]
    with tenant(source.organization_id):
        finding = Finding.objects.filter(run=run, severity="error").order_by("number").first()
    assert (finding.file, finding.row, finding.column) == ("october.csv", 2, column)


def test_a_file_that_is_not_gzip_although_its_name_says_so_is_rejected(source, tmp_path):
    (tmp_path / "bills" / "october.csv").rename(tmp_path / "bills" / "october.csv.gz")

    run = pull(source)

    assert run.state == "rejected"
    assert "october.csv.gz" in run.error_message


def test_a_damaged_gzip_is_rejected(source, tmp_path):
    (tmp_path / "bills" / "october.csv").unlink()
    packed = bytearray(gzip.compress("\n".join([HEADER, line("1")]).encode()))
    packed[-8] ^= 1
    (tmp_path / "bills" / "october.csv.gz").write_bytes(packed)

    assert pull(source).state == "rejected"
    assert in_force(source) == []


def test_raw_files_are_archived_also_when_they_are_rejected(source, tmp_path):
    write_bill(tmp_path / "bills" / "october.csv", line("nonsense"))

    pull(source)

    archived = [
        path for path in (lake.organization_folder(source.organization_id) / "raw").rglob("*") if path.is_file()
    ]
    assert [path.read_bytes() for path in archived] == [(tmp_path / "bills" / "october.csv").read_bytes()]


def test_an_empty_restatement_of_a_bill_with_charges_is_held_back(source, tmp_path):
    pull(source)
    write_bill(tmp_path / "bills" / "october.csv")

    run = pull(source)

    assert run.state == "rejected"
    assert in_force(source) == [("2026-10", 1, "3.75")]


def test_two_currencies_are_summed_apart(source, tmp_path):
    write_bill(tmp_path / "bills" / "october.csv", line("1"), line("2", currency="EUR"))
    pull(source)

    with tenant(source.organization_id):
        totals = BillRevision.objects.get().totals
    assert {currency: sums["billed_cost"] for currency, sums in totals.items()} == {"USD": "1", "EUR": "2"}


def test_identical_rows_are_kept(source, tmp_path):
    write_bill(tmp_path / "bills" / "october.csv", line("1"), line("1"))
    pull(source)

    assert in_force(source) == [("2026-10", 1, "2")]


def test_a_place_with_nothing_in_it_fails_with_what_to_do(source, tmp_path):
    (tmp_path / "bills" / "october.csv").unlink()

    run = pull(source)

    assert run.state == "failed"
    assert "Check the path" in run.error_message


def test_a_crash_before_publishing_leaves_the_revision_before_and_the_next_pull_completes(
    source, tmp_path, monkeypatch
):
    pull(source)
    write_bill(tmp_path / "bills" / "october.csv", line("9"))

    with monkeypatch.context() as planted:
        planted.setattr(deliveries_module, "save_findings", lambda *a, **k: 1 / 0)
        assert pull(source).state == "failed"
        assert in_force(source) == [("2026-10", 1, "3.75")]

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 2, "9")]


def test_a_failed_attempt_is_tried_again_later_and_given_up_after_three(source, monkeypatch):
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="schedule", at=NOW)
    monkeypatch.setattr("ingestion.services.imports._import", lambda run: 1 / 0)

    states = []
    for _ in range(3):
        with tenant(source.organization_id):
            ImportRun.objects.update(not_before=NOW)
        states.append(run_import(source.organization_id, run_id=run.id).state)

    assert states == ["queued", "queued", "failed"]


def test_what_nobody_foresaw_is_told_in_plain_words_and_the_cause_is_left_to_the_log(source, monkeypatch):
    monkeypatch.setattr("ingestion.services.imports._import", lambda run: {}["settings of the bucket"])

    run = pull(source)

    assert (run.state, run.error_code) == ("failed", "unexpected")
    assert run.error_message.startswith("Something broke off this import that should not have")
    assert run.error_message.endswith("(KeyError)")


def test_a_secret_that_cannot_be_opened_says_what_to_do(source, monkeypatch):
    def sealed(_run):
        raise SealError("A stored secret is damaged. Enter it again.")

    monkeypatch.setattr("ingestion.services.imports._import", sealed)

    run = pull(source)

    assert (run.error_code, run.error_message) == ("sealed", "A stored secret is damaged. Enter it again.")


def test_a_worker_that_dies_each_time_is_given_up_after_three_attempts(source, monkeypatch):
    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="schedule", at=NOW)

    def die(run):
        raise SystemExit

    monkeypatch.setattr("ingestion.services.imports._import", die)
    for _ in range(3):
        with pytest.raises(SystemExit):
            run_import(source.organization_id, run_id=run.id)
        assert queue_due(source.organization_id, at=timezone.now()) == [run.id]

    over = run_import(source.organization_id, run_id=run.id)
    assert over.state == "quarantined"
    assert "tried 3 times" in over.error_message
    assert "took longer than the 3 hours that a job may take" in over.error_message


def test_an_import_without_enough_memory_says_what_to_do(source, monkeypatch, settings):
    settings.WORKER_MEMORY_BYTES = 2048 << 20

    def hungry(_run):
        raise MemoryError

    monkeypatch.setattr("ingestion.services.imports._import", hungry)

    run = pull(source)

    assert (run.state, run.error_code) == ("failed", "out_of_memory")
    assert "needs more than the 2,048 MB a worker may use" in run.error_message
    assert "ITFM_WORKER_MEMORY_MB" in run.error_message


def test_a_source_is_pulled_once_at_a_time(source):
    with tenant(source.organization_id):
        first, is_new = request_import(source, trigger="schedule", at=NOW)
        second, is_second = request_import(source, trigger="person", at=NOW)

    assert (second.id, is_new, is_second) == (first.id, True, False)


def test_a_run_in_other_hands_is_left_alone(source):
    import psycopg
    from django.db import connection

    with tenant(source.organization_id):
        run, _ = request_import(source, trigger="schedule", at=NOW)
    from itfm.core.locks import _key

    with psycopg.connect(connection.get_connection_params()["dbname"] and _dsn(connection)) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_key(("import", source.id))])

        assert run_import(source.organization_id, run_id=run.id).state == "queued"


def _dsn(connection):
    import psycopg

    parameters = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.conninfo.make_conninfo(**{name: parameters[name] for name in names if parameters.get(name)})


def test_a_due_source_is_queued_once_and_then_due_the_next_day(source):
    with tenant(source.organization_id):
        BillSource.objects.update(pull_time="03:00", next_pull_at=NOW)

    first = queue_due(source.organization_id, at=NOW)
    second = queue_due(source.organization_id, at=NOW + timedelta(minutes=1))

    assert len(first) == 1
    assert second == first
    with tenant(source.organization_id):
        assert BillSource.objects.get().next_pull_at == NOW.replace(hour=3) + timedelta(days=1)


def test_a_paused_source_is_not_queued(source):
    with tenant(source.organization_id):
        BillSource.objects.update(pull_time="03:00", next_pull_at=NOW, is_paused=True)

    assert queue_due(source.organization_id, at=NOW) == []


def test_the_lock_of_an_import_is_free_again_when_it_is_over(source):
    pull(source)

    with single("import", source.id) as is_free:
        assert is_free


def test_totals_are_written_without_exponent():
    assert deliveries_module.plain(Decimal("1E-18")) == "0.000000000000000001"
    assert deliveries_module.plain(Decimal("0E-18")) == "0"
    assert deliveries_module.plain(Decimal("1.5000")) == "1.5"
    assert deliveries_module.plain(Decimal("100")) == "100"
