"""The page of the design system: for who runs the site, with every part on it."""

import pytest
from django.urls import reverse

from itfm.core.policy import Role
from tests.conftest import member, person


@pytest.fixture
def staff(client, db):
    user = person("ops@example.com")
    user.is_staff = True
    user.save()
    client.force_login(user)
    return user


def test_who_runs_the_site_sees_every_part_without_belonging_to_an_organization(client, staff):
    response = client.get(reverse("design"))

    assert response.status_code == 200
    assert "What are the pages made of?" in response.content.decode()


def test_an_owner_who_does_not_run_the_site_finds_no_such_page(client, acme):
    client.force_login(member(acme, Role.OWNER))

    assert client.get(reverse("design")).status_code == 404


def test_the_table_is_sorted_by_address(client, staff):
    page = client.get(reverse("design"), {"sort": "team"}).context["page"]

    assert [row.key for row in page.tables[0].rows][-1] == "Unallocated"
    assert page.tables[0].columns[0].sorted == "ascending"


def test_a_column_that_is_not_chosen_is_not_shown(client, staff):
    page = client.get(reverse("design"), {"column": ["team", "cost"]}).context["page"]

    assert [column.key for column in page.tables[0].shown_columns] == ["team", "cost"]


def test_suggestions_contain_what_is_typed_and_say_when_there_are_more(client, staff):
    few = client.get(reverse("design_suggestions"), {"q": "sql"}).json()
    many = client.get(reverse("design_suggestions"), {"q": ""}).json()

    assert [item["value"] for item in few["items"]] == ["Amazon SQL", "Google SQL", "Microsoft SQL"]
    assert few["has_more"] is False
    assert len(many["items"]) == 20
    assert many["has_more"] is True
