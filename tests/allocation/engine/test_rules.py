"""The rule document: what is read, what is refused and how it is written back."""

import json
from decimal import Decimal

import pytest

from allocation.engine import conditions, rules
from allocation.engine.conditions import Subject
from allocation.engine.dimensions import Rule
from allocation.engine.methods import metric

DOCUMENT = """
version: 1
cost_centers:
  - {code: "1000", name: Engineering, children: [{code: "1100", name: Payments}]}
lookups:
  team_names: {pay: Payments, no: Norway}
dimensions:
  - key: environment
    name: Environment
    rules: [{when: {tag: env, exists: true}, value: {tag: env, transforms: [lower]}}]
  - key: team
    name: Team
    rules:
      - name: by tag
        when: {tag: team, exists: true}
        value: {tag: team, transforms: [trim, {lookup: team_names}, {regex: "^([a-z]+)"}, {prefix: t-}]}
        valid_from: 2026-01
        valid_to: 2026-12
        owner: finops@example.com
      - when:
          all:
            - {column: sub_account_id, one_of: [011, 222]}
            - {not: {dimension: environment, equals: prod, ignore_case: true}}
        value: Platform
splits:
  - key: platform
    name: Platform to teams
    stage: 1
    pool: {dimension: team, equals: Platform}
    receivers: {dimension: team, where: {value: true, starts_with: t-}}
    partition_by: [environment, region_id]
    method: {kind: even}
    window: {kind: trailing, days: 7}
    fallback: {kind: fixed, shares: {t-a: 100}}
  - {key: logging, name: Logging, stage: 2, pool: {column: service_name, equals: Logs}, receivers: {dimension: team},
     method: {kind: metric, driver: log_gb}}
drivers:
  - key: log_gb
    name: Ingested log volume
    dimension: team
    unit: GB
    values: [{date: 2026-10-01, value: t-a, quantity: 12.50}]
"""


def problems(text):
    with pytest.raises(rules.RuleSetError) as caught:
        rules.parse(text)
    return caught.value.problems


def changed(old, new):
    assert old in DOCUMENT
    return problems(DOCUMENT.replace(old, new))


def test_reads_scalars_as_the_text_that_was_written():
    rule_set = rules.parse(DOCUMENT)

    assert rule_set.dimensions[1].rules[1].when.all[0].one_of == ("011", "222")
    assert rule_set.lookups["team_names"] == {"pay": "Payments", "no": "Norway"}
    assert rule_set.drivers[0].values[0].quantity == Decimal("12.50")
    assert rule_set.splits[1].method == metric.Params(driver="log_gb")


def test_writes_a_document_that_reads_back_the_same():
    rule_set = rules.parse(DOCUMENT)

    written = rules.dump(rule_set)

    assert rules.parse(written) == rule_set
    assert rules.dump(rules.parse(written)) == written
    assert rules.fingerprint(rules.parse(written)) == rules.fingerprint(rule_set)


def test_names_the_tag_keys_the_rules_look_at_or_the_listed_ones():
    assert rules.tag_keys(rules.parse(DOCUMENT)) == ("env", "team")
    listed = rules.parse(DOCUMENT.replace("version: 1", "version: 1\ntag_keys: [team, env, product]"))
    assert rules.tag_keys(listed) == ("env", "product", "team")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version: 1", "version: 2", "version: Input should be 1"),
        ("version: 1", "version: 1\nversion: 1", "document: key 'version' stands twice (line 3)"),
        ("version: 1", "version: 1\nspilts: []", "spilts: this key is not known here"),
        ("no: Norway", "pay: Pay", "lookups.team_names: key 'pay' stands twice (line 6)"),
        ("equals: Platform}", "equals: Platform, contains: x}", "splits[0].pool: name exactly one of equals, one_of,"),
        ("{column: service_name, equals", "{column: service, equals", "splits[1].pool: column 'service' is not known; known: "),
        ("lookup: team_names", "lookup: teams", "dimensions[1].rules[0].value.transforms: lookup 'teams' is not known"),
        ("driver: log_gb", "driver: logs", "splits[1].method.driver: driver 'logs' is not known; known: log_gb"),
        ("dimension: team\n    unit", "dimension: environment\n    unit", "splits[1].method.driver: 'log_gb' measures environment"),
        ("receivers: {dimension: team},", "receivers: {dimension: squad},", "splits[1].receivers.dimension: dimension 'squad' is not"),
        ("[environment, region_id]", "[team]", "splits[0].partition_by: 'team' is the receivers' own dimension"),
        ("{tag: env, exists: true}", "{dimension: team, exists: true}", "dimensions: they look at each other in a circle: environment -> team -> environment"),
        ("{t-a: 100}", "{t-a: 99.5}", "splits[0].fallback: the shares total 99.5, not 100"),
        ("{kind: even}", "{kind: odd}", "splits[0].method: kind must be one of capacity, even, fixed, metric, proportional"),
        ("trailing, days: 7", "day, days: 7", "splits[0].window: days goes with kind: trailing"),
        ("quantity: 12.50", "quantity: 1_000", "drivers[0].values[0].quantity: '1_000' is not a number"),
        ("valid_to: 2026-12", "valid_to: 2025-12", "dimensions[1].rules[0]: valid_to 2025-12 is before valid_from 2026-01"),
        ('"^([a-z]+)"', '"(?=a)"', "dimensions[1].rules[0].value.transforms[2].regex: '(?=a)' is not an RE2 pattern"),
        ('"^([a-z]+)"', "a" * 513, "dimensions[1].rules[0].value.transforms[2].regex: the pattern is longer than 512"),
        ("value: true, starts", "tag: env, starts", "splits[0].receivers.where: value: true tests a receiver's value"),
        ('code: "1100"', 'code: "1000"', "cost_centers: '1000' stands 2 times"),
        ("key: logging", "key: platform", "splits: 'platform' stands 2 times"),
        ("stage: 2, ", "", "splits[1].stage: this key is missing"),
    ],
)  # fmt: skip
def test_says_where_a_document_is_wrong_and_why(old, new, problem):
    assert any(found.startswith(problem) for found in changed(old, new)), changed(old, new)


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        ("{kind: capacity, driver: log_gb, capacity: gone}", "splits[1].method.capacity: driver 'gone' is not known"),
        ("{kind: capacity, driver: log_gb}", "splits[1].method: capacity: Field required"),
        ("{kind: tiered, driver: log_gb, fee: {USD: -1}}", "splits[1].method: fee: the fee in USD is below zero"),
        ("{kind: tiered, driver: log_gb, fee: {}}", "splits[1].method: fee: "),
        ("{kind: rate_card, driver: log_gb}", "splits[1].method: name prices or price_drivers, and one of them only"),
        ("{kind: rate_card, driver: log_gb, prices: [{currency: USD, price: -2}]}", "splits[1].method: prices.0: a price is"),
        (
            "{kind: rate_card, driver: log_gb, prices: [{currency: USD, price: 1, valid_from: 2026-03}, {currency: USD, price: 2}]}",
            "splits[1].method: two prices in USD are valid in the same billing period",
        ),
        ("{kind: rate_card, driver: log_gb, price_drivers: {USD: p}}", "splits[1].method.price_drivers.USD: driver 'p' is not"),
        ("{kind: metric, driver: log_gb}, fallback: {kind: metric, driver: gone}", "splits[1].fallback.driver: driver 'gone'"),
        ("{kind: metric, driver: log_gb}, fallback: {kind: odd}", "splits[1].fallback: kind must be one of hold, previous, capacity"),
        ("{kind: metric, driver: log_gb}, missing: guess", "splits[1].missing: "),
        (
            "{kind: capacity, driver: log_gb, capacity: log_gb}, partition_by: [environment]",
            "splits[1]: partition_by has no meaning with capacity: its driver is not measured by partition",
        ),
    ],
)  # fmt: skip
def test_says_what_is_wrong_with_a_method(method, problem):
    assert any(found.startswith(problem) for found in changed("{kind: metric, driver: log_gb}", method)), changed(
        "{kind: metric, driver: log_gb}", method
    )


@pytest.mark.parametrize(
    "method",
    [
        "{kind: capacity, driver: log_gb, capacity: log_gb, capacity_value: Platform}, missing: interpolate",
        "{kind: tiered, driver: log_gb, fee: {USD: 10.50, EUR: 0}}, fallback: {kind: proportional, cost: list_cost}",
        "{kind: rate_card, driver: log_gb, prices: [{currency: USD, price: 2.50, valid_to: 2026-06}, {currency: USD, price: 3, valid_from: 2026-07}]}",
        "{kind: rate_card, driver: log_gb, price_drivers: {USD: log_gb}, cost: billed_cost}",
    ],
)
def test_a_method_reads_back_the_same(method):
    given = DOCUMENT.replace("{kind: metric, driver: log_gb}", method)
    rule_set = rules.parse(given.replace("version: 1", "version: 1\nstages: [{number: 9, reciprocal: true}]", 1))

    assert rules.parse(rules.dump(rule_set)) == rule_set
    assert rule_set.is_reciprocal(9)
    assert not rule_set.is_reciprocal(1)


def test_a_stage_stands_once():
    twice = "version: 1\nstages: [{number: 2, reciprocal: true}, {number: 2}]"

    assert changed("version: 1", twice) == ["stages: '2' stands 2 times"]


def test_a_tag_outside_the_listed_keys_is_refused():
    found = changed("version: 1", "version: 1\ntag_keys: [env]")

    assert found[0] == "dimensions[1].rules[0].when: tag key 'team' is not known; known: env; add it to tag_keys"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000, "line 1: nested deeper than 40 levels"),
        ("a: &x [1]\nb: *x", "line 2: aliases (*name) are not read; write the part again"),
        ("!!python/object:os.system {}", "line 1: tags such as tag:yaml.org,2002:python/object:os.system are not read"),
        ("a: b: c", "line 1: mapping values are not allowed in this context"),
        ("version: 1\n---\nversion: 1", "line 2: a second document starts; write one"),
        ("{[1]: 2}", "line 1: a key must be a text"),
        ("- 1", "document: a rule set is a mapping with the key version"),
    ],
)
def test_refuses_yaml_that_is_more_than_texts_lists_and_mappings(text, problem):
    assert problems(text) == [problem]


def test_a_float_from_a_form_is_refused():
    document = {**rules.to_document(rules.parse(DOCUMENT))}
    document["drivers"][0]["values"][0]["quantity"] = 12.5

    with pytest.raises(rules.RuleSetError, match=r"12\.5 is not an exact number"):
        rules.from_document(document)


@pytest.mark.parametrize("name", ["Team", 'Ünï \u2028 \u007f \x1f \t " \\ / \U0001f469', "</script>"])
def test_rules_are_fingerprinted_by_the_text_that_their_document_has(name):
    document = rules.to_document(rules.parse(DOCUMENT))
    document["dimensions"][0]["name"] = document["drivers"][0]["values"][0]["value"] = name
    rule_set = rules.from_document(document)

    assert rules.to_json(rule_set) == json.dumps(rules.to_document(rule_set), ensure_ascii=False, separators=(",", ":"))
    assert rules.to_json(rules.parse("version: 1")) == '{"version":1}'


def test_a_changed_copy_of_a_rule_tells_what_it_looks_at_itself():
    rule = Rule.model_validate({"when": {"tag": "team", "exists": True}, "value": "a"})
    assert rule.looks_at == {Subject("tag", "team")}
    test = rule.when
    assert isinstance(test, conditions.Test)
    assert test.subject == Subject("tag", "team")

    other = test.model_copy(update={"tag": "env"})

    assert other.subject == Subject("tag", "env")
    assert rule.model_copy(update={"when": other}).looks_at == {Subject("tag", "env")}
