"""Very many members, cost centers and values: pages stay small, and whatever is looked for is searched on the server."""

import re
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from itfm.accounts.models import Membership, Scope
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.api.conftest import Program
from tests.conftest import key_of
from tests.web.large import CENTERS, MEMBERS, large
from tests.web.walk import WALK

MOST_BYTES, MOST_QUERIES, MOST_CHOICES = 300_000, 60, 60
SIZES = [
    # Each list is longer than a page already; the second is what is promised.
    pytest.param((150, 1_300), id="more than a page"),
    pytest.param((MEMBERS, CENTERS), id="as promised", marks=pytest.mark.slow),
]
CHOICES = re.compile(r"<(select|datalist)\b([^>]*)>(.*?)</\1>", re.DOTALL)
ZONES = 'name="time_zone"'
"""Names of time zones are as many in the smallest organization."""
OF_ANOTHER = {"design", "design_suggestions", "design_panel"}


@pytest.fixture
def everest(request, committed_db):
    """The organization, with the planner's figures collected as autovacuum does some time after a load."""
    members, centers = request.param
    made = large(members=members, centers=centers)
    with tenant(made.organization.id):
        place = Membership.objects.get(user=made.engineer)
        Scope.objects.create(organization=made.organization, membership=place, dimension="cost_center", value="C00000")
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    made.last_center, made.last_member = f"C{centers - 1:05}", f"person{members - 3:05}@everest.example"
    made.centers, made.place = centers, place.pk
    return made


def pages(everest):
    """Return the address of every page, list, form and completion that has members, cost centers or values in it."""
    plain = [
        reverse(name)
        for name, (arguments, method, _) in WALK.items()
        if not arguments and method == "get" and name not in OF_ANOTHER
    ]
    one = [
        reverse("member", args=[everest.place]),
        *(reverse(name, args=["C00000"]) for name in ("scorecard", "scorecard_csv", "letter")),
        reverse("scorecard", args=["C00001"]),
        reverse("allocation_dimension", args=["cost_center"]),
        reverse("allocation_rule", args=["product", "new"]),
        reverse("allocation_driver", args=["headcount"]),
    ]
    asked = [
        f"{reverse('showback')}?under=C00000",
        f"{reverse('showback')}?q=Center",
        f"{reverse('members')}?q=person",
        f"{reverse('member', args=[everest.place])}?dimension=cost_center&q=Center",
        f"{reverse('member', args=[everest.place])}?dimension=product&q=Product",
        f"{reverse('explore')}?by=product",
        f"{reverse('explore')}?by=cost_center",
        f"{reverse('explore_lines')}?by=cost_center",
        f"{reverse('explore_values')}?field=product&q=Product",
        f"{reverse('allocation_texts')}?kind=dimension&key=product&q=Product",
        f"{reverse('allocation_coverage')}?dimension=product",
    ]
    return [*plain, *one, *asked]


@contextmanager
def within_bounds(address):
    with CaptureQueriesContext(connection) as asked:
        answer = []
        yield answer
    (response,) = answer
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code in {200, 302, 403, 404}, address
    assert len(content) <= MOST_BYTES, f"{address}: {len(content):,} bytes"
    assert len(asked) <= MOST_QUERIES, f"{address}: {len(asked)} queries"
    for kind, attributes, choices in CHOICES.findall(content.decode(errors="replace")):
        assert ZONES in attributes or choices.count("<option") <= MOST_CHOICES, f"{address}: {kind}{attributes}"


@pytest.mark.parametrize("everest", SIZES, indirect=True)
def test_no_page_grows_with_the_number_of_members_cost_centers_and_values(client, everest):
    for user in (everest.owner, everest.engineer):
        client.force_login(user)
        for address in pages(everest):
            with within_bounds(address) as answer:
                answer.append(client.get(address))

    check_what_is_found(client, everest)
    check_the_tree(client, everest)
    check_the_api(everest)


def check_what_is_found(client, everest):
    client.force_login(everest.owner)

    def text(address, **query):
        return client.get(address, query).content.decode()

    assert everest.last_member not in text(reverse("members"))
    assert everest.last_member in text(reverse("members"), q=everest.last_member)
    place = reverse("member", args=[everest.place])
    assert everest.last_center not in text(place, dimension="cost_center")
    assert everest.last_center in text(place, dimension="cost_center", q=everest.last_center)
    value = f"Product {everest.centers - 1}"
    assert value in text(place, dimension="product", q=value)
    assert value in text(reverse("explore_values"), field="product", q=value)
    assert value in text(reverse("allocation_texts"), kind="dimension", key="product", q=value)


def check_the_tree(client, everest):
    """Every cost center costs 1 dollar: what is above has as many dollars as it has below it, and its own."""
    client.force_login(everest.owner)
    top = client.get(reverse("showback")).content.decode()
    level = client.get(reverse("showback"), {"under": "C00000"}).content.decode()
    second = client.get(reverse("showback"), {"q": "Center", "page": 2}).content.decode()

    assert f'value="{everest.centers}.000000000000000000"' in top
    assert "50 below" in re.sub(r"<[^>]+>", "", top)
    assert everest.last_center not in top
    assert level.count("data-center=") == 50
    assert "Center 0 itself" in level
    assert second.count("data-center=") == 100
    assert everest.last_center in client.get(reverse("showback"), {"q": everest.last_center}).content.decode()
    assert client.get(reverse("showback"), {"under": "C99999"}).status_code == 404
    whole = client.get(reverse("scorecard", args=["C00000"]), {"period": "2026-10"}).content.decode()
    assert f'value="{everest.centers}.000000000000000000"' in whole
    assert "within=C00000" in whole


def check_the_api(everest):
    program = Program(key_of(everest.organization, Role.OWNER))
    for address in ("members", "cost-centers", "drivers/headcount/values"):
        with within_bounds(address) as answer:
            answer.append(program.get(address))
        page = answer[0].json()
        assert len(page["items"]) <= 100
        assert page["next"], address
        assert program.get(f"{address}?cursor={page['next']}").json()["items"][0] not in page["items"]
    costs = program.get("costs?first=2026-10&by=product")
    assert costs.status_code == 200
    assert len(costs.content) <= MOST_BYTES
