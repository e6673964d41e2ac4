"""Rules of a fuzzed grammar against a small oracle: what is refused is refused by name, what is accepted agrees."""

import random
import re
from datetime import date
from decimal import Decimal, InvalidOperation

import pytest

from allocation.engine import rules
from allocation.engine.classification import Classifier, facts
from tests.allocation.engine.bills import allocate, by_value, charge

OCTOBER = date(2026, 10, 1)
HOSTILE = [
    "'; DROP TABLE ledger; --",
    '"',
    "\\",
    "$$",
    "{{ 7*7 }}",
    "=1+1",
    "%s",
    "a\nb",
    "é",
    "İ",
    "ß",
    "\u2028",
    "👩‍💻",
    "NULL",
    "a.*",
    "-",
]
TEXTS = [
    "a",
    "b",
    "A",
    "a-b",
    "a_b",
    "a b",
    " a ",
    "10",
    "9.5",
    "2026-10-01",
    "2026-09-30T05:00:00Z",
    "prod",
    "1e3",
    *HOSTILE,
]
COLUMNS = ["service_name", "sub_account_id", "region_id", "resource_id", "x_cost_code"]
TAGS = ["team", "env", "it's", 'a"b']
PATTERNS = ["^a", "b$", "[0-9]+", "a.b", "(a)(b)?", "^$", "x|y", "prod"]
BROKEN = ["(", "(?=a)", "a{1001}", r"\1", "["]
OPTIONS = ["ignore_case", "trim", "loose"]
FIXED = "fixed"


def subject(drawn, earlier):
    kind = drawn.choice(["column", "tag", "tag", "source", *(["dimension"] if earlier else [])])
    if kind == "source":
        return {"source": True}
    return {kind: drawn.choice({"column": COLUMNS, "tag": TAGS, "dimension": earlier}[kind])}


def drawn_test(drawn, earlier):
    name = drawn.choice(
        ["equals", "one_of", "starts_with", "ends_with", "contains", "matches", "exists", "gt", "gte", "lt", "lte"]
    )
    operand = {
        "one_of": drawn.sample(TEXTS, drawn.randint(1, 4)),
        "matches": drawn.choice(PATTERNS),
        "exists": drawn.random() < 0.5,
        **dict.fromkeys(["gt", "gte", "lt", "lte"], drawn.choice(["9.5", "10", "2026-10-01", "-1"])),
    }.get(name, drawn.choice(TEXTS))
    options = {one: True for one in OPTIONS if drawn.random() < 0.2 and not (one == "loose" and name == "matches")}
    return {**subject(drawn, earlier), name: operand, **options}


def condition(drawn, earlier, depth=0):
    kind = drawn.choice(["test", "test", "all", "any", "not"]) if depth < 3 else "test"
    if kind == "test":
        return drawn_test(drawn, earlier)
    if kind == "not":
        return {"not": condition(drawn, earlier, depth + 1)}
    return {kind: [condition(drawn, earlier, depth + 1) for _ in range(drawn.randint(1, 3))]}


def value(drawn):
    if drawn.random() < 0.5:
        return drawn.choice(TEXTS)
    places = [{"tag": drawn.choice(TAGS)}, {"column": drawn.choice(COLUMNS)}]
    where = drawn.choice([places[0], places[1], {"first_of": places}])
    steps = [
        drawn.choice(["trim", "lower", {"prefix": "t-"}, {"regex": drawn.choice(PATTERNS)},
                      {"lookup": "names"}, {"lookup": "names", "otherwise": "none"}])
        for _ in range(drawn.randint(0, 3))
    ]  # fmt: skip
    return {**where, "transforms": steps}


def broken(drawn, rule):
    """Return the rule with one thing that no rule may have."""
    when = rule["when"]
    return drawn.choice([
        {**rule, "when": {"tag": "team", "matches": drawn.choice(BROKEN)}},
        {**rule, "when": {"tag": "team", "column": "region_id", "equals": "a"}},
        {**rule, "when": {"tag": "team", "equals": "a", "contains": "b"}},
        {**rule, "when": {"tag": "team", "gt": "much"}},
        {**rule, "when": {"column": drawn.choice(HOSTILE), "equals": "a"}},
        {**rule, "when": {"dimension": "nowhere", "exists": True}},
        {**rule, "when": {"all": []}},
        {**rule, "when": {"not": [when]}},
        {**rule, "when": None},
        {**rule, "sql": "SELECT 1"},
        {**rule, "value": {"tag": "team", "transforms": [{"lookup": "nowhere"}]}},
        {**rule, "value": {"tag": "team", "transforms": ["upper"]}},
        {**rule, "value": ""},
        {**rule, "valid_from": "2026-13"},
        {"value": "a"},
    ])  # fmt: skip


def document(dimensions):
    listed = [{"key": key, "name": key, "rules": found} for key, found in dimensions.items()]
    return {"version": "1", "dimensions": listed, "lookups": {"names": {"a": "b", "prod": "production", "A": "a"}}}


def read(text, test):
    text = text.strip() if test.get("trim") else text
    text = text.casefold() if test.get("ignore_case") else text
    return text.replace("-", " ").replace("_", " ") if test.get("loose") else text


def comparable(text):
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})([T ].*)?", text, re.ASCII)
    try:
        if found:
            return date.fromisoformat(found[1])
        return Decimal(text) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII) else None
    except (ValueError, InvalidOperation):
        return None


def text_of(test, known):
    for kind in ("column", "tag", "dimension"):
        if kind in test:
            return known.get((kind, test[kind]))
    return known["source", ""]


def answer(tree, known):
    if "all" in tree:
        return all(answer(one, known) for one in tree["all"])
    if "any" in tree:
        return any(answer(one, known) for one in tree["any"])
    if "not" in tree:
        return not answer(tree["not"], known)
    text = text_of(tree, known)
    if "exists" in tree:
        return bool(text) == tree["exists"]
    return bool(text) and compared(tree, read(text, tree))


def compared(tree, found):
    if "one_of" in tree:
        return found in [read(one, tree) for one in tree["one_of"]]
    if "matches" in tree:
        return bool(re.search(tree["matches"], found, re.ASCII | (re.IGNORECASE if tree.get("ignore_case") else 0)))
    for name, order in {"gt": (1,), "gte": (0, 1), "lt": (-1,), "lte": (0, -1)}.items():
        if name in tree:
            left, right = comparable(found), comparable(tree[name])
            return type(left) is type(right) and (left > right) - (left < right) in order
    [name] = [one for one in ("equals", "starts_with", "ends_with", "contains") if one in tree]
    wanted = read(tree[name], tree)
    return {"equals": found == wanted, "starts_with": found.startswith(wanted), "ends_with": found.endswith(wanted),
            "contains": wanted in found}[name]  # fmt: skip


def given(taken, known, lookups):
    if isinstance(taken, str):
        return taken
    places = taken.get("first_of", [taken])
    text = next((found for place in places if (found := text_of(place, known))), None)
    for step in taken.get("transforms", ()):
        if text is None:
            return None
        if step == "trim":
            text = text.strip()
        elif step == "lower":
            text = text.lower()
        elif "prefix" in step:
            text = step["prefix"] + text if text else None
        elif "lookup" in step:
            text = lookups[step["lookup"]].get(text, text if step.get("otherwise", "keep") == "keep" else None)
        else:
            found = re.search(step["regex"], text, re.ASCII)
            text = found.group(1 if found.re.groups else 0) if found else None
    return text or None


def expected(plain, known):
    known = dict(known)
    for dimension in plain["dimensions"]:
        for index, rule in enumerate(dimension["rules"]):
            if answer(rule["when"], known):
                found = given(rule["value"], known, plain["lookups"])
                if found is not None:
                    known["dimension", dimension["key"]] = found
                    yield dimension["key"], (found, index)
                    break


def draw_charge(drawn):
    columns = {name: drawn.choice(TEXTS) for name in COLUMNS if drawn.random() < 0.7}
    return columns, {name: drawn.choice(TEXTS) for name in TAGS if drawn.random() < 0.7}


def differences(drawn, *, dimensions, rules_each, lines):
    """Return how many rules were accepted and how many refused; differences and other errors fail."""
    keys = ["team", "env", "product"][:dimensions]
    listed, refused = {}, 0
    for number, key in enumerate(keys):
        listed[key] = []
        for _ in range(rules_each):
            rule = {"when": condition(drawn, keys[:number]), "value": value(drawn)}
            if drawn.random() < 0.1:
                with pytest.raises(rules.RuleSetError):
                    rules.from_document(document({**listed, key: [broken(drawn, rule)]}))
                refused += 1
            else:
                listed[key].append(rule)
    plain = document(listed)
    rule_set = rules.parse(rules.dump(rules.from_document(plain)))
    classifier = Classifier(rule_set, period=OCTOBER)
    for _ in range(lines):
        columns, tags = draw_charge(drawn)
        known = {
            ("source", ""): "aws",
            **{("column", k): v for k, v in columns.items()},
            **{("tag", k): v for k, v in tags.items()},
        }
        caught = classifier.caught(facts(columns, tags=tags, source="aws"))
        assert {key: tuple(one) for key, one in caught.items()} == dict(expected(plain, known)), (columns, tags)
    return sum(map(len, listed.values())), refused


def test_fuzzed_rules_agree_with_the_oracle():
    drawn = random.Random(7)

    found = [differences(drawn, dimensions=3, rules_each=7, lines=20) for _ in range(15)]

    assert sum(accepted + refused for accepted, refused in found) == 315


@pytest.mark.slow
def test_twenty_thousand_fuzzed_rules_agree_with_the_oracle():
    drawn = random.Random(20_000)

    found = [differences(drawn, dimensions=3, rules_each=10, lines=30) for _ in range(667)]

    accepted, refused = (sum(column) for column in zip(*found, strict=True))
    assert (accepted + refused >= 20_000, refused > 1000) == (True, True)


def test_hostile_texts_reach_the_ledger_as_they_are(tmp_path):
    plain = document({"team": [{"when": {"tag": "team", "exists": True}, "value": {"tag": "team"}}]})
    lines = [charge(str(number + 1), tags={"team": text}) for number, text in enumerate(HOSTILE)]

    _, result = allocate(tmp_path, rules.from_document(plain), lines)

    assert by_value(result) == {text: Decimal(number + 1) for number, text in enumerate(HOSTILE)}
    assert result.proof.holds
