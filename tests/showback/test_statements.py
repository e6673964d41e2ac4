"""A cost center's statement, by figures worked by hand from the mart's rows in `ledgers.py`."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from allocation.models import AllocationRun
from allocation.selectors import EVERYTHING, Visibility
from ingestion.models import BillRevision, BillSource, ImportRun
from itfm.core.tenancy import tenant
from showback.centers import center_tree, visible_center
from showback.models import CostCenter
from showback.statements import statement
from tests.showback.ledgers import AUGUST, JULY, OCTOBER, SEPTEMBER, ledgers


def of(organization, code, *, period=OCTOBER):
    with tenant(organization.id):
        return statement(CostCenter.objects.get(code=code), period=period, visibility=EVERYTHING)


def test_a_statement_has_direct_cost_shares_of_pools_credits_and_their_total(acme):
    ledgers(acme)

    (usd,) = of(acme, "2010").currencies

    assert [(line.name, line.months.now, line.months.before) for line in usd.lines] == [
        ("Direct cost", Decimal("1200.000000000000000001"), Decimal(1150)),
        ("Logging", Decimal(75), Decimal(50)),
        ("Credits", Decimal(-50), Decimal(0)),
    ]
    assert (usd.total.now, usd.total.before) == (Decimal("1225.000000000000000001"), Decimal(1200))


def test_a_share_says_how_much_of_its_pool_it_is_and_by_what_it_was_shared(acme):
    ledgers(acme)

    (usd,) = of(acme, "2010").currencies
    (logging,) = [line for line in usd.lines if line.kind == "shared"]

    assert (logging.share_percent, logging.shared_by) == (Decimal(75), "Ingested log volume")


def test_a_parent_has_what_all_below_it_have(acme):
    ledgers(acme)

    (usd,) = of(acme, "2000").currencies

    assert usd.total.now == Decimal("1550.000000000000000001")


def test_the_average_is_of_the_three_months_before_and_unknown_when_one_has_no_ledger(acme):
    ledgers(acme)

    (october,) = of(acme, "2010").currencies
    (september,) = of(acme, "2010", period=SEPTEMBER).currencies

    assert october.total.average == Decimal(700)  # (1,200 + 600 + 300) / 3
    assert september.total.average is None


def test_a_first_month_has_nothing_to_compare_with(acme):
    ledgers(acme)

    (july,) = of(acme, "2010", period=JULY).currencies

    assert (july.total.before, july.total.change, july.movers, july.causes(places=2)) == (None, None, (), ())


def test_movers_stand_by_the_size_of_their_change_and_sum_to_it(acme):
    ledgers(acme)

    (usd,) = of(acme, "2010").currencies

    assert [(mover.name, mover.change.quantize(Decimal("1.00")), mover.word) for mover in usd.movers] == [
        ("Storage", Decimal(-250), "gone"),
        ("Queue", Decimal(200), "new"),
        ("Compute", Decimal(100), "changed"),
        ("Credits", Decimal(-50), "new"),
        ("Logging", Decimal(25), "changed"),
    ]
    assert sum(mover.change for mover in usd.movers) == usd.total.change == Decimal("25.000000000000000001")


def test_the_parts_of_the_cause_sum_to_the_change_as_it_is_written(acme):
    ledgers(acme)

    (usd,) = of(acme, "2010").currencies

    assert [(part.name, part.change) for part in usd.causes(places=2)] == [
        ("Storage", Decimal("-250.00")),
        ("Queue", Decimal("200.00")),
        ("Compute", Decimal("100.00")),
        ("other", Decimal("-25.00")),
    ]


def test_a_period_is_final_once_every_bill_was_seen_after_its_end_and_is_in_the_ledger(acme):
    ledgers(acme)

    complete = of(acme, "2010").completeness

    assert complete.is_final
    assert complete.data_through == OCTOBER.replace(day=28)


def test_a_bill_last_seen_before_the_month_ended_keeps_it_an_estimate(acme):
    ledgers(acme)
    early = datetime(2026, 10, 31, 23, 59, tzinfo=UTC)
    with tenant(acme.id):
        BillRevision.objects.update(imported_at=early)
        ImportRun.objects.update(finished_at=early)

    assert of(acme, "2010").completeness.reasons == ("Payer was last pulled before the month ended.",)


def test_a_pull_that_found_nothing_new_after_the_end_makes_it_final(acme):
    ledgers(acme)
    with tenant(acme.id):
        BillRevision.objects.update(imported_at=datetime(2026, 10, 31, tzinfo=UTC))
        ImportRun.objects.update(state="unchanged")

    assert of(acme, "2010").completeness.is_final


def test_a_source_without_a_bill_is_waited_for_unless_it_came_later(acme):
    ledgers(acme)
    with tenant(acme.id):
        other = BillSource.objects.create(organization=acme, key="other", name="Other", kind="focus")
        BillSource.objects.filter(pk=other.pk).update(created_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert of(acme, "2010").completeness.is_final

    with tenant(acme.id):
        BillSource.objects.filter(pk=other.pk).update(created_at=datetime(2026, 10, 31, tzinfo=UTC))
    assert of(acme, "2010").completeness.reasons == ("Other has no bill yet.",)


def test_a_bill_that_is_not_allocated_keeps_it_an_estimate(acme):
    ledgers(acme)
    with tenant(acme.id):
        AllocationRun.objects.update(revisions={})

    assert of(acme, "2010").completeness.reasons == ("The newest bill of a source is not allocated yet.",)


def test_the_trend_has_every_month_with_a_ledger(acme):
    ledgers(acme)

    with tenant(acme.id):
        found = statement(CostCenter.objects.get(code="2020"), period=OCTOBER, visibility=EVERYTHING).trend

    assert found == {"USD": {JULY: 0, AUGUST: 0, SEPTEMBER: 0, OCTOBER: Decimal(325)}}


def test_the_tree_sums_up_and_leaves_nothing_out(acme):
    ledgers(acme)

    with tenant(acme.id):
        tree = center_tree(OCTOBER, before=SEPTEMBER, visibility=EVERYTHING)

    assert [(one.center.code, one.depth, one.now["USD"].quantize(Decimal("1.00"))) for one in tree.rows] == [
        ("2000", 0, Decimal("1550.00")),
        ("2010", 1, Decimal("1225.00")),
        ("2020", 1, Decimal("325.00")),
        ("9020", 0, Decimal("0.00")),
    ]
    assert tree.outside == {"USD": Decimal(10)}


def test_a_scope_cuts_the_tree_to_its_branch(acme):
    ledgers(acme)
    payments = Visibility(sees_everything=False, values=(("cost_center", ("2010",)),))

    with tenant(acme.id):
        tree = center_tree(OCTOBER, before=SEPTEMBER, visibility=payments)

        assert [(one.center.code, one.depth) for one in tree.rows] == [("2010", 0)]
        assert visible_center("2010", visibility=payments).name == "Payments"
        with pytest.raises(CostCenter.DoesNotExist):
            visible_center("2020", visibility=payments)
