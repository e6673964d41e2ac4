"""A run as the organization meets it: published when it proves, refused when it does not, never half."""

from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest
from django.db import connection
from django.db.models import F

from allocation.engine.rules import parse
from allocation.models import AllocatedCost, AllocationRun, RuleSet
from allocation.selectors import UnknownGroupingError, Visibility, cost_rows, names_of
from allocation.services import (
    AllocationRefusedError,
    allocate,
    due_periods,
    exported,
    publish_rules,
    request_allocation,
)
from allocation.services import runs as runs_module
from allocation.services import working_out as working_out_module
from allocation.services.proofs import prove_run
from itfm.audit.services import Actor
from itfm.core import lake
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.conftest import NOW, member

RULES = """
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {when: {tag: team, exists: true}, value: {tag: team}}
splits:
  - key: platform
    name: Platform to teams
    stage: 1
    pool: {dimension: team, equals: platform}
    receivers: {dimension: team, one_of: [payments, search, mail]}
    method: {kind: even}
"""
CHARGES = [
    charge("100", on=1, tags={"team": "platform"}, sub_account_id="1", service_name="EC2"),
    charge("7.5", on=1, tags={"team": "payments"}, sub_account_id="2", service_name="S3"),
    charge("1", on=3, tags={"team": "search"}, sub_account_id="2", service_name="S3"),
    charge("2", on=3, tags={"team": "mail"}, sub_account_id="2", service_name="S3"),
    charge("0.25", on=2, sub_account_id="2", service_name="S3"),
]


def rules(organization, text=RULES):
    with tenant(organization.id):
        return publish_rules(parse(text), organization_id=organization.id, published_by=None, at=NOW)[0]


def by_team(organization, **options):
    with tenant(organization.id):
        run = AllocationRun.objects.get(state="published")
        rows = cost_rows(OCTOBER, by=["Team"], rule_set=names_of(run.rule_set), **options)
        return {row.groups[0]: row.effective_cost for row in rows}


@pytest.fixture
def allocated(acme):
    rules(acme)
    bill_in_force(acme, CHARGES)
    return allocate(acme.id, period=OCTOBER)


def test_a_pool_of_100_over_three_teams_reaches_the_mart_to_the_last_digit(acme, allocated):
    assert by_team(acme) == {
        "mail": Decimal("35.333333333334"),
        "payments": Decimal("40.833333333333"),
        "search": Decimal("34.333333333333"),
        "platform": Decimal(0),
        None: Decimal("0.25"),
    }


def test_the_sum_of_the_mart_is_the_sum_of_the_bill(acme, allocated):
    assert sum(by_team(acme).values()) == Decimal("110.75")
    assert allocated.proof["holds"] is True


def test_a_second_run_on_the_same_inputs_is_not_made(acme, allocated):
    assert allocate(acme.id, period=OCTOBER).id == allocated.id
    assert due_periods(acme.id) == []


def test_running_twice_gives_the_same_mart(acme, allocated):
    before = by_team(acme)

    again = allocate(acme.id, period=OCTOBER, again=True)

    assert again.id != allocated.id
    assert by_team(acme) == before
    with tenant(acme.id):
        assert AllocationRun.objects.get(pk=allocated.pk).state == "replaced"
        assert set(AllocatedCost.objects.values_list("run_id", flat=True)) == {again.id}


def test_a_new_revision_and_a_new_rule_set_make_the_period_due(acme, allocated):
    bill_in_force(acme, CHARGES[:2])
    assert due_periods(acme.id) == [OCTOBER]
    allocate(acme.id, period=OCTOBER)
    assert due_periods(acme.id) == []

    rules(acme, RULES.replace("[payments, search, mail]", "[payments, search]"))
    assert due_periods(acme.id) == [OCTOBER]


def test_a_changed_spelling_of_a_tag_key_makes_the_period_due_and_the_past_version_keeps_its_own(acme, allocated):
    bill_in_force(acme, [charge("5", tags={"Team": "search"}), charge("3", tags={"squad": "mail", "Team": "search"})])
    allocate(acme.id, period=OCTOBER)
    assert by_team(acme) == {None: Decimal(8)}

    rules(acme, RULES + "tag_aliases: {team: [squad, Team]}\n")
    assert due_periods(acme.id) == [OCTOBER]
    run = allocate(acme.id, period=OCTOBER)

    assert by_team(acme) == {"mail": Decimal(3), "search": Decimal(5)}
    assert run.proof["holds"] is True
    with tenant(acme.id):
        first, last = RuleSet.objects.order_by("version")
        assert (parse(first.document).tag_aliases, parse(last.document).tag_aliases) == (
            {},
            {"team": ("squad", "Team")},
        )


def test_a_change_of_a_drivers_values_makes_the_period_due(acme):
    metric = RULES.replace("method: {kind: even}", "method: {kind: metric, driver: gb}") + (
        "drivers: [{key: gb, name: GB, dimension: team, unit: GB,"
        " values: [{date: 2026-10-01, value: payments, quantity: '3'}, {date: 2026-10-01, value: mail, quantity: '1'}]}]\n"
    )
    rules(acme, metric)
    bill_in_force(acme, CHARGES)
    allocate(acme.id, period=OCTOBER)
    assert by_team(acme)["mail"] == Decimal(27)

    rules(acme, metric.replace("quantity: '1'", "quantity: '2'"))

    assert due_periods(acme.id) == [OCTOBER]


def test_a_run_whose_mart_does_not_add_up_leaves_the_one_before_in_force(acme, allocated, monkeypatch):
    before = by_team(acme)
    load = runs_module.replace_mart

    def load_with_a_planted_defect(run, **options):
        load(run, **options)
        AllocatedCost.objects.filter(origin="direct").delete()

    monkeypatch.setattr(runs_module, "replace_mart", load_with_a_planted_defect)
    with pytest.raises(AllocationRefusedError, match="mart in Postgres"):
        allocate(acme.id, period=OCTOBER, again=True)

    assert by_team(acme) == before
    with tenant(acme.id):
        assert AllocationRun.objects.get(state="published").id == allocated.id
        assert AllocationRun.objects.exclude(pk=allocated.pk).get().state == "refused"


def test_a_crash_before_the_swap_leaves_the_run_before_in_force(acme, allocated, monkeypatch):
    before = by_team(acme)

    def crash(*args, **options):
        raise OSError("the disk is full")

    monkeypatch.setattr(runs_module, "replace_mart", crash)
    with pytest.raises(OSError, match="disk is full"):
        allocate(acme.id, period=OCTOBER, again=True)

    assert by_team(acme) == before


def test_a_worker_killed_after_its_files_are_there_and_before_the_swap_is_followed_by_the_same_run(
    acme, allocated, monkeypatch
):
    class KilledError(BaseException):
        """Nothing catches it, as nothing catches SIGKILL."""

    def killed(*args, **options):
        raise KilledError

    before = by_team(acme)
    with monkeypatch.context() as patched:
        patched.setattr(runs_module, "replace_mart", killed)
        with pytest.raises(KilledError):
            allocate(acme.id, period=OCTOBER, again=True)
    with tenant(acme.id):
        cut_off = AllocationRun.objects.get(state="running")
    left = lake.run_folder(acme.id, period=OCTOBER, run_id=cut_off.id)
    assert left.is_dir(), "the control: the files of the attempt that was cut off are there"

    run = allocate(acme.id, period=OCTOBER)

    assert (run.id, run.state, run.attempts) == (cut_off.id, "published", 2)
    assert by_team(acme) == before
    assert prove_run(acme.id, run_id=run.id).proof.holds


def test_a_worker_that_seemed_dead_leaves_the_run_to_the_one_that_began_it_anew(acme, allocated, monkeypatch):
    before, engine = by_team(acme), working_out_module.run_engine

    def run_while_another_takes_over(given, **options):
        result = engine(given, **options)
        with tenant(acme.id):
            AllocationRun.objects.filter(state="running").update(attempts=2)
        return result

    monkeypatch.setattr(working_out_module, "run_engine", run_while_another_takes_over)
    allocate(acme.id, period=OCTOBER, again=True)

    with tenant(acme.id):
        others = AllocationRun.objects.exclude(pk=allocated.pk).get()
    assert (others.state, others.attempts) == ("running", 2)
    assert not lake.run_folder(acme.id, period=OCTOBER, run_id=others.id).exists()
    assert by_team(acme) == before


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (OSError("the disk is full"), "the disk is full"),
        (MemoryError(), "There was not enough memory. It needs more than the memory there is."),
        (duckdb.OutOfMemoryException("could not allocate block"), "Whoever runs this site can give the workers more"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_run_that_breaks_off_rests_and_is_given_up_in_words_at_the_third_time(
    acme, allocated, monkeypatch, broken, words
):
    def crash(*args, **options):
        raise broken

    bill_in_force(acme, [charge("50", on=1)], period=OCTOBER)
    with monkeypatch.context() as patch:
        patch.setattr(working_out_module, "run_engine", crash)
        for _ in range(3):
            assert due_periods(acme.id) == [OCTOBER]
            with pytest.raises(type(broken)):
                allocate(acme.id, period=OCTOBER)
            assert due_periods(acme.id) == [], "it rests"
            with tenant(acme.id):
                AllocationRun.objects.filter(state="failed").update(
                    finished_at=F("finished_at") - timedelta(minutes=11)
                )
    assert due_periods(acme.id) == [], "it is given up"

    with tenant(acme.id):
        last = AllocationRun.objects.get(state="quarantined")
        assert AllocationRun.objects.get(state="published").id == allocated.id
        request_allocation(OCTOBER, organization_id=acme.id, by=Actor(id=None, name="Ada"))
    assert last.error.startswith("This run failed 3 times")
    assert words in last.error
    assert due_periods(acme.id) == [OCTOBER]
    assert allocate(acme.id, period=OCTOBER).state == "published"


def test_a_run_proves_again_from_its_files_and_the_mart(acme, allocated):
    proved = prove_run(acme.id, run_id=allocated.id)

    assert proved.proof.holds
    assert proved.is_in_force


def test_a_mart_that_was_tampered_with_does_not_prove(acme, allocated):
    with tenant(acme.id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE allocation_allocatedcost SET effective_cost = effective_cost + 0.000000000000000001"
            " WHERE origin = 'direct'"
        )

    proved = prove_run(acme.id, run_id=allocated.id)

    assert proved.proof.problems == ("The sums of the mart in Postgres differ from those of the files.",)


def test_a_ledger_file_that_was_tampered_with_does_not_prove(acme, allocated):
    file = lake.organization_folder(acme.id) / allocated.folder / "ledger.parquet"
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT * FROM read_parquet('{file}') LIMIT 2) TO '{file}.new' (FORMAT parquet)")
    file.with_name("ledger.parquet.new").replace(file)

    assert not prove_run(acme.id, run_id=allocated.id).proof.holds


def test_a_run_proves_also_when_the_drivers_and_rules_have_changed_since(acme, allocated):
    rules(acme, RULES.replace("[payments, search, mail]", "[payments]"))

    assert prove_run(acme.id, run_id=allocated.id).proof.holds


def test_another_organizations_run_cannot_be_proved(acme, globex, allocated):
    assert prove_run(globex.id, run_id=allocated.id) is None


def test_without_rules_everything_is_allocated_to_nobody(acme):
    bill_in_force(acme, CHARGES)
    allocate(acme.id, period=OCTOBER)

    with tenant(acme.id):
        rows = cost_rows(OCTOBER, by=["service_name"], rule_set=names_of(None))
    assert {row.groups[0]: row.billed_cost for row in rows} == {"EC2": Decimal(100), "S3": Decimal("10.75")}


def test_currencies_are_never_added(acme):
    bill_in_force(acme, [charge("1"), charge("2", currency="EUR")])
    allocate(acme.id, period=OCTOBER)

    with tenant(acme.id):
        rows = cost_rows(OCTOBER, by=[], rule_set=names_of(None))
    assert [(row.currency, row.effective_cost) for row in rows] == [("EUR", 2), ("USD", 1)]


def test_a_name_that_is_neither_column_nor_dimension_is_refused_with_those_there_are(acme, allocated):
    with tenant(acme.id), pytest.raises(UnknownGroupingError, match="Known: team, source_id"):
        cost_rows(OCTOBER, by=["planet"], rule_set=names_of(allocated.rule_set))


def test_a_scope_shows_its_values_and_nothing_else(acme, allocated):
    scoped = Visibility(sees_everything=False, values=(("team", ("payments",)),))

    assert by_team(acme, visibility=scoped) == {"payments": Decimal("40.833333333333")}


def test_no_scope_shows_nothing(acme, allocated):
    assert by_team(acme, visibility=Visibility(sees_everything=False)) == {}


def test_rules_come_back_as_they_were_given(acme):
    saved = rules(acme)

    with tenant(acme.id):
        assert exported(saved) == parse(RULES)


def test_the_same_rules_again_make_no_new_version(acme):
    assert rules(acme).version == rules(acme).version == 1


def test_the_mart_of_one_organization_is_not_seen_by_another(acme, globex, allocated):
    with tenant(globex.id):
        assert not AllocatedCost.objects.exists()
        assert not AllocationRun.objects.exists()


def test_a_period_asked_for_is_due_and_its_run_takes_the_place_in_line(acme, allocated):
    ada = Actor(id=member(acme, Role.OWNER).pk, name="ada@acme.example")
    with tenant(acme.id):
        asked, is_new = request_allocation(OCTOBER, organization_id=acme.id, by=ada)
        again, is_new_again = request_allocation(OCTOBER, organization_id=acme.id, by=ada)
    assert (is_new, is_new_again, again.id) == (True, False, asked.id)
    assert due_periods(acme.id) == [OCTOBER]

    run = allocate(acme.id, period=OCTOBER)

    assert (run.id, run.state, run.step) == (asked.id, "published", "")
    assert due_periods(acme.id) == []


def test_a_run_says_what_it_is_at(acme, monkeypatch):
    rules(acme)
    bill_in_force(acme, CHARGES)
    steps = []
    telling = runs_module._telling

    def hear(run):
        tell = telling(run)

        def told(step):
            tell(step)
            with tenant(acme.id):
                steps.append(AllocationRun.objects.get(pk=run.pk).step)

        return told

    monkeypatch.setattr(runs_module, "_telling", hear)
    allocate(acme.id, period=OCTOBER)

    assert steps == ["Classifying", "Sharing, stage 1", "Proving", "Loading the pages' sums"]


def test_a_run_that_was_begun_anew_is_left_to_its_worker(acme):
    with tenant(acme.id):
        run = AllocationRun.objects.create(
            organization=acme, billing_period=OCTOBER, state="running", inputs_sha256="", revisions={}, attempts=1,
            started_at=NOW,
        )  # fmt: skip
        seen = AllocationRun.objects.get(pk=run.pk)
        # Another sweep puts it back, and a worker takes it, before the first one acts on what it saw.
        runs_module._put_back(run)
        AllocationRun.objects.filter(pk=run.pk).update(state="running", attempts=2)

        runs_module._put_back(seen)

        run.refresh_from_db()
        assert (run.state, run.attempts, run.error) == ("running", 2, "")
