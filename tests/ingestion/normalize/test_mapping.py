"""An organization's own services: what has no category is given one, and money is never touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingestion.focus.mapped_services import MappedService
from tests.ingestion.normalize.bills import Bench, csv_text, focus_rows, values

SERVICE = "service_name, service_category, service_subcategory"
FLEET = MappedService(
    provider="Amazon Web Services, Inc.",
    called="AmazonBrandNew",
    name="Robot Fleet",
    category="Internet of Things",
    subcategory="IoT Platforms",
)
SHOP = replace(FLEET, provider="", called="Shop", name="Web Shop", category="Web", subcategory="Application Platforms")


def codes(delivery) -> list[str]:
    return [finding.code for finding in delivery.findings]


def test_a_service_nobody_knows_becomes_what_the_organization_says_it_is(bench: Bench):
    rows = ({"lineItem/ProductCode": "AmazonBrandNew", "cost": "0.30"}, {"lineItem/ProductCode": "AmazonNewer"}, {})
    plain = bench.aws(*rows)
    bench.mapped_services = (FLEET, SHOP)

    delivery = bench.aws(*rows)

    assert values(delivery, SERVICE + ", x_service_code") == [
        ("Robot Fleet", "Internet of Things", "IoT Platforms", "AmazonBrandNew"),
        ("AmazonNewer", "Other", "Other (Other)", "AmazonNewer"),
        ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "AmazonEC2"),
    ]
    assert delivery.bills[0].mapped_services == (FLEET,)
    assert delivery.bills[0].totals == plain.bills[0].totals
    assert (codes(plain), codes(delivery)) == (["service_unknown"] * 2, ["service_unknown"])
    assert "AmazonNewer" in delivery.findings[0].message


def test_what_the_bill_itself_gives_a_category_is_never_overruled(bench: Bench):
    bench.mapped_services = (replace(SHOP, called="Machines"),)

    delivery = bench.focus({}, {"ServiceCategory": "Other"})

    assert values(delivery, SERVICE) == [
        ("Machines", "Compute", None),
        ("Web Shop", "Web", "Application Platforms"),
    ]


@pytest.mark.parametrize("provider", ["", "Example Cloud"])
def test_services_of_the_same_name_are_told_apart_by_their_provider(bench: Bench, provider: str):
    bench.mapped_services = (replace(SHOP, provider=provider),)
    rows = focus_rows(*({"ServiceCategory": "Other", "ServiceName": "Shop"} for _ in range(2)))
    rows[0]["ServiceProviderName"], rows[1]["ServiceProviderName"] = "", "Example Cloud"

    delivery = bench.normalized("focus", bench.archived(csv_text(rows)))

    expected = ["Shop", "Web Shop"] if provider else ["Web Shop", "Shop"]
    assert [name for (name,) in values(delivery, "service_name")] == expected


def test_a_service_said_to_be_of_no_category_is_not_unknown_any_more(bench: Bench):
    other = replace(FLEET, name="AmazonBrandNew", category="Other", subcategory="Other (Other)")
    bench.mapped_services = (other,)

    delivery = bench.aws({"lineItem/ProductCode": "AmazonBrandNew"})

    assert (codes(delivery), delivery.bills[0].mapped_services) == ([], (other,))


def test_lines_of_contracts_and_unused_commitments_are_mapped_like_all_others(bench: Bench):
    bench.mapped_services = (replace(FLEET, called="AmazonBrandNew"),)

    delivery = bench.aws(
        {
            "type": "RIFee",
            "cost": "5",
            "lineItem/ProductCode": "AmazonBrandNew",
            "reservation/ReservationARN": "arn:ri",
            "reservation/UnusedRecurringFee": "2",
        }
    )

    assert values(delivery, "service_name, commitment_discount_status") == [
        ("Robot Fleet", None),
        ("Robot Fleet", "Unused"),
    ]


def test_without_mappings_a_bill_has_the_bytes_it_always_had(bench: Bench):
    plain = bench.aws({"lineItem/ProductCode": "AmazonBrandNew"}, {})
    bench.mapped_services = (SHOP,)

    other = bench.aws({"lineItem/ProductCode": "AmazonBrandNew"}, {})

    for name in ("charges.parquet", "attribute_sets.parquet", "daily.parquet"):
        assert (plain.bills[0].folder / name).read_bytes() == (other.bills[0].folder / name).read_bytes()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"called": "x" * 201}, "called"),
        ({"name": " Fleet"}, "name"),
        ({"name": "Robot\nFleet"}, "name"),
        ({"category": "Things"}, "category"),
        ({"subcategory": "Virtual Machines"}, "subcategory"),
    ],
)
def test_what_is_no_service_of_focus_is_told(changes: dict[str, str], field: str):
    assert [name for name, _ in replace(FLEET, **changes).problems()] == [field]
    assert not list(FLEET.problems())
