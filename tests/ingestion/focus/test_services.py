"""Service categories: ours against the specification, and those that AWS services are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingestion.aws.services import OTHER_CATEGORY, SERVICES, Service
from ingestion.focus.services import SUBCATEGORIES

SPECIFICATION = Path(__file__).resolve().parents[4] / "shared" / "spec" / "focus_1_4_servicesubcategory.json"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.code)
def test_a_service_of_aws_has_a_category_and_a_subcategory_of_it(service: Service):
    assert service.subcategory in SUBCATEGORIES[service.category]


def test_no_product_code_stands_twice():
    codes = [service.code for service in SERVICES]

    assert len(set(codes)) == len(codes)


def test_what_is_not_known_has_a_category_too():
    assert SUBCATEGORIES[OTHER_CATEGORY] == {"Other (Other)"}


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the specification is not on this machine")
def test_categories_and_subcategories_are_those_of_the_specification():
    ours = {name: category for category, names in SUBCATEGORIES.items() for name in names}

    assert ours == json.loads(SPECIFICATION.read_text())
