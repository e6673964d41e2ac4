"""The pages of regions: what has no name, saying what it is called, and reading bills again."""

import pytest
from django.urls import reverse

from ingestion.models import ImportRun, RegionMapping
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member
from tests.ingestion.pulls import connect, pull
from tests.ingestion.test_region_catalog import deliver, line_at


@pytest.fixture
def bills(acme, tmp_path):
    deliver(tmp_path / "bills", line_at("10", month=9), line_at("1.25"))
    source = connect(acme, tmp_path / "bills")
    pull(source)
    return source


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


def page(client):
    response = client.get(reverse("regions"))
    assert response.status_code == 200
    return response


def form(client, data=None, **region):
    address = reverse("region_map", query={"provider": "Cloud", "region": "moon-1", **region})
    return client.get(address) if data is None else client.post(address, data)


def test_an_administrator_says_what_a_region_is_called(owner, acme, bills):
    listed = page(owner).content.decode()
    assert 'href="/bills/regions/map?provider=Cloud&amp;region=moon-1"' in listed
    assert "Regions without a name" in listed
    assert form(owner).context["page"].unknown.charge_count == 2

    said = form(owner, {"name": "The Moon"})

    assert (said.status_code, said["Location"]) == (302, reverse("regions"))
    shown = page(owner)
    assert [one.name for one in shown.context["page"].mappings] == ["The Moon"]
    assert shown.context["page"].unknown == ()
    assert "Category" not in shown.content.decode()
    assert form(owner).context["page"].form.initial == {"name": "The Moon"}


def test_what_cannot_be_is_told_beside_the_field(owner, acme, bills):
    answer = form(owner, {"name": "x" * 201})

    assert answer.status_code == 422
    assert list(answer.context["page"].form.errors) == ["name"]
    with tenant(acme.id):
        assert not RegionMapping.objects.exists()


@pytest.mark.parametrize("region", ["", "\0"])
def test_an_address_that_names_no_region_is_none(owner, bills, region):
    assert form(owner, region=region).status_code == 404


def test_chosen_bills_wait_to_be_read_again(owner, acme, bills):
    form(owner, {"name": "The Moon"})
    outdated = page(owner).context["page"].outdated
    assert [f"{one.billing_period:%Y-%m}" for one in outdated] == ["2026-10", "2026-09"]

    answer = owner.post(reverse("services_read_again"), {"bill": [str(outdated[0].bill_id)]}, follow=True)

    assert "One bill waits to be read again." in answer.content.decode()
    with tenant(acme.id):
        assert len(ImportRun.objects.get(state="queued").read_again) == 1


def test_without_a_bill_chosen_the_list_is_shown_again(owner, bills):
    form(owner, {"name": "The Moon"})

    answer = owner.post(reverse("services_read_again"), {"list": "regions"}, follow=True)

    assert answer.redirect_chain == [(reverse("regions"), 302)]
    assert "Choose at least one bill" in answer.content.decode()


def test_a_mapping_can_be_removed(owner, bills):
    form(owner, {"name": "The Moon"})
    (mapping,) = page(owner).context["page"].mappings

    owner.post(reverse("region_unmap", args=[mapping.id]))

    shown = page(owner).context["page"]
    assert (len(shown.unknown), shown.mappings) == (1, ())


def test_who_may_only_read_is_offered_nothing_to_change(client, acme, bills):
    client.force_login(member(acme, Role.AUDITOR))

    text = page(client).content.decode()

    assert "Owners and administrators say what they are." in text
    assert "/bills/regions/map" not in text


def test_a_page_without_bills_says_what_to_do(owner):
    assert "No bill is in yet" in page(owner).content.decode()
