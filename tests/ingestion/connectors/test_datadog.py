"""What Datadog's charges become, and how its API is asked; amounts worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.connectors.datadog import SERVICE, DatadogSettings, read, states
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.saas.datadog_services import PATTERNS
from tests.fakes.datadog import datadog
from tests.ingestion.normalize.bills import DATADOG_ROW, Bench, csv_text, values

PARTS = ({}, {"charge_type": "on_demand", "cost": "50"}, {"charge_type": "total", "cost": "150"})
OCTOBER = date(2026, 10, 1)


def organization(month: date, *charges: tuple[str, str, float], **changes: Any) -> dict[str, Any]:
    told = [{"product_name": name, "charge_type": kind, "cost": cost} for name, kind, cost in charges]
    own = {name: DATADOG_ROW[name] for name in ("org_name", "public_id", "account_name", "account_public_id", "region")}
    return {**own, "date": f"{month:%Y-%m-%d}T00:00:00Z", "total_cost": 1, "charges": told, **changes}


def settings(url: str, **changes: Any) -> DatadogSettings:
    told = {"endpoint_url": url, "site": "datadoghq.eu", "api_key": "sesame", "application_key": "open", **changes}
    return DatadogSettings.model_validate(told, context=Reach(allows_private=True, attempts=3))


def imported(bench: Bench, *changes: Mapping[str, str]):
    return bench.normalized("datadog", bench.archived(csv_text([{**DATADOG_ROW, **change} for change in changes])))


def test_parts_count_and_their_total_does_not(bench: Bench):
    delivery = imported(bench, *PARTS)

    totals = delivery.bills[0].totals["USD"]
    assert totals.source == totals.billed_cost == totals.effective_cost == totals.list_cost == Decimal(150)
    assert delivery.findings == ()
    assert values(delivery, "x_row_number, billed_cost, charge_frequency, pricing_category, x_state") == [
        (1, Decimal(100), "Recurring", "Committed", "historical"),
        (2, Decimal(50), "Usage-Based", "Standard", "historical"),
    ]
    assert values(delivery, "attribute_set_id", file="attribute_sets") == [(0,), (1,)]


def test_a_total_that_differs_from_its_parts_is_told(bench: Bench):
    delivery = imported(bench, *PARTS[:2], {"charge_type": "total", "cost": "150.5"})

    assert delivery.bills[0].totals["USD"].billed_cost == Decimal(150)
    (finding,) = delivery.findings
    assert (finding.code, finding.severity) == ("total_differs", "warning")
    assert finding.message == (
        "bill.csv: the charges of infra_host of Shop in 2026-10 add up to 150, though their total is told as 150.5."
        " The charges were counted."
    )


def test_a_total_without_parts_counts_itself(bench: Bench):
    apm = {"product_name": "apm_host"}

    delivery = imported(bench, *PARTS, {**apm, "charge_type": "total", "cost": "7"})

    assert delivery.bills[0].totals["USD"].source == Decimal(157)
    assert values(delivery, "service_name, billed_cost, pricing_category") == [
        ("Infrastructure Monitoring", Decimal(100), "Committed"),
        ("Infrastructure Monitoring", Decimal(50), "Standard"),
        ("APM", Decimal(7), None),
    ]


def test_a_total_belongs_to_its_own_organization_and_month(bench: Bench):
    # The total of organization 2 has no parts there, nor has that of September: both count.
    other = {"charge_type": "total", "cost": "9"}

    delivery = imported(bench, *PARTS, {**other, "public_id": "org-2"}, {**other, "date": "2026-09-01"})

    assert [bill.totals["USD"].billed_cost for bill in delivery.bills] == [Decimal(9), Decimal(159)]


def test_a_charge_that_stands_twice_is_told(bench: Bench):
    delivery = imported(bench, {}, {})

    assert [finding.code for finding in delivery.findings] == ["charge_twice"]
    assert delivery.bills[0].totals["USD"].billed_cost == Decimal(200)


def test_accounts_places_and_periods_are_kept(bench: Bench):
    delivery = imported(bench, {})

    assert values(
        delivery, "billing_account_id, billing_account_name, sub_account_id, sub_account_name, region_id"
    ) == [("acc-1", "Acme", "org-1", "Shop", "us")]
    assert values(delivery, "charge_period_start, charge_period_end, charge_description, x_charge_type") == [
        (datetime(2026, 10, 1), datetime(2026, 11, 1), "infra_host, committed", "committed")
    ]


def test_products_are_known_by_patterns_and_all_others_are_observability(bench: Bench):
    names = ("logs_indexed_15day", "cspm_host", "ci_pipeline", "moon_probe", "apm_trace_search")

    delivery = imported(bench, *({"product_name": name} for name in names))

    assert values(delivery, "service_name, service_category, service_subcategory") == [
        ("Log Management", "Management and Governance", "Observability"),
        ("Cloud Security", "Security", "Security Posture Management"),
        ("CI Visibility", "Developer Tools", "Continuous Integration and Deployment"),
        ("moon_probe", "Management and Governance", "Observability"),
        ("APM", "Management and Governance", "Observability"),
    ]


def test_every_category_is_one_of_focus():
    assert all(service.subcategory in SUBCATEGORIES[service.category] for _, service in PATTERNS.services)
    assert PATTERNS.subcategory in SUBCATEGORIES[PATTERNS.category]


def test_a_month_of_the_api_is_a_bill(bench: Bench):
    charges = (("infra_host", "committed", 0.1), ("infra_host", "on_demand", 0.2), ("infra_host", "total", 0.3))
    month, neighbor = organization(OCTOBER, *charges), organization(date(2026, 9, 1), *charges)
    with (
        datadog(historical={"2026-10": [month, neighbor]}, estimated={}) as fake,
        SERVICE.open(settings(fake.url)).open("2026-10.csv") as stream,
    ):
        content = stream.read()

    delivery = bench.normalized("datadog", bench.archived(content))
    assert [bill.totals["USD"].source for bill in delivery.bills] == [Decimal("0.3")]
    assert delivery.findings == ()


def test_the_present_month_is_an_estimate_and_the_last_one_until_it_is_settled():
    today = datetime.now(UTC).date()
    present, last = today.replace(day=1), (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    months = {f"{month:%Y-%m}": [organization(month, ("apm_host", "on_demand", 3))] for month in (present, last)}
    with datadog(historical={}, estimated=months) as fake:
        found = [list(read(settings(fake.url), month)) for month in (present, last)]

    assert [[record["state"] for record in records] for records in found] == [["estimated"], ["estimated"]]
    assert [asked.path.rsplit("/", 1)[1] for asked in fake.asked] == [
        "estimated_cost",
        "historical_cost",
        "estimated_cost",
    ]


def test_which_costs_there_may_be():
    today = date(2026, 3, 18)

    assert states(date(2026, 3, 1), today=today) == ("estimated",)
    assert states(date(2026, 2, 1), today=today) == ("historical", "estimated")
    assert states(date(2026, 1, 1), today=today) == ("historical",)


def test_a_restated_month_takes_the_place_of_the_estimate(bench: Bench):
    estimate = imported(bench, {"state": "estimated", "cost": "90"})
    restated = imported(bench, *PARTS)

    assert [each.bills[0].billing_period for each in (estimate, restated)] == [OCTOBER, OCTOBER]
    assert restated.bills[0].totals["USD"].billed_cost == Decimal(150)


def test_the_same_files_give_the_same_bytes(bench: Bench):
    file = bench.archived(csv_text([{**DATADOG_ROW, **change} for change in PARTS]))

    first, second = (bench.normalized("datadog", file).bills[0].folder for _ in range(2))

    for name in ("charges", "attribute_sets", "daily"):
        assert (first / f"{name}.parquet").read_bytes() == (second / f"{name}.parquet").read_bytes()


def test_a_busy_service_is_asked_again():
    month = organization(OCTOBER, ("apm_host", "on_demand", 3))
    with datadog(historical={"2026-10": [month]}, estimated={}, busy=2) as fake:
        assert len(list(read(settings(fake.url), OCTOBER))) == 1
    assert len(fake.asked) == 3


def test_a_bad_key_is_told_in_one_sentence():
    with datadog(historical={}, estimated={}) as fake, pytest.raises(DeliveryError) as refused:
        SERVICE.discover(settings(fake.url, application_key="guessed"))

    assert refused.value.code == "access_denied"
    assert str(refused.value).startswith("Datadog answered 403 (Forbidden).")
    assert "guessed" not in str(refused.value)


def test_an_answer_of_another_shape_is_refused():
    month = {**organization(OCTOBER), "charges": None}
    with datadog(historical={"2026-10": [month]}, estimated={}) as fake, pytest.raises(DeliveryError, match="charges"):
        list(read(settings(fake.url), OCTOBER))


@pytest.mark.parametrize("title", ["date", "org_name", "public_id", "product_name", "charge_type", "cost"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized(
            "datadog", bench.archived(csv_text([{name: text for name, text in DATADOG_ROW.items() if name != title}]))
        )

    assert [finding.column for finding in refused.value.findings] == [title]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"date": "October"}, "not_a_moment", "date"),
        ({"cost": "1,5"}, "not_a_number", "cost"),
        ({"cost": ""}, "value_missing", "cost"),
        ({"account_public_id": "", "public_id": ""}, "account_missing", "public_id"),
    ],
)
def test_what_is_wrong_is_told_at_its_row(bench: Bench, changes, code, column):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, {}, {"charge_type": "on_demand", **changes})

    finding = refused.value.findings[0]
    assert (finding.code, finding.row, finding.column) == (code, 2, column)


def test_a_row_of_another_width_is_told(bench: Bench):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("datadog", bench.archived(csv_text([DATADOG_ROW]) + "a,b\n"))

    assert (refused.value.code, refused.value.findings[0].row) == ("row_width", 2)


def test_keys_go_to_the_site_that_is_named():
    assert settings("https://proxy.example").base == "https://api.datadoghq.eu"
    with pytest.raises(ValidationError, match="us3.datadoghq.com"):
        settings("https://proxy.example", site="datadoghq.com.evil.example")
