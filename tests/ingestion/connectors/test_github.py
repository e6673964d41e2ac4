"""What GitHub's usage becomes, and how its API is asked; amounts worked by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.connectors.github import COLUMNS, KIND, SERVICE, GithubSettings, read
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.saas.github_services import SERVICES
from tests.fakes.github import TOKEN, github
from tests.ingestion.normalize.bills import Bench, csv_text, values

ITEM: dict[str, Any] = {
    "date": "2026-10-05T00:00:00Z",
    "product": "actions",
    "sku": "Actions Linux",
    "quantity": 100,
    "unitType": "Minutes",
    "pricePerUnit": 0.008,
    "grossAmount": 0.8,
    "discountAmount": 0.3,
    "netAmount": 0.5,
    "organizationName": "acme",
    "repositoryName": "acme/shop",
}
COPILOT: dict[str, Any] = {
    **ITEM,
    "product": "copilot",
    "sku": "Copilot Business",
    "quantity": 0.6129032258064516,
    "unitType": "UserMonths",
    "pricePerUnit": 19,
    "grossAmount": 11.64516129032258,
    "discountAmount": 0,
    "netAmount": 11.64516129032258,
    "repositoryName": "",
}
OCTOBER = date(2026, 10, 1)


def settings(url: str, **changes: Any) -> GithubSettings:
    told = {"endpoint_url": url, "organization": "acme", "access_token": TOKEN, **changes}
    return GithubSettings.model_validate(told, context=Reach(allows_private=True, attempts=3))


def row(**changes: str) -> dict[str, str]:
    plain = {name: str(ITEM.get(name, "")) for name in COLUMNS}
    return {**plain, "billingAccount": "acme", **changes}


def imported(bench: Bench, *rows: Mapping[str, str]):
    return bench.normalized("github", bench.archived(csv_text(rows)))


def test_a_month_of_the_api_is_a_bill_to_the_last_digit(bench: Bench):
    with github({"2026-10": [ITEM, COPILOT]}) as fake, SERVICE.open(settings(fake.url)).open("2026-10.csv") as stream:
        content = stream.read()

    assert [(asked.one("year"), asked.one("month")) for asked in fake.asked] == [("2026", "10")]
    delivery = bench.normalized("github", bench.archived(content, name="2026-10.csv"))
    (bill,) = delivery.bills
    # 0.5 + 11.64516129032258
    assert bill.totals["USD"].source == bill.totals["USD"].billed_cost == Decimal("12.14516129032258")
    assert bill.totals["USD"].list_cost == Decimal("12.44516129032258")
    assert delivery.findings == ()


def test_what_is_billed_is_net_and_the_list_price_is_gross(bench: Bench):
    delivery = imported(bench, row())

    costs = "billed_cost, effective_cost, contracted_cost, list_cost, billing_currency"
    assert values(delivery, costs) == [(Decimal("0.5"), Decimal("0.5"), Decimal("0.8"), Decimal("0.8"), "USD")]
    quantities = "pricing_quantity, pricing_unit, consumed_quantity, consumed_unit, list_unit_price, x_discount_amount"
    assert values(delivery, quantities) == [(Decimal(100), "Minutes", Decimal(100), "Minutes", Decimal("0.008"), "0.3")]
    assert values(delivery, "billing_account_id, sub_account_id, sub_account_type, resource_id, resource_type") == [
        ("acme", "acme", "Organization", "acme/shop", "Repository")
    ]


def test_a_day_lasts_until_the_next_and_a_month_until_the_first(bench: Bench):
    delivery = imported(bench, row(), row(date="2026-10-31"))

    periods = "charge_period_start, charge_period_end, billing_period_start, billing_period_end"
    month = (datetime(2026, 10, 1), datetime(2026, 11, 1))
    assert values(delivery, periods) == [
        (datetime(2026, 10, 5), datetime(2026, 10, 6), *month),
        (datetime(2026, 10, 31), datetime(2026, 11, 1), *month),
    ]


def test_copilot_is_artificial_intelligence_and_products_are_known_in_any_spelling(bench: Bench):
    delivery = imported(
        bench,
        row(product="copilot", repositoryName=""),
        row(product="Git LFS"),
        row(product="Actions"),
        row(product="moon"),
    )

    assert values(delivery, "service_name, service_category, service_subcategory, resource_type") == [
        ("GitHub Copilot", "AI and Machine Learning", "Generative AI", None),
        ("Git Large File Storage", "Developer Tools", "Source Code Management", "Repository"),
        ("GitHub Actions", "Developer Tools", "Continuous Integration and Deployment", "Repository"),
        ("moon", "Other", "Other (Other)", "Repository"),
    ]
    (finding,) = delivery.findings
    assert (finding.code, finding.row) == ("service_unknown", 4)


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_every_service_has_a_category_of_focus(service):
    assert service.subcategory in SUBCATEGORIES[service.category]


def test_an_enterprise_is_asked_for_each_of_its_cost_centers_too(bench: Bench):
    mine = {**ITEM, "netAmount": 2}
    with github({"2026-10": [ITEM]}, centers={"cc-7": [mine]}) as fake:
        enterprise = settings(fake.url, organization=None, enterprise="north")
        with SERVICE.open(enterprise).open("2026-10.csv") as stream:
            content = stream.read()

    delivery = bench.normalized("github", bench.archived(content))
    assert [asked.one("cost_center_id") for asked in fake.asked] == [None, None, "cc-7"]
    found = values(delivery, "billing_account_id, sub_account_id, billed_cost, tags")
    assert [line[:3] for line in found] == [("north", "acme", Decimal("0.5")), ("north", "acme", Decimal(2))]
    assert [json.loads(str(line[3])) if line[3] else None for line in found] == [None, {"cost_center": "Center cc-7"}]


def test_the_usage_report_of_the_website_is_the_same_bill(bench: Bench):
    names = {
        "unitType": "unit_type",
        "pricePerUnit": "applied_cost_per_quantity",
        "grossAmount": "gross_amount",
        "discountAmount": "discount_amount",
        "netAmount": "net_amount",
        "organizationName": "organization",
        "repositoryName": "repository",
    }
    report = {names.get(name, name): str(value) for name, value in ITEM.items()}

    columns = "billing_account_id, sub_account_id, billed_cost, list_cost, list_unit_price, resource_id, resource_type"
    assert values(imported(bench, report), columns) == values(imported(bench, row()), columns)


def test_the_same_files_give_the_same_bytes(bench: Bench):
    file = bench.archived(csv_text([row(), row(netAmount="7")]))

    first, second = (bench.normalized("github", file).bills[0].folder for _ in range(2))

    for name in ("charges", "attribute_sets", "daily"):
        assert (first / f"{name}.parquet").read_bytes() == (second / f"{name}.parquet").read_bytes()


def test_a_busy_service_is_asked_again(bench: Bench):
    with github({"2026-10": [ITEM]}, busy=2) as fake:
        assert len(list(read(settings(fake.url), OCTOBER))) == 1
    assert len(fake.asked) == 3


def test_a_bad_token_is_told_in_one_sentence():
    with github({}) as fake, pytest.raises(DeliveryError) as refused:
        SERVICE.discover(settings(fake.url, access_token="ghp_guessed"))

    assert refused.value.code == "bad_credentials"
    assert str(refused.value) == (
        "GitHub answered 401 (Bad credentials). Check the source's key: it may have been revoked or mistyped."
    )


def test_an_answer_of_another_shape_is_refused():
    with (
        github({"2026-10": ["many"]}) as fake,
        pytest.raises(DeliveryError, match="GitHub answered without usageItems"),
    ):  # type: ignore[list-item]
        list(read(settings(fake.url), OCTOBER))


@pytest.mark.parametrize("title", ["date", "product", "grossAmount", "netAmount"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, {name: value for name, value in row().items() if name != title})

    assert len(refused.value.findings) == 1
    assert str(refused.value) == (
        f"bill.csv has no column {title}. Is it usage of GitHub's billing API, or its usage report?"
        " Deliver it with this column."
    )


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"date": "October"}, "not_a_moment", "date"),
        ({"date": "10/05/2026"}, "not_a_moment", "date"),
        ({"netAmount": "1,5"}, "not_a_number", "netAmount"),
        ({"netAmount": ""}, "value_missing", "netAmount"),
        ({"billingAccount": "", "organizationName": ""}, "account_missing", "organizationName"),
    ],
)
def test_what_is_wrong_is_told_at_its_row(bench: Bench, changes, code, column):
    with pytest.raises(RejectedBillError) as refused:
        imported(bench, row(), row(**changes))

    finding = refused.value.findings[0]
    assert (finding.code, finding.row, finding.column) == (code, 2, column)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "Give a folder, or Access token"),
        ({"access_token": "t"}, "Name an organization or an enterprise"),
        ({"access_token": "t", "organization": "a", "enterprise": "b"}, "and not both"),
        ({"access_token": "t", "organization": "acme/../x"}, "String should match"),
    ],
)
def test_settings_that_name_no_account_are_refused(told, words):
    with pytest.raises(ValidationError, match=words):
        GithubSettings.model_validate(told)


def test_a_folder_needs_nothing_else():
    assert KIND.params.model_validate({"path": "bills"}).path
