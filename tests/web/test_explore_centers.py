"""Cost centers in Explore are read by their names; files keep their codes as they are."""

import io

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from itfm.accounts.models import Membership, Scope
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.explore.centers import CenterNames
from tests.conftest import member
from tests.showback.ledgers import ledgers

OCTOBER = {"first": "2026-10", "last": "2026-10", "by": "cost_center"}


@pytest.fixture
def owner(client, acme):
    ledgers(acme)
    client.force_login(member(acme, Role.OWNER))
    return client


def scoped(organization, dimension, value):
    user = member(organization, Role.ENGINEER)
    with tenant(organization.id):
        place = Membership.objects.get(user=user)
        Scope.objects.create(organization=organization, membership=place, dimension=dimension, value=value)
    return user


def test_table_chart_filter_and_trail_show_name_and_code(owner):
    page = owner.get(reverse("explore"), {**OCTOBER, "is": "cost_center:2010"}).content.decode()

    assert '<span class="name">Payments (2010)</span>' in page
    assert '"name": "Payments (2010)"' in page or "Payments (2010)" in page.split("application/json")[1]
    assert "Cost center is</span> Payments (2010)</span>" in page
    assert "Cost center: Payments (2010)" in page


def test_the_overview_of_finance_names_cost_centers_in_tables_and_chart(owner):
    page = owner.get(reverse("overview"), {"period": "2026-10"}).content.decode()

    assert "Effective cost by cost center" in page
    assert '<span class="name">Payments (2010)</span>' in page
    assert "Payments (2010)" in page.split("application/json")[1]


def test_an_export_keeps_the_code_and_has_the_name_in_a_column_of_its_own(owner):
    question = {**OCTOBER, "granularity": "total"}
    lines = owner.get(reverse("explore_export"), question).content.decode().splitlines()
    table = pq.read_table(
        io.BytesIO(owner.get(reverse("explore_export"), {**question, "format": "parquet"}).content)
    ).to_pylist()

    assert lines[:2] == [
        '"Cost center","currency","Cost center name","total effective_cost"',
        '"2010","USD","Payments",1225.000000000000000001',
    ]
    assert '"Unallocated","USD","",10' in lines
    assert (table[0]["Cost center"], table[0]["Cost center name"]) == ("2010", "Payments")


@pytest.mark.parametrize("typed", ["paym", "PAYMENTS (20", "2010"])
def test_a_cost_center_is_found_by_its_name_while_typing(owner, typed):
    found = owner.get(reverse("explore_values"), {**OCTOBER, "field": "cost_center", "q": typed}).json()["items"]

    assert found == [{"value": "2010", "label": "Payments (2010)", "hint": ""}]


@pytest.mark.parametrize("typed", ["payments", "Payments (2010)", "2010"])
def test_a_name_typed_in_full_means_its_code(owner, typed):
    form = {**OCTOBER, "filter_field": "cost_center", "filter_relation": "is", "filter_value": typed}

    sent = owner.get(reverse("explore"), form)

    assert "is=cost_center%3A2010" in sent.url


def test_two_cost_centers_of_one_name_are_not_guessed_between():
    names = CenterNames(names={"1": "Shared", "2": "Shared", "3": "Web"})

    assert names.code_of("shared") == "shared"
    assert names.code_of("web") == "3"
    assert names.codes_named_like("SHARED") == ["1", "2"]
    assert names.codes_named_like(" ") == []


def test_the_name_of_a_cost_center_beside_her_tree_is_not_told(client, acme):
    ledgers(acme)
    client.force_login(scoped(acme, "cost_center", "2010"))

    own = client.get(reverse("explore"), OCTOBER).content.decode()
    beside = client.get(reverse("explore"), {**OCTOBER, "is": "cost_center:2020"}).content.decode()
    values = client.get(reverse("explore_values"), {**OCTOBER, "field": "cost_center", "q": "check"}).json()
    guessed = client.get(
        reverse("explore"),
        {**OCTOBER, "filter_field": "cost_center", "filter_relation": "is", "filter_value": "Checkout"},
    )

    assert "Payments (2010)" in own
    assert "Checkout" not in own + beside
    assert values["items"] == []
    assert "cost_center%3ACheckout" in guessed.url
