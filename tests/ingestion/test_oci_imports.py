"""Oracle's reports as they come: several a day, late, corrected, in a folder and in a bucket."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from ingestion.amortization import calendar
from ingestion.models import Finding
from ingestion.services import create_source, deliveries
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY, put_objects, s3_service
from tests.fakes.service import Told
from tests.fakes.service import service as api
from tests.ingestion import pulls
from tests.ingestion.normalize.bills import csv_text, gzipped
from tests.ingestion.oci_rows import TENANCY, USAGE_ROW, cost_report, focus_report
from tests.ingestion.pulls import pull

in_force = partial(pulls.in_force, currency="EUR")

OCTOBER = {"start": "2026-10-31T18:00Z", "end": "2026-10-31T19:00Z"}
NOVEMBER = {"start": "2026-11-01T00:00Z", "end": "2026-11-01T01:00Z"}
FOCUS_NOVEMBER = {
    "BillingPeriodStart": "2026-11-01T00:00Z",
    "BillingPeriodEnd": "2026-12-01T00:00Z",
    "ChargePeriodStart": "2026-11-01T00:00Z",
    "ChargePeriodEnd": "2026-11-01T01:00Z",
}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(calendar, "today", lambda: date(2026, 11, 2))


@pytest.fixture
def place(tmp_path):
    return tmp_path / "bills"


@pytest.fixture
def source(acme, place):
    deliver(place, 1, {**OCTOBER, "no": "a", "cost": "1"})
    deliver(place, 2, {**OCTOBER, "no": "b", "cost": "2"}, {**NOVEMBER, "cost": "10"})
    return connect(acme, path=str(place))


def connect(organization, **settings):
    with tenant(organization.id):
        return create_source(
            organization_id=organization.id, key="oci", name="OCI", kind="oci_cost_report", settings=settings, at=NOW
        )


def deliver(place, number, *changes):
    write(place, f"reports/cost-csv/000100000000000{number}.csv.gz", cost_report(*changes))


def write(place, path, text):
    target = place / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzipped(text))


def findings(run):
    with tenant(run.organization_id):
        return list(Finding.objects.filter(run=run).order_by("number"))


def test_all_reports_together_are_the_months_and_again_they_change_nothing(source):
    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "3"), ("2026-11", 1, "10")]
    assert pull(source).state == "unchanged"


def test_the_next_report_restates_the_month_it_has_and_no_other(source, place):
    pull(source)
    deliver(place, 3, {**NOVEMBER, "cost": "20"})

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "3"), ("2026-11", 2, "30")]
    assert pull(source).state == "unchanged"


def test_a_late_correction_restates_the_month_of_what_it_corrects(source, place):
    pull(source)
    correction = {"lineItem/isCorrection": "true", "lineItem/backreferenceNo": "b"}
    deliver(place, 3, {**NOVEMBER, "cost": "20"}, {**OCTOBER, **correction, "cost": "-2"})

    pull(source)

    assert in_force(source) == [("2026-10", 2, "1"), ("2026-11", 2, "30")]


def test_a_month_whose_reports_are_gone_keeps_its_bill(source, place):
    pull(source)
    deliver(place, 3, {**NOVEMBER, "cost": "20"})
    for number in (1, 2):
        (place / f"reports/cost-csv/000100000000000{number}.csv.gz").unlink()

    pull(source)

    assert in_force(source) == [("2026-10", 1, "3"), ("2026-11", 2, "20")]


def test_usage_reports_beside_them_are_left_out_and_told(source, place):
    write(place, "reports/usage-csv/0001.csv.gz", csv_text([USAGE_ROW]))

    run = pull(source)

    assert run.state == "imported"
    assert [finding.message for finding in findings(run)] == [
        "1 usage reports, such as reports/usage-csv/0001.csv.gz, were left out: they carry no cost."
    ]


def test_a_report_that_cannot_be_read_is_named_and_leaves_all_as_it_was(source, place):
    pull(source)
    deliver(place, 3, {**NOVEMBER, "cost": "20"}, {**NOVEMBER, "cost": "much"})

    run = pull(source)

    assert run.state == "rejected"
    assert run.error_message.startswith("reports/cost-csv/0001000000000003.csv.gz, row 2: cost/myCost is 'much'")
    assert in_force(source) == [("2026-10", 1, "3"), ("2026-11", 1, "10")]


def test_focus_reports_are_read_month_by_month(acme, place):
    write(place, "FOCUS Reports/2026/10/05/0001.csv.gz", focus_report({}, {}))
    write(place, "FOCUS Reports/2026/11/01/0002.csv.gz", focus_report(FOCUS_NOVEMBER))
    source = connect(acme, path=str(place))
    pull(source)
    write(place, "FOCUS Reports/2026/11/02/0003.csv.gz", focus_report({**FOCUS_NOVEMBER, "BilledCost": "2"}))

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "2.5"), ("2026-11", 2, "3.25")]


def test_a_focus_report_in_the_folder_of_another_month_is_refused(acme, place):
    write(place, "FOCUS Reports/2026/11/01/0001.csv.gz", focus_report(FOCUS_NOVEMBER))
    write(place, "FOCUS Reports/2026/11/01/0002.csv.gz", focus_report(FOCUS_NOVEMBER, {}))

    run = pull(connect(acme, path=str(place)))

    assert run.state == "rejected"
    assert run.error_message == (
        "FOCUS Reports/2026/11/01/0002.csv.gz, row 2: BillingPeriodStart is '2026-10-01T00:00Z', a month other than"
        " that of the report's folder. Put the reports into one folder without those of the days: they are then read"
        " together."
    )


@pytest.fixture
def service(settings):
    settings.PRIVATE_ENDPOINTS = True
    with s3_service() as url:
        yield url


def bucket(service, **changes):
    keys = {"access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY}
    return {"bucket": TENANCY, "region": "us-east-1", "endpoint_url": service, **keys, **changes}


def put(service, path, text):
    put_objects(service, bucket=TENANCY, objects={path: gzipped(text)})


@pytest.fixture
def fetched(monkeypatch):
    """Return the list of what is fetched, by name."""
    names = []

    def archive(store, file, *, root):
        names.append(file.name)
        return archive_file(store, file, root=root)

    archive_file = deliveries.archive
    monkeypatch.setattr(deliveries, "archive", archive)
    return names


def test_a_bucket_named_by_the_tenancy_is_read_through_an_endpoint_that_speaks_s3(acme, service, fetched):
    put(service, "reports/usage-csv/0001.csv.gz", csv_text([USAGE_ROW]))
    put(service, "reports/cost-csv/0002.csv.gz", cost_report({**OCTOBER, "cost": "1"}, {**NOVEMBER, "cost": "10"}))
    source = connect(acme, **bucket(service))

    assert pull(source).state == "imported"
    put(service, "reports/cost-csv/0003.csv.gz", cost_report({**NOVEMBER, "cost": "20"}))
    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "1"), ("2026-11", 2, "30")]
    assert pull(source).state == "unchanged"
    assert fetched == ["0002.csv.gz", "0003.csv.gz"]


def test_a_report_that_was_written_anew_under_its_name_is_fetched_again(acme, service, fetched):
    put(service, "reports/cost-csv/0001.csv.gz", cost_report({**OCTOBER, "cost": "1"}))
    put(service, "reports/cost-csv/0002.csv.gz", cost_report({**OCTOBER, "cost": "2"}))
    source = connect(acme, **bucket(service))
    pull(source)
    put(service, "reports/cost-csv/0002.csv.gz", cost_report({**OCTOBER, "cost": "5"}))

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 2, "6")]
    assert fetched == ["0001.csv.gz", "0002.csv.gz", "0002.csv.gz"]


def test_a_report_that_the_archive_has_lost_is_fetched_again(acme, service, fetched, lake):
    put(service, "reports/cost-csv/0001.csv.gz", cost_report({**OCTOBER, "cost": "1"}))
    source = connect(acme, **bucket(service))
    pull(source)
    for path in lake.glob("*/raw/*/*"):
        path.unlink()
    put(service, "reports/cost-csv/0002.csv.gz", cost_report({**OCTOBER, "cost": "2"}))

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 2, "3")]
    assert fetched == ["0001.csv.gz", "0001.csv.gz", "0002.csv.gz"]


def test_of_a_bucket_months_that_oracle_deletes_reports_of_are_not_restated(acme, service):
    old = {"start": "2025-11-30T00:00Z", "end": "2025-11-30T01:00Z", "cost": "1"}
    put(service, "reports/cost-csv/0001.csv.gz", cost_report(old, {**NOVEMBER, "cost": "10"}))

    run = pull(connect(acme, **bucket(service, prefix="reports/cost-csv")))

    assert in_force(run.source) == [("2026-11", 1, "10")]
    assert [finding.code for finding in findings(run)] == ["month_left_out"]


def test_a_month_of_focus_reports_that_is_as_it_was_is_not_fetched_again(acme, service, fetched):
    put(service, "FOCUS Reports/2026/10/05/0001.csv.gz", focus_report({}))
    source = connect(acme, **bucket(service, prefix="FOCUS Reports"))
    pull(source)
    put(service, "FOCUS Reports/2026/11/01/0002.csv.gz", focus_report(FOCUS_NOVEMBER))

    assert pull(source).state == "imported"
    assert in_force(source) == [("2026-10", 1, "1.25"), ("2026-11", 1, "1.25")]
    assert fetched == ["0001.csv.gz", "0002.csv.gz"]


def test_a_bucket_that_is_not_there_is_said_in_one_sentence(acme, service):
    put(service, "reports/cost-csv/0001.csv.gz", cost_report({}))

    run = pull(connect(acme, **bucket(service, bucket="another-one")))

    assert run.error_code == "no_such_bucket"
    assert run.error_message.startswith("The bucket another-one could not be read")


@pytest.mark.parametrize(
    ("code", "error", "advice"),
    [
        ("InvalidAccessKeyId", "bad_credentials", "Check the source's access keys."),
        ("AccessDenied", "access_denied", "Permit s3:ListBucket and s3:GetObject"),
    ],
)
def test_a_key_that_the_endpoint_does_not_take_is_told_in_one_sentence(acme, settings, code, error, advice):
    settings.PRIVATE_ENDPOINTS = True
    refusal = f"<Error><Code>{code}</Code><Message>No.</Message></Error>"

    with api(lambda _asked: Told(status=403, body=refusal)) as fake:
        run = pull(connect(acme, **bucket(fake.url)))

    assert (run.state, run.error_code) == ("failed", error)
    assert advice in run.error_message
    assert SECRET_ACCESS_KEY not in run.error_message
    assert fake.asked[0].path == f"/{TENANCY}"
