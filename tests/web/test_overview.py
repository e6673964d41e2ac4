"""The Overview: causes that sum to the change, how far the data reaches, what waits, and how much it asks."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from allocation.costs import answer
from allocation.models import AllocationRun
from allocation.selectors import EVERYTHING
from allocation.services import allocate
from ingestion.models import BillRevision, BillSource, Finding, ImportRun
from ingestion.renewals import Term
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.overview import build
from itfm.web.overview.movers import costs_by_origin, movers
from itfm.web.overview.page import CurrencyOverview, DataState, TrendPoint
from itfm.web.overview.renewals import renewal_rows
from itfm.web.overview.states import data_states
from itfm.web.overview.tasks import prepare_overview
from itfm.web.shell.page import OrganizationChoice, Shell
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge, day
from tests.allocation.explain.test_explain import CHARGES, RULES, apply
from tests.conftest import NOW, member
from tests.web.test_explain import engineer
from tests.web.test_templatetags import words

SEPTEMBER = date(2026, 9, 1)


def row(cost, team, service, origin="direct"):
    return (team, origin, service), Decimal(cost)


def moved(now, before):
    return movers(costs_by_origin(now), costs_by_origin(before), query_of_value=lambda value: f"team:{value or ''}")


def test_the_causes_of_a_change_sum_to_it_the_smallest_ones_together():
    # now - before: EC2 +1,900, shared +700, S3 -230, and SQS +5, SNS +2, KMS 0: 2 others of +7; in all +2,377
    [payments] = moved(
        [
            row("2900", "payments", "EC2"),
            row("400", "payments", "EC2", "platform"),
            row("300", "payments", "S3", "platform"),
            row("70", "payments", "S3"),
            row("5", "payments", "SQS"),
            row("3", "payments", "SNS"),
            row("1", "payments", "KMS"),
        ],
        [
            row("1000", "payments", "EC2"),
            row("300", "payments", "S3"),
            row("1", "payments", "SNS"),
            row("1", "payments", "KMS"),
        ],
    )

    assert payments.change == 2377
    assert [(cause.name, cause.change, cause.is_new, cause.has_ended) for cause in payments.causes] == [
        ("EC2", 1900, False, False),
        ("shared cost (platform)", 700, True, False),
        ("S3", -230, False, False),
        ("2 others", 7, False, False),
    ]
    # 2,377 of 1,302
    assert round(payments.change_percent, 4) == Decimal("182.5653")


def test_the_five_largest_changes_come_first_whatever_their_direction():
    now = [row(str(10 * number), f"team {number}", "S3") for number in range(1, 8)]

    found = moved(now, [row("65", "gone", "S3"), row("10", "team 1", "S3")])

    assert [(one.name, one.change) for one in found] == [
        ("team 7", 70),
        ("gone", -65),
        ("team 6", 60),
        ("team 5", 50),
        ("team 4", 40),
    ]
    assert found[1].causes[0].has_ended


def test_no_digit_of_a_large_change_is_lost():
    [one] = moved(
        [row("12345678901234567890.000000000000000003", None, None)], [row("0.000000000000000001", None, None)]
    )

    assert one.change == Decimal("12345678901234567890.000000000000000002")
    assert (one.name, one.query, one.causes[0].name) == ("Unallocated", "team:", "charges without a service")


def revision(*, through, imported_at=NOW):
    return BillRevision(totals={"USD": {}}, charges_through=through, imported_at=imported_at)


@pytest.mark.parametrize(
    ("revisions", "through", "is_complete"),
    [
        ([revision(through=day(31))], day(31), True),
        ([revision(through=day(20), imported_at=datetime(2026, 10, 21, tzinfo=UTC))], day(20), False),
        # Delivered after the month was over: the service was not used after the 20th.
        ([revision(through=day(20))], day(20), True),
        (
            [revision(through=day(31)), revision(through=day(20), imported_at=datetime(2026, 10, 21, tzinfo=UTC))],
            day(20),
            False,
        ),
        ([revision(through=None)], None, True),
    ],
)
def test_a_month_is_complete_when_every_bill_covers_it_or_came_after_its_end(revisions, through, is_complete):
    state = data_states(OCTOBER, revisions)["USD"]

    assert (state.through, state.is_complete) == (through, is_complete)


def overview(total, state):
    return CurrencyOverview(
        currency="USD",
        total=Decimal(total),
        previous_total=None,
        values=(),
        daily=None,
        reconciliation=None,
        state=state,
    )


def test_the_run_rate_takes_the_other_days_to_cost_as_those_so_far():
    state = DataState(first_day=OCTOBER, last_day=day(31), through=day(10), is_complete=False)

    found = overview("620", state)

    # 620 over 10 days are 62 a day; 31 days of that are 1,922
    assert (state.day_count, state.missing_day_count) == (10, 21)
    assert (found.daily_rate, found.run_rate) == (62, 1922)


def test_the_run_rate_of_a_complete_month_is_the_month():
    state = DataState(first_day=OCTOBER, last_day=day(31), through=day(10), is_complete=True)

    assert (overview("620", state).daily_rate, overview("620", state).run_rate) == (20, 620)


def test_bars_of_the_trend_are_as_long_as_the_longest():
    points = [("200", "10"), ("100", "1"), ("0", "0")]
    trend = tuple(TrendPoint(period=OCTOBER, total=Decimal(a), unallocated=Decimal(b)) for a, b in points)

    assert [one.unallocated_percent for one in trend] == [5, 1, None]
    assert replace(overview("1", None), trend=trend).trend_scale == 5
    assert overview("1", None).trend_scale == 1


@pytest.fixture
def allocated(acme):
    """Two months: September without the pool, and October."""
    september = [charge("4", on=SEPTEMBER, tags={"team": "payments"}, service_name="S3"), charge("1", on=SEPTEMBER)]
    bill_in_force(acme, september, period=SEPTEMBER)
    bill_in_force(acme, CHARGES)
    apply(acme)
    allocate(acme.id, period=SEPTEMBER)
    return acme


def shown(client, user, **parameters):
    client.force_login(user)
    html = client.get(reverse("overview"), {"period": "2026-10", **parameters}).content.decode()
    return words(html).replace("\N{NO-BREAK SPACE}", " ")


def test_a_month_says_what_moved_what_stays_and_that_it_is_complete(client, allocated):
    text = shown(client, member(allocated, Role.FINANCE))

    # payments: 76.166... - 4: 66.666... of the platform, 2 of EC2 which is new, and S3 7.5 - 4
    assert (
        "payments ▲ increase of 72.17 · 1,804.2 % Up: shared cost (platform) + 66.67 (new), S3 + 3.50 , EC2 + 2.00 (new)"
        in text
    )
    assert "Total of October 2026 110.75 USD" in text
    assert "Complete" in text
    assert "Run rate 3.57 USD a day, the total by 31 days" in text
    # 0.25 of 110.75 and 1 of 5
    assert "October 2026 0.25 0.2 % September 2026 1.00 20.0 %" in text


def test_a_month_that_is_not_over_is_an_estimate_against_the_same_days(client, allocated):
    with tenant(allocated.id):
        BillRevision.objects.filter(bill__billing_period=OCTOBER).update(
            charges_through=day(3), imported_at=datetime(2026, 10, 4, tzinfo=UTC)
        )
    bill_in_force(allocated, [charge("4", on=SEPTEMBER), charge("90", on=date(2026, 9, 4))], period=SEPTEMBER)
    allocate(allocated.id, period=SEPTEMBER)

    text = shown(client, member(allocated, Role.FINANCE))

    # 110.75 in three days; 4.00 in the first three of September. 110.75 / 3 x 31 = 1,144.4166...
    assert "Month to date 110.75 USD ▲ increase of 106.75 · 2,668.8 % against the same days of the month before" in text
    assert "Estimated data through 3 Oct 2026" in text
    assert "Run rate 1,144.42 USD if the other 28 days cost as the 3 so far: 36.92 USD a day" in text


def test_a_scoped_colleague_sees_no_trend_of_the_organization(client, allocated):
    text = shown(client, engineer(allocated, "payments"))

    assert "76.17" in text
    assert "stay unallocated" not in text
    assert "What waits for you" not in text


def test_a_colleague_without_a_scope_is_told_what_to_do(client, allocated):
    assert "There is no cost in October 2026 that you may see" in shown(client, engineer(allocated))


def test_one_currency_is_shown_and_the_others_are_a_link_away(client, acme):
    bill_in_force(acme, [charge("5", currency="EUR"), charge("900", currency="USD")])
    apply(acme)
    owner = member(acme, Role.OWNER)

    first, chosen, unknown = (
        shown(client, owner),
        shown(client, owner, currency="EUR"),
        shown(client, owner, currency="X"),
    )

    assert "Total of October 2026 900.00 USD" in first
    assert "Total of October 2026 5.00 EUR" in chosen
    assert "900.00" not in chosen
    assert "Total of October 2026 900.00 USD" in unknown
    html = client.get(reverse("overview"), {"period": "2026-10", "currency": "EUR"}).content.decode()
    assert 'href="?period=2026-10&amp;currency=EUR" aria-current="true"' in html


def test_the_lens_says_what_costs_are_grouped_by_and_is_kept(client, allocated):
    product = (
        "  - {key: product, name: Product, rules: [{when: {column: service_name, equals: EC2}, value: machines}]}\n"
    )
    apply(allocated, RULES.replace("splits:", product + "splits:"))
    owner = member(allocated, Role.OWNER)
    through_finance = shown(client, owner)

    chosen = client.post(f"{reverse('overview_lens')}?period=2026-10&currency=USD&lens=engineering")
    html = client.get(chosen["Location"]).content.decode()

    assert chosen["Location"] == f"{reverse('overview')}?period=2026-10&currency=USD&lens=engineering"
    assert re.search(r'lens=engineering" aria-current="true">Engineering', html)
    assert "Effective cost by team" in through_finance
    assert "Effective cost by product" in shown(client, owner)
    assert client.get(reverse("overview"), {"lens": "sideways"}).status_code == 404


def test_what_failed_and_what_was_found_waits_for_those_who_can_act(client, allocated):
    with tenant(allocated.id):
        found = BillRevision.objects.get(bill__billing_period=OCTOBER)
        run = ImportRun.objects.create(
            organization=allocated, source=found.bill.source, settings={}, trigger="schedule", state="failed",
            error_message="The bucket does not answer.", not_before=NOW, finished_at=timezone.now(),
        )  # fmt: skip
        Finding.objects.create(
            organization=allocated, run=run, revision=found, number=1, code="odd", severity="warning", message="Odd."
        )
        AllocationRun.objects.create(
            organization=allocated, billing_period=SEPTEMBER, state="refused", inputs_sha256="", revisions={},
            error="A split cell does not sum to zero.", started_at=timezone.now(),
        )  # fmt: skip

    finance, colleague = shown(client, member(allocated, Role.FINANCE)), shown(client, engineer(allocated, "payments"))

    for waiting in (
        "AWS: the last import did not succeed The bucket does not answer.",
        "AWS: 1 finding in this bill",
        "September 2026: the last allocation was not published A split cell does not sum to zero.",
    ):
        assert waiting in finance
        assert waiting not in colleague


CENTER = "  - {key: cost_center, name: Cost center, rules: [{when: {tag: team, exists: true}, value: '2010'}]}\n"


@pytest.mark.parametrize(
    ("rules", "moved"),
    [
        (RULES, ["payments", "search", "Unallocated"]),
        (RULES.replace("splits:", f"{CENTER}splits:"), ["Unallocated", "2010"]),
    ],
)
def test_the_page_asks_at_most_twelve_questions_of_tables(allocated, rules, moved):
    apply(allocated, rules)
    allocate(allocated.id, period=SEPTEMBER)
    here = OrganizationChoice(id=allocated.id, name="Acme", role=Role.OWNER, is_current=True)
    shell = Shell(section="overview", organization=here, organizations=(here,), person_name="A", person_email="a@b.c")

    with tenant(allocated.id), CaptureQueriesContext(connection) as asked:
        page = build.overview_page(
            shell=shell, period=OCTOBER, currency=None, lens="finance", visibility=EVERYTHING,
            permissions=frozenset({"bills.read", "rules.read"}), at=NOW,
        )  # fmt: skip

    assert sum(" FROM " in one["sql"] for one in asked.captured_queries) <= 12
    assert page.overview.reconciliation.difference == 0
    assert [mover.name for mover in page.overview.movers] == moved


def test_what_the_page_asks_is_worked_out_before_anybody_opens_it(client, allocated, monkeypatch, empty_cache):
    owner = member(allocated, Role.OWNER)
    empty_cache()

    prepare_overview(organization_id=str(allocated.id), billing_period="2026-10-01")

    monkeypatch.setattr(answer, "_worked_out", lambda *_, **__: pytest.fail("asked again"))
    assert "Total of October 2026 110.75 USD" in shown(client, owner)
    prepare_overview(organization_id=str(allocated.id), billing_period="2020-01-01")  # no run: nothing to work out


def test_contracts_that_end_soon_say_what_to_decide_and_lead_to_their_cost(client, allocated):
    with tenant(allocated.id):
        source_id = BillSource.objects.get().id
    today = date(2026, 11, 29)
    term = Term(
        source_id=source_id, period=OCTOBER, contract="1", name="Figma Organization", vendor="Figma",
        ends_on=date(2026, 11, 30), notice_by=date(2026, 9, 1), renews_by_itself=True,
        amounts={"USD": Decimal("34572.8"), "EUR": Decimal(7)}, seats=64, seats_active=31,
    )  # fmt: skip
    later = replace(term, notice_by=date(2026, 12, 1), renews_by_itself=False, seats_active=None)
    silent = replace(term, notice_by=None, seats=None)
    unsaid = replace(silent, renews_by_itself=None)

    rows = renewal_rows([term, later, silent, unsaid], today=today, lens="finance")

    assert [(row.about, row.decision, row.is_late) for row in rows] == [
        ("Figma, 1, 31 of 64 seats in use", "Notice was due 1 Sep 2026; renews by itself", True),
        ("Figma, 1, 64 seats", "Notice by 1 Dec 2026; ends unless renewed", False),
        ("Figma, 1", "Renews by itself", False),
        ("Figma, 1", "", False),
    ]
    assert rows[0].amounts == (("EUR", Decimal(7)), ("USD", Decimal("34572.8")))
    assert parse_qs(urlsplit(rows[0].url).query)["is"] == [f"source_id:{source_id}", "sub_account_id:1"]
    client.force_login(member(allocated, Role.FINANCE))
    assert client.get(rows[0].url).status_code == 200


@pytest.mark.parametrize(("role", "sees"), [(Role.FINANCE, True), (Role.AUDITOR, True), (Role.VIEWER, False)])
def test_who_reads_bills_is_told_of_contracts(client, allocated, monkeypatch, role, sees):
    told = Term(
        source_id=UUID(int=1), period=OCTOBER, contract="FIG-1", name="Figma Organization", vendor="Figma",
        ends_on=date(2026, 11, 30), notice_by=None, renews_by_itself=True, amounts={"USD": Decimal("34572.8")},
        seats=None, seats_active=None,
    )  # fmt: skip
    monkeypatch.setattr(build, "coming_renewals", lambda statuses, **_: [told] if statuses else [])

    text = shown(client, member(allocated, role))

    assert ("Which contracts end soon?" in text) is sees
    assert ("34,572.80 USD" in text) is sees
