"""The pages of services: what has no category, saying what it is, and reading bills again."""

import pytest
from django.urls import reverse

from ingestion.models import ImportRun, ServiceMapping
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member
from tests.ingestion.pulls import connect, pull
from tests.ingestion.test_service_catalog import deliver, unknown_line

KIND = "Web | Application Platforms"


@pytest.fixture
def bills(acme, tmp_path):
    deliver(tmp_path / "bills", unknown_line("10", month=9), unknown_line("1.25"))
    source = connect(acme, tmp_path / "bills")
    pull(source)
    return source


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


def page(client):
    response = client.get(reverse("services"))
    assert response.status_code == 200
    return response


def form(client, data=None, **service):
    address = reverse("service_map", query={"provider": "Cloud", "service": "Shop", **service})
    return client.get(address) if data is None else client.post(address, data)


def test_an_administrator_says_what_a_service_is(owner, acme, bills):
    listed = page(owner)
    assert 'href="/bills/services/map?provider=Cloud&amp;service=Shop"' in listed.content.decode()
    assert form(owner).context["page"].unknown.charge_count == 2

    said = form(owner, {"name": "Web Shop", "kind": KIND})

    assert (said.status_code, said["Location"]) == (302, reverse("services"))
    shown = page(owner).context["page"]
    assert (shown.unknown, [one.name for one in shown.mappings]) == ((), ["Web Shop"])
    assert form(owner).context["page"].form.initial == {"name": "Web Shop", "kind": KIND}


@pytest.mark.parametrize(
    ("data", "field"), [({"name": "", "kind": KIND}, "name"), ({"name": "Shop", "kind": "Web | Virtual"}, "kind")]
)
def test_what_cannot_be_is_told_beside_the_field(owner, acme, bills, data, field):
    answer = form(owner, data)

    assert answer.status_code == 422
    assert list(answer.context["page"].form.errors) == [field]
    with tenant(acme.id):
        assert not ServiceMapping.objects.exists()


@pytest.mark.parametrize("service", ["", "\0"])
def test_an_address_that_names_no_service_is_none(owner, bills, service):
    assert form(owner, service=service).status_code == 404


def test_chosen_bills_wait_to_be_read_again(owner, acme, bills):
    form(owner, {"name": "Web Shop", "kind": KIND})
    outdated = page(owner).context["page"].outdated
    assert [f"{one.billing_period:%Y-%m}" for one in outdated] == ["2026-10", "2026-09"]
    assert all(one.is_open for one in outdated)

    answer = owner.post(reverse("services_read_again"), {"bill": [str(outdated[0].bill_id)]}, follow=True)

    assert "One bill waits to be read again." in answer.content.decode()
    with tenant(acme.id):
        assert len(ImportRun.objects.get(state="queued").read_again) == 1
    again = owner.post(reverse("services_read_again"), {"bill": [str(one.bill_id) for one in outdated]}, follow=True)
    assert "Cloud is being imported already." in again.content.decode()


def test_without_a_bill_chosen_nothing_is_read(owner, acme, bills):
    form(owner, {"name": "Web Shop", "kind": KIND})

    answer = owner.post(reverse("services_read_again"), {"bill": ["nonsense"]}, follow=True)

    assert "Choose at least one bill" in answer.content.decode()


def test_a_mapping_can_be_removed(owner, acme, bills):
    form(owner, {"name": "Web Shop", "kind": KIND})
    (mapping,) = page(owner).context["page"].mappings

    owner.post(reverse("service_unmap", args=[mapping.id]))

    shown = page(owner).context["page"]
    assert (len(shown.unknown), shown.mappings) == (1, ())


def test_who_may_only_read_is_offered_nothing_to_change(client, acme, bills):
    client.force_login(member(acme, Role.AUDITOR))

    text = page(client).content.decode()

    assert "Owners and administrators say what they are." in text
    assert "/bills/services/map" not in text


def test_a_page_without_bills_says_what_to_do(owner):
    assert "No bill is in yet" in page(owner).content.decode()
