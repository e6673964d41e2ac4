"""Service categories: ours against the specification, and those that the services of AWS and Google Cloud are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingestion.aws import services as aws
from ingestion.focus.services import OTHER_CATEGORY, SUBCATEGORIES, Service, read_services
from ingestion.gcp import services as gcp

SPECIFICATION = Path(__file__).resolve().parents[4] / "shared" / "spec" / "focus_1_4_servicesubcategory.json"


@pytest.mark.parametrize("service", [*aws.SERVICES.values(), *gcp.SERVICES.values()], ids=lambda service: service.name)
def test_a_service_has_a_category_and_a_subcategory_of_it(service: Service):
    assert service.subcategory in SUBCATEGORIES[service.category]


def test_a_table_in_which_one_stands_twice_is_refused():
    with pytest.raises(ValueError, match="EC2 stands twice"):
        read_services("EC2 | Machines | Compute | Virtual Machines\nEC2 | Servers | Compute |")


def test_a_code_stands_before_the_name_where_there_is_one():
    found = read_services("EC2 | Machines | Compute | Virtual Machines\nRun | Compute |")

    assert found == {
        "EC2": Service("Machines", "Compute", "Virtual Machines"),
        "Run": Service("Run", "Compute", "Other (Compute)"),
    }


def test_what_is_not_known_has_a_category_too():
    assert SUBCATEGORIES[OTHER_CATEGORY] == {"Other (Other)"}


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the specification is not on this machine")
def test_categories_and_subcategories_are_those_of_the_specification():
    ours = {name: category for category, names in SUBCATEGORIES.items() for name in names}

    assert ours == json.loads(SPECIFICATION.read_text())
