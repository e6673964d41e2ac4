"""Runs that take over what did not change, as the organization meets them: every figure is that of a run over all."""

from decimal import Decimal

import pytest

from allocation.costs.answer import answer
from allocation.costs.query import CostQuery, Filter
from allocation.engine.rules import parse
from allocation.engine.run_files import PATCH, file_of, replaced_blocks
from allocation.explain.selectors import explain
from allocation.explain.slices import Slice
from allocation.ledgers import run_replaced_by, value_changes
from allocation.models import AllocationRun, DriverValue
from allocation.selectors import EVERYTHING
from allocation.services import allocate, publish_rules
from allocation.services import working_out as working_out_module
from allocation.services.mart import DAILY, MART
from allocation.services.proofs import prove_run
from itfm.core import lake
from itfm.core.tenancy import tenant
from showback.effects import _sums
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge, day
from tests.allocation.test_parts import stored_of
from tests.conftest import NOW

RULES = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
  - {key: cost_center, name: Cost center, rules: [{when: {dimension: team, equals: search}, value: "2010"}]}
splits:
  - {key: platform, name: Platform, stage: 1, pool: {dimension: team, equals: platform}, window: {kind: day},
     receivers: {dimension: team, one_of: [payments, search]}, method: {kind: proportional}}
  - {key: logs, name: Logs, stage: 2, pool: {dimension: team, equals: logs}, window: {kind: day},
     receivers: {dimension: team, one_of: [payments, search]}, method: {kind: metric, driver: gb}}
drivers:
  - {key: gb, name: GB, dimension: team, unit: GB}
"""
CHARGES = [
    charge(str(10 * on + at), on=on, tags={"team": team}, service_name=f"EC{at % 2}", sub_account_id="1")
    for on in range(1, 9)
    for at, team in enumerate(["platform", "logs", "payments", "search"])
]
LATE = charge("7.000000000000000001", on=2, tags={"team": "search"}, service_name="Late")


def publish(organization, text=RULES):
    with tenant(organization.id):
        return publish_rules(parse(text), organization_id=organization.id, published_by=None, at=NOW)[0]


def measured(organization, *, on=None, quantity="1"):
    with tenant(organization.id):
        for one in range(1, 9) if on is None else [on]:
            for team, size in (("payments", quantity), ("search", "3")):
                DriverValue.objects.update_or_create(
                    organization=organization,
                    driver="gb",
                    date=day(one),
                    value=team,
                    defaults={"quantity": Decimal(size)},
                )


@pytest.fixture
def allocated(acme):
    publish(acme)
    measured(acme)
    bill_in_force(acme, CHARGES, keeps_lines=True)
    return allocate(acme.id, period=OCTOBER)


def folder_of(run):
    return lake.organization_folder(run.organization_id) / run.folder


def figures(organization):
    """Return what pages tell of the month, and how a figure is explained."""
    questions = [
        {"by": ("team", "service_name")},
        {"by": ("team",), "granularity": "day"},
        {"by": ("service_name", "origin"), "granularity": "day"},
        {"by": ("team", "charge_date")},
        {"by": ("service_name",), "filters": (Filter(name="team", values=("search",)),), "granularity": "day"},
    ]
    search = Slice(period=OCTOBER, currency="USD", filters=(Filter(name="team", values=("search",)),))
    with tenant(organization.id):
        told = [answer(CostQuery(first=OCTOBER, last=OCTOBER, **one)) for one in questions]
        found = explain(search, visibility=EVERYTHING)
    assert found.is_exact
    explained = (found.figure, found.direct, found.received, found.handed_on, found.classifications, found.row_count)
    mart = [stored_of(organization, table) for table in (MART, DAILY)]
    return [one.currencies for one in told], explained, mart


CHANGES = {
    "a restated day": lambda acme: bill_in_force(acme, [*CHARGES, LATE], keeps_lines=True),
    "a day that is gone": lambda acme: bill_in_force(
        acme, [one for one in CHARGES if one["charge_date"] != day(5)], keeps_lines=True
    ),
    "a bill of another source": lambda acme: bill_in_force(acme, [LATE], key="azure", keeps_lines=True),
    "a driver's day": lambda acme: measured(acme, on=3, quantity="9"),
    "a split": lambda acme: publish(acme, RULES.replace("{kind: metric, driver: gb}", "{kind: even}")),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_every_figure_is_that_of_a_run_over_everything(acme, allocated, change):
    before = figures(acme)
    CHANGES[change](acme)

    run = allocate(acme.id, period=OCTOBER)

    assert (folder_of(run) / PATCH).is_file()
    assert not (folder_of(allocated) / PATCH).exists()
    found, proved = figures(acme), prove_run(acme.id, run_id=run.id)
    assert found != before
    assert proved.proof.holds, proved.proof.problems
    assert allocate(acme.id, period=OCTOBER).id == run.id, "nothing has changed since"
    whole = allocate(acme.id, period=OCTOBER, again=True)
    assert not (folder_of(whole) / PATCH).exists()
    assert figures(acme) == found
    assert whole.proof["measured"]["steps"] == run.proof["measured"]["steps"]
    assert whole.proof["drivers"] == run.proof["drivers"]


@pytest.mark.django_db
def test_one_change_after_the_other(acme, allocated):
    changes = [
        CHANGES["a restated day"],
        CHANGES["a driver's day"],
        CHANGES["a split"],
        lambda acme: bill_in_force(acme, [*CHARGES, LATE, charge("1", on=4, tags={"team": "logs"})], keeps_lines=True),
    ]
    for change in changes:
        change(acme)
        run = allocate(acme.id, period=OCTOBER)
        assert (folder_of(run) / PATCH).is_file()
        assert prove_run(acme.id, run_id=run.id).proof.holds
    found = figures(acme)

    allocate(acme.id, period=OCTOBER, again=True)

    assert figures(acme) == found


@pytest.mark.django_db
def test_what_a_change_did_is_told_across_patch_and_ledger(acme, allocated):
    CHANGES["a restated day"](acme)
    run = allocate(acme.id, period=OCTOBER)

    with tenant(acme.id):
        (change,) = [one for one in value_changes(run_replaced_by(run), run, dimension="team") if one.value == "search"]
    assert change.after > change.before + 7
    assert _sums(run, ["2010"])["USD"] - _sums(allocated, ["2010"])["USD"] == change.after - change.before


@pytest.mark.django_db
def test_the_run_before_may_go_and_its_ledger_stays(acme, allocated):
    CHANGES["a restated day"](acme)
    run = allocate(acme.id, period=OCTOBER)
    for file in folder_of(allocated).iterdir():
        file.unlink()

    assert prove_run(acme.id, run_id=run.id).proof.holds


@pytest.mark.django_db
def test_a_patch_that_somebody_changed_proves_nothing(acme, allocated):
    CHANGES["a restated day"](acme)
    run = allocate(acme.id, period=OCTOBER)
    assert {block.charge_date for block in replaced_blocks(folder_of(run))} == {day(2)}
    (folder_of(run) / PATCH).write_bytes(file_of(folder_of(run), "ledger").read_bytes())

    assert not prove_run(acme.id, run_id=run.id).proof.holds


@pytest.mark.django_db
def test_an_organization_of_spark_is_allocated_as_a_whole(acme, allocated, monkeypatch):
    class Elsewhere:
        """An engine that is not DuckDB, and does what DuckDB does."""

        def __init__(self, local):
            self.local, self.session = local, local.session

    real = working_out_module.engine_of
    monkeypatch.setattr(working_out_module, "engine_of", lambda *args, **more: Elsewhere(real(*args, **more)))
    CHANGES["a restated day"](acme)

    run = allocate(acme.id, period=OCTOBER)

    assert not (folder_of(run) / PATCH).exists()
    assert run.state == AllocationRun.State.PUBLISHED
