"""Cost Management without exports: what is asked, what is waited for, and what becomes of the answers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.azure import patience
from ingestion.azure.cost_management import CostManagementSettings, spent_so_far
from ingestion.azure.cost_reports import NO_CHARGES, ReportStore
from ingestion.connectors import azure_api
from ingestion.delivery import ArchivedFile, DeliveryError, archive
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from tests.fakes.cost_management import QPU, SCOPE, CostManagement, azure, busy, refused
from tests.fakes.entra import PRINCIPAL
from tests.fakes.service import FakeService, Told
from tests.ingestion.normalize.bills import Bench, azure_rows, csv_text

pytestmark = pytest.mark.usefixtures("trusted")

TODAY = date(2026, 11, 2)
OCTOBER = date(2026, 10, 1)
RESERVATION = {"PricingModel": "Reservation", "benefitId": "/providers/Microsoft.Capacity/reservationOrders/1"}
ACTUAL = azure_rows({"cost": "2.64"}, {"type": "Purchase", "cost": "3.25", **RESERVATION})
AMORTIZED = azure_rows({"cost": "2.64"}, {"cost": "1.20", **RESERVATION}, {"type": "UnusedReservation", "cost": "2.05"})


def csv(rows: list[dict[str, str]]) -> bytes:
    return csv_text(rows).encode()


@pytest.fixture
def fake() -> CostManagement:
    return CostManagement(
        reports={
            ("2026-10", "ActualCost"): (csv(ACTUAL),),
            ("2026-10", "AmortizedCost"): (csv(AMORTIZED[:1]), csv(AMORTIZED[1:])),
        },
        spent=(("0.1000000000000000055", 20261101, "USD"), ("1234.5", 20261102, "USD"), ("7", 20261101, "EUR")),
    )


@pytest.fixture
def running(fake, own_certificate) -> Iterator[FakeService]:
    with azure(fake, own_certificate) as service:
        yield service


def settings(url: str, *, reach: Reach | None = None, **changes: Any) -> CostManagementSettings:
    told = {"scope": SCOPE, "endpoint_url": url, "authority_url": url, "first_month": "2026-10", **PRINCIPAL}
    return CostManagementSettings.model_validate(
        told | changes, context=reach or Reach(allows_private=True, attempts=2)
    )


def store(url: str, **changes: Any) -> ReportStore:
    return ReportStore(settings(url, **changes), TODAY)


def read(url: str, path: str, **changes: Any) -> str:
    with store(url, **changes).open(path) as stream:
        return stream.read().decode()


@contextmanager
def refusing() -> Iterator[Any]:
    with pytest.raises(DeliveryError) as refused_:
        yield refused_
    assert "\n" not in str(refused_.value)
    assert PRINCIPAL["client_secret"] not in str(refused_.value)


def test_a_month_is_asked_for_polled_and_fetched(fake, running):
    fake.looks = 2

    content = read(running.url, "2026-10/ActualCost.csv")

    assert content == csv_text(ACTUAL)
    assert fake.bodies == [{"metric": "ActualCost", "timePeriod": {"start": "2026-10-01", "end": "2026-10-31"}}]
    looked = [asked.path for asked in running.asked if "costDetailsOperationResults" in asked.path]
    assert len(looked) == 3


def test_the_present_month_is_asked_for_up_to_today(fake, running):
    read(running.url, "2026-11/AmortizedCost.csv")

    assert fake.bodies == [{"metric": "AmortizedCost", "timePeriod": {"start": "2026-11-01", "end": "2026-11-02"}}]


def test_the_parts_of_a_report_are_one_file_with_the_titles_once(running):
    assert read(running.url, "2026-10/AmortizedCost.csv") == csv_text(AMORTIZED)


def test_a_part_that_ends_within_its_line_or_is_packed_or_begins_with_a_mark_is_joined_all_the_same(fake, running):
    first, second, third = (csv(AMORTIZED[number : number + 1]) for number in range(3))
    fake.reports = {
        ("2026-10", "AmortizedCost"): (b"\xef\xbb\xbf" + first.rstrip(), gzip.compress(second), b"\xef\xbb\xbf" + third)
    }

    assert read(running.url, "2026-10/AmortizedCost.csv") == "\ufeff" + csv_text(AMORTIZED)


def test_a_part_with_other_columns_is_refused(fake, running):
    fake.reports = {("2026-10", "ActualCost"): (csv(ACTUAL), b"Date,Cost\n2026-10-01,1\n")}

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "answer_unreadable"
    assert "2026-10/ActualCost.csv, part 2 of 2 has other columns" in str(found.value)


def test_a_damaged_part_is_refused(fake, running):
    fake.reports = {("2026-10", "ActualCost"): (gzip.compress(csv(ACTUAL))[:-9],)}

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert "part 1 of 1 is damaged" in str(found.value)


@pytest.mark.parametrize(
    "operation",
    [
        {"status": "NoDataFound"},
        {"status": "Completed"},
        {"status": "Completed", "manifest": {"blobCount": 0, "blobs": []}},
    ],
)
def test_a_month_without_charges_is_a_file_of_titles(fake, running, operation):
    fake.operation = operation

    assert read(running.url, "2026-10/ActualCost.csv").encode() == NO_CHARGES


def test_a_report_that_is_answered_with_no_content_is_one_without_charges(fake, running):
    fake.faults["report"] = [Told(204, "")]

    assert read(running.url, "2026-10/ActualCost.csv").encode() == NO_CHARGES


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        (
            {"status": "Failed", "error": {"code": "TooLarge", "message": "Too much."}},
            "report_failed",
            "Azure could not make the report of 2026-10 (ActualCost) (TooLarge: Too much). It is asked for again",
        ),
        ({"status": "Failed"}, "report_failed", "no reason is told"),
        ({"status": "Lost"}, "answer_unreadable", "that it is lost"),
    ],
)
def test_a_report_that_is_not_made_is_said_so(fake, running, operation, code, words):
    fake.operation = operation

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == code
    assert words in str(found.value)


def test_a_report_that_is_never_made_is_left_to_the_next_pull(fake, running, monkeypatch):
    fake.looks = 1_000_000
    monkeypatch.setattr(patience, "LONGEST_REPORT", 0.2)

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "not_ready"
    assert "next pull" in str(found.value)


@pytest.mark.parametrize("kind", ["query", "report", "poll"])
@pytest.mark.parametrize("header", ["Retry-After", QPU])
def test_a_busy_service_is_asked_again_after_the_time_it_names(fake, running, monkeypatch, kind, header):
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    fake.faults[kind] = [busy(7, header=header)]

    if kind == "query":
        assert spent_so_far(settings(running.url))
    else:
        assert read(running.url, "2026-10/ActualCost.csv") == csv_text(ACTUAL)

    assert waited.count(7) == 1


@pytest.mark.parametrize("kind", ["query", "report", "poll"])
@pytest.mark.parametrize("answer", [busy(600), busy(600, header=QPU)])
def test_a_service_that_asks_for_more_patience_than_an_import_has_is_left_to_the_next_pull(
    fake, running, monkeypatch, kind, answer
):
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    fake.faults[kind] = [answer]

    with refusing() as found:
        spent_so_far(settings(running.url)) if kind == "query" else read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "throttled"
    assert "asked again later" in str(found.value)
    assert 600 not in waited


def test_a_service_that_stays_busy_is_asked_as_often_as_an_import_may(fake, running):
    fake.faults["query"] = [busy(0), busy(0), busy(0)]

    with refusing() as found:
        spent_so_far(settings(running.url))

    assert found.value.code == "throttled"
    assert len(fake.faults["query"]) == 1


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (refused(401, "InvalidAuthenticationToken", "Expired."), "bad_credentials", "(InvalidAuthenticationToken: Exp"),
        (refused(401, "RBACAccessDenied", "No role."), "access_denied", "Cost Management Reader"),
        (refused(403, "AuthorizationFailed", "No role."), "access_denied", f"answered 403 for {SCOPE}"),
        (refused(404, "SubscriptionNotFound", "Unknown."), "not_found", "Check the scope."),
        (refused(400, "BadRequest", "Invalid\n scope."), "refused", "(BadRequest: Invalid scope)"),
        (Told(404, "<html>"), "not_found", f"answered 404 for {SCOPE}. Check the scope."),
        (Told(302, "", {"Location": "https://elsewhere.example/"}), "redirected", "if you trust it"),
        (Told(500, {}, {"Retry-After": "0"}), "unreachable", "The fault is on its side"),
    ],
)
@pytest.mark.parametrize("kind", ["query", "report"])
def test_what_is_wrong_is_said_in_one_sentence(fake, running, kind, answer, code, words):
    fake.faults[kind] = [answer, answer]

    with refusing() as found:
        spent_so_far(settings(running.url)) if kind == "query" else read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == code
    assert words in str(found.value)


def test_an_unknown_scope_is_said_so(running):
    with refusing() as found:
        azure_api.discover(settings(running.url, scope="/providers/Microsoft.Billing/billingAccounts/404"))

    assert found.value.code == "not_found"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "wrong"}, "(AADSTS7000215). The client secret is wrong"),
        ({"client_id": "other"}, "(AADSTS700016)"),
        ({"tenant_id": "other.example"}, "There is no such tenant"),
    ],
)
def test_a_principal_that_may_not_sign_in_is_told_why(running, changes, words):
    with refusing() as found:
        azure_api.discover(settings(running.url, **changes))

    assert found.value.code == "bad_credentials"
    assert words in str(found.value)


def test_a_part_that_fails_once_is_read_again(fake, running):
    fake.faults["blob"] = [Told(503, "", {"x-ms-error-code": "ServerBusy"})]

    assert read(running.url, "2026-10/ActualCost.csv") == csv_text(ACTUAL)


def test_a_part_of_another_length_than_was_told_is_not_taken(fake, running):
    link = f"{running.url}/blobs/2026-10-ActualCost/part_0.csv?sig=s"
    blobs = [{"blobLink": link, "byteCount": len(csv(ACTUAL)) + 1}]
    fake.operation = {"status": "Completed", "manifest": {"blobs": blobs}}

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "changed"


def test_a_part_that_may_not_be_read_any_more_is_said_so(fake, running):
    fake.links = {"2026-10-ActualCost": f"{running.url}/blobs/2026-10-ActualCost/part_0.csv?sig=expired"}

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "unreachable"
    assert "part 1 of 1 could not be read (Azure answered 403)" in str(found.value)
    assert "expired" not in str(found.value)


def test_a_part_without_a_secure_address_is_not_read(fake, running):
    fake.links = {"2026-10-ActualCost": "http://127.0.0.1:9/part_0.csv?sig=s"}

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "answer_unreadable"


def test_a_report_to_be_looked_for_elsewhere_gets_no_token(fake, running):
    elsewhere = {"Location": "https://elsewhere.example/operations/1", "Retry-After": "0"}
    fake.faults["report"] = [Told(202, "", elsewhere)]

    with refusing() as found:
        read(running.url, "2026-10/ActualCost.csv")

    assert found.value.code == "redirected"
    assert "elsewhere.example" in str(found.value)


def test_the_test_of_a_connection_says_what_the_scope_cost(running):
    told = spent_so_far(settings(running.url))

    assert told == (
        f"{SCOPE} has cost 7.00 EUR and 1,234.60 USD this month so far, as told for the days up to 2026-11-02."
    )


@pytest.mark.parametrize("answer", [Told(204, ""), Told(200, {"properties": {"columns": [], "rows": []}})])
def test_a_scope_without_costs_is_one_too(fake, running, answer):
    fake.faults["query"] = [answer]

    assert spent_so_far(settings(running.url)) == f"{SCOPE} has no costs this month so far."


@pytest.mark.parametrize(
    "answer",
    [
        Told(200, "[1]"),
        Told(200, {}),
        Told(200, {"properties": {"columns": [{"name": "Cost"}], "rows": [[1]]}}),
        Told(200, {"properties": {"columns": [{"name": "Cost"}], "rows": [[1, 2]]}}),
    ],
)
def test_an_answer_of_something_else_is_said_so(fake, running, answer):
    fake.faults["query"] = [answer]

    with refusing() as found:
        spent_so_far(settings(running.url))

    assert found.value.code == "answer_unreadable"


def test_discovering_asks_once_and_lets_no_report_be_made(fake, running):
    this_month = f"{datetime.now(UTC):%Y-%m}"

    (delivery,) = azure_api.discover(settings(running.url, first_month=this_month))

    assert [file.path for file in delivery.files] == [f"{this_month}/ActualCost.csv", f"{this_month}/AmortizedCost.csv"]
    assert [file.dataset for file in delivery.files] == ["actual", "amortized"]
    assert delivery.is_asked_for
    assert [note.code for note in delivery.notes] == ["scope_seen"]
    assert fake.bodies == []


def test_months_go_back_as_far_as_reports_and_old_ones_are_settled():
    place = ReportStore(settings("https://azure.example", first_month="2024-01"), date(2026, 3, 18))

    months = place.months()
    (note,) = place.left_out()

    assert (months[0], months[-1], len(months)) == (date(2025, 3, 1), date(2026, 3, 1), 13)
    assert "2024-01 and others before 2025-03 are not read" in note.message
    versions = {file.path[:7]: file.version for file in place.files()}
    assert [versions[name] for name in ("2025-03", "2026-01", "2026-02", "2026-03")] == ["settled", "settled", "", ""]


def test_one_of_the_costs_may_be_read_alone(running):
    place = store(running.url, costs="amortized")

    assert [file.path for file in place.files()] == ["2026-10/AmortizedCost.csv", "2026-11/AmortizedCost.csv"]
    assert place.left_out() == ()


def delivered(running: FakeService, bench: Bench) -> list[ArchivedFile]:
    place = store(running.url)
    return [archive(place, file, root=bench.folder) for file in place.files_of(OCTOBER)]


def test_both_reports_of_a_month_are_one_bill_and_the_same_twice(running, bench):
    first = bench.normalized("azure_api", *delivered(running, bench))
    second = bench.normalized("azure_api", *delivered(running, bench))

    (october,), (again,) = first.bills, second.bills
    totals = october.totals["USD"]
    assert october.billing_period == OCTOBER
    assert (totals.billed_cost, totals.effective_cost) == (Decimal("5.89"), Decimal("5.89"))
    assert [finding.code for finding in first.findings] == ["told_twice"]
    assert [path.read_bytes() for path in sorted(october.folder.iterdir())] == [
        path.read_bytes() for path in sorted(again.folder.iterdir())
    ]


def test_a_charge_of_another_month_is_refused(fake, running, bench):
    other = azure_rows({"cost": "1", "BillingPeriodStartDate": "11/01/2026", "BillingPeriodEndDate": "11/30/2026"})
    fake.reports = {("2026-10", "ActualCost"): (csv([*ACTUAL, *other]),)}

    with pytest.raises(RejectedBillError, match="not in the month asked for") as rejected:
        bench.normalized("azure_api", *delivered(running, bench))

    assert (rejected.value.code, rejected.value.findings[0].row) == ("other_period", 3)


def test_a_report_without_a_column_is_one_clear_error(fake, running, bench):
    fake.reports = {
        ("2026-10", metric): (csv([{name: row[name] for name in row if name != "ChargeType"} for row in ACTUAL]),)
        for metric in ("ActualCost", "AmortizedCost")
    }

    with pytest.raises(RejectedBillError, match="has no column ChargeType") as rejected:
        bench.normalized("azure_api", *delivered(running, bench))

    assert rejected.value.code == "column_missing"


def test_a_folder_of_exports_is_read_by_this_kind_too(tmp_path):
    (tmp_path / "EA_ActualCost.csv").write_bytes(csv(ACTUAL))
    folder = CostManagementSettings(path=tmp_path)

    (delivery,) = azure_api.discover(folder)
    with azure_api.open_reports(folder).open(delivery.files[0].path) as stream:
        content = stream.read()

    assert content == csv(ACTUAL)


@pytest.mark.parametrize("field", ["endpoint_url", "authority_url"])
@pytest.mark.parametrize("host", ["127.0.0.1:10000", "[::1]", "169.254.169.254", "10.1.2.3"])
def test_an_address_in_a_private_network_is_never_asked(field, host):
    public = {"endpoint_url": "https://93.184.216.34", "authority_url": "https://93.184.216.34"}
    private = settings("", reach=Reach(attempts=1), **{**public, field: f"https://{host}"})

    with pytest.raises(DeliveryError) as found:
        azure_api.discover(private)

    assert found.value.code == "private_address"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": None}, "Scope"),
        ({"client_secret": None}, "Client secret"),
        ({"client_secret": None, "path": "/bills"}, "give all three"),
        ({"scope": "/subscriptions/1"}, "A scope is"),
        ({"scope": "subscriptions/6f1c2b1e-7a34-4d55-9c1e-000000000003"}, "A scope is"),
        ({"scope": "/subscriptions/6f1c2b1e-7a34-4d55-9c1e-000000000003/resourceGroups/a"}, "A scope is"),
        ({"scope": "/providers/Microsoft.Management/managementGroups/a"}, "A scope is"),
        ({"scope": f"{SCOPE}/../../x"}, "A scope is"),
        ({"scope": f"{SCOPE}?x=1"}, "A scope is"),
        ({"endpoint_url": "http://management.example"}, "begins with https://"),
        ({"authority_url": "http://login.example"}, "begins with https://"),
        ({"costs": "all"}, "actual and amortized"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        settings("https://azure.example", **changes)


@pytest.mark.parametrize(
    "scope",
    [
        "/subscriptions/6f1c2b1e-7a34-4d55-9c1e-000000000003",
        "/providers/Microsoft.Billing/billingAccounts/8611537",
        "/providers/Microsoft.Billing/billingAccounts/9a1:b2_2019-05-31/billingProfiles/PBFV-XXXX",
        "/providers/Microsoft.Billing/billingAccounts/9a1:b2_2019-05-31/billingProfiles/PBFV/invoiceSections/1",
        "/providers/Microsoft.Billing/billingAccounts/8611537/departments/12",
    ],
)
def test_scopes_that_reports_are_made_of(scope):
    assert settings("https://azure.example", scope=scope).scope == scope
