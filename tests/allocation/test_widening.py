"""Runs and pages under rules that look beyond a bill's attribute sets: same lines, same sums, nothing done in vain."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from allocation import bills as bills_module
from allocation.costs.answer import answer
from allocation.costs.lines import bill_lines, direct
from allocation.costs.query import CostQuery, Filter
from allocation.engine.conditions import Subject
from allocation.engine.proof import ENGINE_VERSION
from allocation.engine.rules import parse
from allocation.engine.tag_aliases import Spellings
from allocation.explain.selectors import explain
from allocation.explain.slices import Slice
from allocation.line_search import lines_found
from allocation.matches import month
from allocation.models import AllocationRun
from allocation.moves import moves
from allocation.previews import split_preview
from allocation.selectors import EVERYTHING, current_rule_set
from allocation.services import allocate, due_periods, publish_rules
from allocation.services import runs as runs_module
from allocation.services.inputs import inputs_of
from allocation.services.proofs import prove_run
from allocation.tasks import widen_bill
from ingestion.normalize import entries
from ingestion.services import create_source
from itfm.core import lake
from itfm.core.jobs import next_job
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.pulls import pull

STANDARD = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {column: service_name, equals: S3}, value: storage}]}
"""
BY_RESOURCE = """
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {column: resource_id, starts_with: pay-}, value: payments}
      - {when: {tag: owner, exists: true}, value: {tag: owner}}
      - {when: {column: service_name, equals: S3}, value: storage}
splits:
  - {key: storage, name: Storage, stage: 1, pool: {dimension: team, equals: storage},
     receivers: {dimension: team, one_of: [payments, ada]}, method: {kind: even}}
"""
BY_SKU = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {column: sku_id, exists: true}, value: {column: sku_id}}]}
"""
CHARGES = [
    charge("1", on=1, service_name="EC2", resource_id="pay-1", sku_id="a"),
    charge("2", on=1, service_name="EC2", resource_id="web-1", sku_id="b", tags={"owner": "ada"}),
    charge("4", on=2, service_name="EC2", resource_id="pay-2"),
    charge("8", on=2, service_name="S3", tags={"owner": "bob", "env": "prod"}),
    charge("16", on=3, service_name="S3", resource_id="pay-1", currency="EUR"),
    charge("32", on=3, service_name="S3"),
    charge("64.000000000000000001", on=3, service_name="EC2", sku_id="a"),
]
DOLLARS = CostQuery(first=OCTOBER, last=OCTOBER, granularity="total", currency="USD")


def publish(acme, text):
    with tenant(acme.id):
        publish_rules(parse(text), organization_id=acme.id, published_by=None, at=NOW)


def allocated(acme, text):
    publish(acme, text)
    return allocate(acme.id, period=OCTOBER)


@pytest.fixture
def october(acme):
    return bill_in_force(acme, CHARGES, keeps_lines=True, left_out=("owner",))


def of_team(team, **more):
    return replace(DOLLARS, filters=(Filter(name="team", values=(team,)),), **more)


def files_of(run):
    folder = lake.organization_folder(run.organization_id) / run.folder
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def widened_folders(revision):
    folder = lake.organization_folder(revision.organization_id) / revision.folder / "widened"
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def test_a_rule_about_resources_and_a_tag_left_out_finds_its_lines_and_their_sums(acme, october):
    run = allocated(acme, BY_RESOURCE)

    with tenant(acme.id):
        found = {team: bill_lines(of_team(team)) for team in ("payments", "ada", "bob", "storage", None)}
        euros = bill_lines(of_team("payments", currency="EUR"))
        total = answer(direct(DOLLARS)).currencies[0].total.total
    rows = {team: [one.key.row for one in lines.lines] for team, lines in found.items()}
    assert rows == {"payments": [1, 3], "ada": [2], "bob": [4], "storage": [6], None: [7]}
    assert {team: lines.total for team, lines in found.items()} == {
        "payments": 5, "ada": 2, "bob": 8, "storage": 32, None: Decimal("64.000000000000000001"),
    }  # fmt: skip
    assert [one.key.row for one in euros.lines] == [5]
    assert total == Decimal("111.000000000000000001")
    assert run.state == "published"


def test_explain_and_the_proof_stand_on_the_widened_sums(acme, october):
    run = allocated(acme, BY_RESOURCE)

    with tenant(acme.id):
        found = explain(
            Slice(period=OCTOBER, currency="USD", filters=(Filter(name="team", values=("payments",)),)),
            visibility=EVERYTHING,
        )
    assert (found.figure, found.direct, found.charge_count, found.is_exact) == (21, 5, 2, True)
    assert [(one.row_number, one.resource, one.cost) for one in found.lines] == [(3, "pay-2", 4), (1, "pay-1", 1)]
    assert [(one.rule_number, one.cost) for one in found.classifications[0].caught] == [(1, 5)]
    assert prove_run(acme.id, run_id=run.id).proof.holds


def test_a_run_that_lacks_nothing_is_called_what_it_always_was_and_widens_nothing(acme, october):
    publish(acme, STANDARD)

    with tenant(acme.id):
        saved = current_rule_set()
        inputs = inputs_of(OCTOBER, saved=saved)
    named = {
        "engine": ENGINE_VERSION, "period": "2026-10-01", "revisions": [str(october.id)],
        "rules": hashlib.sha256(saved.document.encode()).hexdigest(), "drivers": {}, "before": "",
    }  # fmt: skip
    assert inputs.further == {}
    assert inputs.sha256 == hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
    assert "widened.json" not in files_of(allocate(acme.id, period=OCTOBER))
    assert widened_folders(october) == []


def test_rules_that_go_back_give_the_same_bytes_as_before(acme, october):
    before = allocated(acme, STANDARD)
    between = allocated(acme, BY_RESOURCE)
    after = allocated(acme, STANDARD)

    assert files_of(after) == files_of(before)
    assert after.inputs_sha256 == before.inputs_sha256 != between.inputs_sha256


def test_runs_with_different_needs_keep_their_own_sets_side_by_side(acme, october):
    first, second = allocated(acme, BY_RESOURCE), allocated(acme, BY_SKU)

    with tenant(acme.id):
        old = explain(
            Slice(period=OCTOBER, currency="USD", filters=(Filter(name="team", values=("ada",)),)),
            visibility=EVERYTHING, run_id=first.id,
        )  # fmt: skip
        assert [one.key.row for one in bill_lines(of_team("a")).lines] == [1, 7]
    assert [one.row_number for one in old.lines] == [2]
    assert (old.direct, old.is_exact) == (2, True)
    assert len(widened_folders(october)) == 2
    assert prove_run(acme.id, run_id=first.id).proof.holds
    assert prove_run(acme.id, run_id=second.id).proof.holds


def test_a_restated_bill_is_widened_again_and_nothing_else_of_the_bill_changes(acme, october):
    allocated(acme, BY_RESOURCE)
    again = bill_in_force(acme, [*CHARGES, charge("3", resource_id="pay-9")], keeps_lines=True, left_out=("owner",))

    allocate(acme.id, period=OCTOBER)

    with tenant(acme.id):
        assert bill_lines(of_team("payments")).total == 8
        october.refresh_from_db()
    assert widened_folders(again) == widened_folders(october) != []
    assert (october.number, october.row_count, again.number) == (1, 7, 2)


def test_once_allocated_nothing_is_due_and_sets_are_written_once(acme, october, monkeypatch):
    allocated(acme, BY_RESOURCE)

    monkeypatch.setattr(bills_module, "write_widened", None)
    monkeypatch.setattr(bills_module, "left_out_tags", None)
    assert due_periods(acme.id) == []
    allocate(acme.id, period=OCTOBER, again=True)
    with tenant(acme.id):
        assert [one.text for one in month(acme.id, period=OCTOBER).uncaught(
            parse(BY_RESOURCE), dimension="team", limit=9)["service_name"]] == ["EC2"]  # fmt: skip


def test_a_run_says_what_it_is_at(acme, october, monkeypatch):
    told = []
    monkeypatch.setattr(runs_module, "_telling", lambda _run: told.append)

    allocated(acme, BY_RESOURCE)

    assert told[:2] == ["Looking at resource_id, tag owner", "Classifying"]


def refused_run(acme, text, *, match):
    with pytest.raises(bills_module.WideningError, match=match):
        allocated(acme, text)
    with tenant(acme.id):
        return AllocationRun.objects.order_by("-started_at").first()


def test_more_kinds_of_line_than_rules_can_be_asked_of_refuse_the_run_and_leave_the_one_before(
    acme, october, monkeypatch
):
    before = allocated(acme, STANDARD)
    monkeypatch.setattr(bills_module, "MOST_SETS", 5)

    run = refused_run(
        acme,
        BY_RESOURCE,
        match="resource_id has 3 values in the bill of AWS for 2026-10, which makes more than 5 kinds",
    )

    assert (run.state, run.error.count("give the lines a tag")) == ("refused", 1)
    with tenant(acme.id):
        before.refresh_from_db()
    assert before.state == "published"
    assert due_periods(acme.id) == []


def test_lines_that_do_not_add_up_to_the_bill_refuse_the_run(acme, october):
    with tenant(acme.id):
        october.totals["USD"]["list_cost"] = "110.9"
        october.save()

    run = refused_run(acme, BY_RESOURCE, match="add up to 111.000000000000000001 USD list_cost, the bill to 110.9")

    assert run.state == "refused"
    assert widened_folders(october) == []


def test_lines_that_are_not_kept_refuse_the_run_and_say_what_to_do(acme):
    bill_in_force(acme, CHARGES)

    run = refused_run(acme, BY_SKU, match="look at sku_id, and the lines of the bill of AWS for 2026-10 are not kept")

    assert run.state == "refused"


def test_a_tag_with_many_values_is_left_out_by_an_import_and_found_by_a_rule(acme, tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "FEW_TAG_VALUES", 2)
    names = ["ada", "bob", "cyd"]
    tags = [f'"{{""owner"": ""{name}"", ""env"": ""prod""}}"' for name in names]
    write_bill(tmp_path / "bills" / "october.csv", *(line(f"{2**at}.5", tags=one) for at, one in enumerate(tags)))
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="cloud", name="Cloud", kind="focus",
            settings={"path": str(tmp_path / "bills")}, at=NOW,
        )  # fmt: skip
    pull(source)

    allocated(acme, BY_RESOURCE)

    with tenant(acme.id):
        assert {name: bill_lines(of_team(name)).total for name in names} == {
            "ada": Decimal("1.5"), "bob": Decimal("2.5"), "cyd": Decimal("4.5"),
        }  # fmt: skip
        assert month(acme.id, period=OCTOBER).tag_keys(Spellings()) == ["env", "owner"]


def costs(catch):
    return {currency: cost.normalize() for currency, cost in catch.costs}


def test_what_rules_catch_is_counted_before_any_run(acme, october):
    rules = parse(BY_RESOURCE)
    with tenant(acme.id):
        bills = month(acme.id, period=OCTOBER)

        found = bills.catches(rules)["team"]
        alone = bills.alone(rules, dimension="team", rule=rules.dimensions[0].rules[2])
        moved = moves(bills, before=parse(STANDARD), after=rules)["team"]
        shares = split_preview(rules, key="storage", organization_id=acme.id, period=OCTOBER).shares

    assert [costs(one) for one in found.rules] == [{"USD": 5, "EUR": 16}, {"USD": 10}, {"USD": 32}]
    assert [one.charges for one in (*found.rules, found.uncaught)] == [3, 2, 1, 1]
    assert (costs(alone), alone.charges) == ({"USD": 40, "EUR": 16}, 3)
    assert {(one.old, one.new): costs(one.catch) for one in moved} == {
        ("storage", "payments"): {"EUR": 16}, ("storage", "bob"): {"USD": 8}, (None, "payments"): {"USD": 5},
        (None, "ada"): {"USD": 2},
    }  # fmt: skip
    assert {one.receiver: one.amount for one in shares} == {"payments": 16, "ada": 16}
    assert len(widened_folders(october)) == 1


def test_lines_are_found_by_what_rules_look_at(acme, october):
    with tenant(acme.id):
        bills = month(acme.id, period=OCTOBER).under(parse(BY_RESOURCE))

        [found] = lines_found(bills, containing="pay-2", limit=9)

    assert found.texts[Subject("column", "resource_id")] == "pay-2"
    assert found.catch.charges == 1


def test_texts_come_from_the_lines_where_attribute_sets_do_not_have_them(acme, october):
    with tenant(acme.id):
        bills = month(acme.id, period=OCTOBER)

        def texts(kind, key, containing=""):
            return bills.texts(Subject(kind, key), containing=containing, limit=2, spellings=Spellings())

        assert texts("column", "resource_id", "PAY") == ["pay-1", "pay-2"]
        assert texts("tag", "owner") == ["ada", "bob"]
        assert texts("tag", "env") == ["prod"]
        assert texts("column", "x_nowhere") == texts("column", "billed_cost") == []


def test_what_cannot_be_widened_is_told_beside_the_figures(acme, october, monkeypatch):
    monkeypatch.setattr(bills_module, "MOST_SETS", 5)
    with tenant(acme.id):
        bills = month(acme.id, period=OCTOBER).under(parse(BY_RESOURCE))
        again = month(acme.id, period=OCTOBER).under(parse(BY_RESOURCE))

        [sentence] = bills.refused
        assert again.refused == bills.refused
        assert sentence.startswith("resource_id has 3 values in the bill of AWS for 2026-10")
        with pytest.raises(bills_module.WideningError, match="resource_id has 3 values"):
            split_preview(parse(BY_RESOURCE), key="storage", organization_id=acme.id, period=OCTOBER)


def test_a_page_asks_a_worker_to_widen_a_large_bill_and_counts_when_that_is_done(
    acme, october, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(bills_module, "AT_ONCE", 6)
    rules = parse(BY_RESOURCE)

    with tenant(acme.id), django_capture_on_commit_callbacks(execute=True):
        waiting = month(acme.id, period=OCTOBER).under(rules)
        with pytest.raises(bills_module.NotYetWidenedError):
            split_preview(rules, key="storage", organization_id=acme.id, period=OCTOBER)
    assert waiting.refused == ()
    assert waiting.pending == (
        "The lines of the bill of AWS for 2026-10 are being sorted by resource_id, tag owner. Look again in a minute.",
    )
    with next_job() as job:
        assert job.task == "allocation.widen_bill"
        widen_bill(organization_id=str(acme.id), **job.arguments)

    with tenant(acme.id):
        bills = month(acme.id, period=OCTOBER).under(rules)
        assert bills.notes == ()
        assert costs(bills.catches(rules)["team"].rules[0]) == {"USD": 5, "EUR": 16}


def test_a_worker_that_cannot_widen_leaves_word_why(acme, october, monkeypatch):
    monkeypatch.setattr(bills_module, "AT_ONCE", 6)
    monkeypatch.setattr(bills_module, "MOST_SETS", 5)
    asked = []
    monkeypatch.setattr(bills_module, "publish", asked.append)
    with tenant(acme.id):
        month(acme.id, period=OCTOBER).under(parse(BY_RESOURCE))

    [event] = asked
    bills_module.widen_as_asked(acme.id, revision_id=event.revision_id, name=event.name)

    with tenant(acme.id):
        bills = month(acme.id, period=OCTOBER).under(parse(BY_RESOURCE))
    assert bills.pending == ()
    assert bills.refused[0].startswith("resource_id has 3 values in the bill of AWS for 2026-10")
    assert len(asked) == 1
