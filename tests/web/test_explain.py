"""The Explain page: a slice in an address, the parts on the page, and nothing beside what somebody may see."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from allocation.costs.query import Filter
from allocation.explain.slices import Slice, SliceError
from allocation.services import allocate
from itfm.accounts.models import Membership, Scope
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.explain.address import query_of, run_of, slice_of
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER
from tests.allocation.explain.test_explain import CHARGES, apply
from tests.conftest import member
from tests.web.test_templatetags import rendered, words

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=20)
SLICES = st.builds(
    Slice,
    period=st.dates(date(2020, 1, 1), date(2030, 12, 31)).map(lambda day: day.replace(day=1)),
    currency=st.sampled_from(["USD", "EUR", "X Y&Z"]),
    cost=st.sampled_from(["billed_cost", "effective_cost"]),
    filters=st.lists(
        st.tuples(st.sampled_from(["team", "service_name"]), st.lists(st.none() | TEXTS, min_size=1, unique=True)),
        unique_by=lambda one: one[0],
    ).map(lambda pairs: tuple(Filter(name=name, values=tuple(values)) for name, values in pairs)),
    first_day=st.none() | st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    last_day=st.none() | st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)


@given(SLICES, st.none() | st.uuids())
def test_an_address_reads_back_as_the_slice_it_was_made_of(wanted, run_id):
    parameters = QueryDict(query_of(wanted, run_id=run_id))

    assert (slice_of(parameters), run_of(parameters)) == (wanted, run_id)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "no currency"),
        ("currency=USD", "not a billing period"),
        ("currency=USD&period=October", "'October' is not a billing period"),
        ("currency=USD&period=2026-10&cost=net", "'net' is no cost column. Known: billed_cost"),
        ("currency=USD&period=2026-10&first=1.10.", "'1.10.' is not a day"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(query, problem):
    with pytest.raises(SliceError, match=problem):
        slice_of(QueryDict(query))


@pytest.fixture
def allocated(acme):
    bill_in_force(acme, CHARGES)
    apply(acme)
    return acme


def page_of(client, user, *, team=None, **more):
    client.force_login(user)
    filters = () if team is None else (Filter(name="team", values=(team,)),)
    query = query_of(Slice(period=OCTOBER, currency="USD", filters=filters), **more)
    return client.get(f"{reverse('explain')}?{query}")


def engineer(organization, *teams):
    user = member(organization, Role.ENGINEER)
    with tenant(organization.id):
        membership = Membership.objects.get(user=user)
        for team in teams:
            Scope.objects.create(organization=organization, membership=membership, dimension="team", value=team)
    return user


def test_the_page_shows_parts_rules_and_proof(client, allocated):
    text = words(page_of(client, member(allocated, Role.FINANCE), team="payments").content.decode())
    text = text.replace("\N{NO-BREAK SPACE}", " ")

    # 9.50 of its own and two thirds of 100
    assert "Adds up exactly" in text
    assert "Own cost 2 bill lines, caught by the rules below 9.50" in text
    assert "Platform to teams Received in stage 1 from platform · by driver: 66.7 % of 100.00 USD" in text
    assert "Sum of the parts 76.17 Figure less parts, to the last digit 0" in text
    assert "100 \N{MULTIPLICATION SIGN} 2 ÷ 3" in text
    assert "66.666666666667 66.666666666666666666 calculated 0.000000000000333334 rounding" in text
    assert "Team: rule 2 When tag team exists: the text of tag team, in lower case 2 9.50" in text
    assert "Proof holds" in text
    assert "110.75" in text


def test_a_script_gets_the_part_and_not_the_page(client, allocated):
    client.force_login(member(allocated, Role.FINANCE))

    answer = client.get(f"{reverse('explain')}?period=2026-10&currency=USD", headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "data-drawer-part" in answer.content.decode()


def test_a_scoped_colleague_sees_her_part_and_no_sum_of_the_organization(client, allocated):
    text = words(page_of(client, engineer(allocated, "payments")).content.decode())

    assert "76.17" in text
    assert "110.75" not in text
    assert "search" not in text


@pytest.mark.parametrize("team", ["search", "platform", "no such team"])
def test_what_is_outside_her_scope_is_as_empty_as_what_is_not_there(client, allocated, team):
    answer = page_of(client, engineer(allocated, "payments"), team=team)

    assert answer.status_code == 200
    assert "There is no cost here that you may see" in answer.content.decode()
    assert "33.33" not in answer.content.decode()


def test_a_colleague_without_a_scope_sees_nothing(client, allocated):
    assert "There is no cost here that you may see" in page_of(client, engineer(allocated)).content.decode()


def test_another_organization_s_owner_finds_no_run(client, allocated, globex):
    with tenant(allocated.id):
        run_id = allocate(allocated.id, period=OCTOBER).id
    owner = member(globex, Role.OWNER)

    by_period, by_run, unknown = (
        page_of(client, owner), page_of(client, owner, run_id=run_id), page_of(client, owner, run_id=UUID(int=7)),
    )  # fmt: skip

    assert [one.status_code for one in (by_period, by_run, unknown)] == [404, 404, 404]
    assert words(by_run.content.decode()) == words(unknown.content.decode())


def test_an_address_that_cannot_be_read_says_what_is_wrong(client, allocated):
    client.force_login(member(allocated, Role.OWNER))

    answer = client.get(reverse("explain"), {"period": "2026-10", "currency": "USD", "is": "planet:x"})

    assert answer.status_code == 404
    assert "Costs have no &#x27;planet&#x27;. Known: team, source_id" in answer.content.decode()


def test_every_figure_of_the_overview_leads_to_its_parts(client, allocated):
    client.force_login(member(allocated, Role.OWNER))

    page = client.get(reverse("overview"), {"period": "2026-10"}).content.decode()

    assert 'aria-label="Explain 110.75\N{NO-BREAK SPACE}USD"' in page
    assert "period=2026-10&amp;currency=USD&amp;cost=effective_cost&amp;is=team%3Apayments" in page
    assert 'is=team" data-drawer-open="explain" aria-label="Explain 0.25\N{NO-BREAK SPACE}USD"' in page


def test_an_explained_amount_is_a_link_that_says_so():
    html = rendered("{% explained cost 'USD' query %}", cost=Decimal("1234.5"), query="period=2026-10&currency=USD")

    assert words(html) == "1,234.50 USD"
    assert 'href="/explain?period=2026-10&amp;currency=USD"' in html
    assert 'aria-label="Explain 1,234.50\N{NO-BREAK SPACE}USD"' in html


def test_what_is_unknown_or_has_no_slice_is_no_link():
    assert "<a" not in rendered("{% explained nothing 'USD' 'period=2026-10' %}", nothing=None)
    assert "<a" not in rendered("{% explained cost 'USD' '' in_column=True %}", cost=Decimal(1))
