"""Coverage by month: what is there, what is not, and why."""

from datetime import UTC, date, datetime

import pytest

from ingestion.coverage import coverage, months_shown
from ingestion.models import Bill, BillRevision, BillSource, ImportRun
from itfm.core.tenancy import tenant

AT = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def source(acme):
    with tenant(acme.id):
        yield BillSource.objects.create(organization=acme, key="aws", name="AWS", kind="aws_cur")


def bill(source, month, *, through, revisions=1, in_force=True):
    owner = {"organization_id": source.organization_id}
    run, _ = ImportRun.objects.get_or_create(
        **owner, source=source, state="imported", defaults={"settings": {}, "trigger": "person", "not_before": AT}
    )
    found = Bill.objects.create(**owner, source=source, billing_period=date(2026, month, 1))
    for number in range(1, revisions + 1):
        revision = BillRevision.objects.create(
            **owner,
            bill=found,
            run=run,
            number=number,
            files=[],
            row_count=1,
            totals={},
            charges_through=through,
            imported_at=AT,
        )
    if in_force:
        found.current_revision = revision
        found.save()
    return found


def states(source):
    return {f"{month.period:%m}": (month.state, month.reason) for month in coverage([source], at=AT)[source.id][5:]}


def test_thirteen_months_end_with_the_current_one():
    months = months_shown(AT)

    assert (len(months), months[0], months[-1]) == (13, date(2025, 11, 1), date(2026, 11, 1))


def test_each_month_says_what_it_has(source):
    bill(source, 5, through=date(2026, 5, 31))
    bill(source, 6, through=date(2026, 6, 30), revisions=3)
    bill(source, 7, through=date(2026, 7, 20))
    bill(source, 9, through=None)
    bill(source, 10, through=date(2026, 10, 31), in_force=False)
    bill(source, 11, through=date(2026, 11, 9))

    assert states(source) == {
        "04": ("none", "Nothing was delivered up to then."),
        "05": ("complete", "Complete: charges through 31 May 2026."),
        "06": ("restated", "Complete, delivered 3 times; the last delivery is in force."),
        "07": ("partial", "Partial: charges through 20 Jul 2026, and the month has 31 days."),
        "08": (
            "missing",
            "Missing: there is no bill of this month. Have the provider export it again, then pull.",
        ),
        "09": ("complete", "Complete: charges without a day of use."),
        "10": ("missing", "Missing: no delivery of this bill is in force."),
        "11": ("under_way", "Under way: charges through 9 Nov 2026 so far."),
    }


def test_a_source_that_never_delivered_misses_nothing(source):
    assert {state for state, _ in states(source).values()} == {"none"}
