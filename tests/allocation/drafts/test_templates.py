"""Dimensions ready to be added: they are whole rule sets of their own, and give each charge what the table says."""

from datetime import date

import pytest

from allocation.drafts.operations import OperationError, applied
from allocation.drafts.templates import TEMPLATES, AddTemplate
from allocation.engine.classification import Classifier
from allocation.engine.conditions import Subject
from allocation.engine.rules import RuleSet
from ingestion.focus import tbm
from ingestion.focus.services import OTHER_CATEGORY, SUBCATEGORIES
from ingestion.ledger.accounts import POOLS

NOTHING = RuleSet(version=1)


def with_template(key, rules=NOTHING):
    return applied(AddTemplate(template=TEMPLATES[key]), to=rules)


def value(rules, **columns):
    facts = {Subject("column", name): text for name, text in columns.items()}
    caught = Classifier(rules, period=date(2026, 10, 1)).caught(facts)
    return next((one.value for one in caught.values()), None)


def test_every_category_but_other_is_of_a_tower_and_a_pool():
    known = {name for names in SUBCATEGORIES.values() for name in names}

    assert set(tbm.TOWERS) == set(tbm.COST_POOLS) == set(SUBCATEGORIES) - {OTHER_CATEGORY}
    assert set(tbm.TOWERS_OF_SUBCATEGORIES) <= known
    assert set(tbm.COST_POOLS.values()) <= set(POOLS)


@pytest.mark.parametrize(
    ("category", "subcategory", "tower"),
    [
        ("Compute", "Virtual Machines", "Compute"),
        ("Compute", "Containers", "Platform"),
        ("Management and Governance", "Cost Management", "IT Management"),
        ("Management and Governance", "Observability", "Delivery"),
        ("Networking", "Network Security", "Security & Compliance"),
        ("Other", "Other (Other)", None),
    ],
)
def test_the_subcategory_counts_before_the_category(category, subcategory, tower):
    rules = with_template("tbm_tower")

    assert value(rules, service_category=category, service_subcategory=subcategory) == tower


def test_the_ledgers_own_pool_counts_before_what_the_service_is():
    rules = with_template("cost_pool")

    assert value(rules, x_cost_pool="Internal Labor", service_category="Other") == "Internal Labor"
    assert value(rules, x_asset_class="Servers", service_category="Compute") == "Hardware"
    assert value(rules, service_category="Storage") == "Outside Services"
    assert value(rules, service_category="Business Applications") == "Software"


def test_a_table_of_the_same_name_stays_and_a_dimension_is_added_once():
    own = RuleSet(version=1, lookups={"tbm_towers": {"Compute": "Machines"}})
    rules = with_template("tbm_tower", own)

    assert value(rules, service_category="Compute") == "Machines"
    with pytest.raises(OperationError, match="already"):
        with_template("tbm_tower", rules)
