"""Saved views: kept under a name, shared or private, deleted with undo."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from itfm.accounts.models import Membership, Scope
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.web.explore.saved import MOST_VIEWS
from itfm.web.models import SavedView
from tests.allocation.costs.conftest import company  # noqa: F401 - a fixture
from tests.conftest import member
from tests.web.test_explore import totals

QUESTION = "first=2026-10&last=2026-10&by=team&granularity=total&lens=finance"


@pytest.fixture
def owner(client, company):  # noqa: F811
    client.force_login(member(company, Role.OWNER))
    return client


def save(client, name="Teams", question=QUESTION, **form):
    return client.post(f"{reverse('explore_view_save')}?{question}", {"name": name, **form}, follow=True)


def act(client, deed, view, **form):
    return client.post(reverse(f"explore_view_{deed}", args=[view.id]), form, follow=True)


def kept(organization):
    with tenant(organization.id):
        return list(SavedView.objects.order_by("name"))


def listed(client):
    return client.get(reverse("explore_views")).content.decode()


def test_a_question_is_saved_under_a_name_and_opened_from_the_menu(owner, company):  # noqa: F811
    shown = save(owner, " Teams  in October ").content.decode()
    (view,) = kept(company)

    assert "“Teams in October” is saved for you alone." in shown
    assert (
        f'href="{reverse("explore")}?{QUESTION.replace("&", "&amp;")}" aria-current="page">Teams in October<' in shown
    )
    assert (view.params, view.is_shared) == (QUESTION, False)
    assert totals(owner.get(f"{reverse('explore')}?{view.params}")) == {"USD": Decimal("124.25"), "EUR": Decimal(40)}


def test_another_question_is_not_called_by_the_name(owner):
    save(owner)

    assert "View: </span>Teams" in owner.get(f"{reverse('explore')}?{QUESTION}").content.decode()
    assert "View: </span>" not in owner.get(f"{reverse('explore')}?{QUESTION}&is=team:Search").content.decode()


def test_grouped_by_nothing_is_kept_as_such(owner, company):  # noqa: F811
    save(owner, question="first=2026-10&last=2026-10&by=&granularity=total")
    (view,) = kept(company)

    shown = owner.get(f"{reverse('explore')}?{view.params}")

    assert parse_qs(view.params, keep_blank_values=True)["by"] == [""]
    assert "Effective cost, October 2026" in shown.content.decode()


def test_the_same_is_saved_once_and_a_name_stands_for_one_question(owner, company):  # noqa: F811
    save(owner)
    save(owner)
    refused = save(owner, question=QUESTION.replace("team", "product")).content.decode()

    assert len(kept(company)) == 1
    assert "Not saved. You have another view of the name" in refused


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "n" * 81])
def test_a_name_that_is_none_is_refused_and_the_question_stays(owner, company, name):  # noqa: F811
    answered = save(owner, name)

    assert "Not saved." in answered.content.decode()
    assert urlsplit(answered.redirect_chain[-1][0]).query == QUESTION
    assert kept(company) == []


def test_a_question_that_cannot_be_asked_is_not_saved(owner, company):  # noqa: F811
    assert save(owner, question="by=planet").status_code == 400
    assert kept(company) == []


def test_there_is_a_most_of_views(owner, company):  # noqa: F811
    with tenant(company.id):
        user = Membership.objects.get().user
        SavedView.objects.bulk_create(
            SavedView(organization=company, owner=user, name=f"v{number}", params="") for number in range(MOST_VIEWS)
        )

    assert "Delete one first." in save(owner).content.decode()


def test_a_view_is_renamed_shared_deleted_and_brought_back_and_all_is_written_down(owner, company):  # noqa: F811
    save(owner)
    (view,) = kept(company)

    assert "called “Payments” now" in act(owner, "rename", view, name="Payments").content.decode()
    assert "Everybody in the organization can open" in act(owner, "share", view, is_shared="yes").content.decode()
    assert "You can bring it back within 30 days" in act(owner, "delete", view).content.decode()
    assert "View: </span>" not in owner.get(f"{reverse('explore')}?{QUESTION}").content.decode()
    assert "“Payments” is back." in act(owner, "restore", view).content.decode()

    with tenant(company.id):
        written = list(AuditEvent.objects.filter(action__startswith="view.").order_by("sequence"))
    assert [(one.action, one.target) for one in written] == [
        ("view.saved", "a private view"),
        ("view.renamed", "a private view"),
        ("view.shared", "Payments"),
        ("view.deleted", "Payments"),
        ("view.restored", "Payments"),
    ]
    assert kept(company)[0].is_shared


def test_a_name_taken_meanwhile_stops_the_return(owner, company):  # noqa: F811
    save(owner)
    (view,) = kept(company)
    act(owner, "delete", view)
    save(owner)

    assert "Not brought back." in act(owner, "restore", view).content.decode()


def test_what_was_deleted_long_ago_is_gone(owner, company):  # noqa: F811
    save(owner)
    save(owner, "Second")
    second, first = kept(company)
    act(owner, "delete", first)
    with tenant(company.id):
        SavedView.objects.filter(pk=first.pk).update(deleted_at=timezone.now() - timedelta(days=31))

    assert act(owner, "restore", first).status_code == 404
    act(owner, "delete", second)

    assert [view.name for view in kept(company)] == ["Second"]


def test_a_colleague_opens_what_is_shared_and_sees_her_part_only(client, owner, company):  # noqa: F811
    save(owner, "Mine")
    save(owner, "Ours", is_shared="yes")
    mine, ours = kept(company)
    engineer = member(company, Role.ENGINEER)
    with tenant(company.id):
        membership = Membership.objects.get(user=engineer)
        Scope.objects.create(organization=company, membership=membership, dimension="team", value="Payments")
    client.force_login(engineer)

    assert "Ours" in listed(client)
    assert "Mine" not in listed(client)
    assert totals(client.get(f"{reverse('explore')}?{ours.params}")) == {"USD": Decimal(70)}
    for view in (mine, ours):
        for deed in ("rename", "share", "delete", "restore"):
            assert act(client, deed, view, name="Hers").status_code == 404
    assert [view.name for view in kept(company)] == ["Mine", "Ours"]


def test_an_auditor_opens_what_is_shared_and_saves_nothing(client, owner, company):  # noqa: F811
    save(owner, "Ours", is_shared="yes")
    client.force_login(member(company, Role.AUDITOR))

    assert "Ours" in listed(client)
    assert "Save this view" not in client.get(reverse("explore")).content.decode()
    assert save(client).status_code == 403


def test_another_organization_sees_and_touches_nothing(client, owner, company, globex):  # noqa: F811
    save(owner, "Ours", is_shared="yes")
    (view,) = kept(company)
    client.force_login(member(globex, Role.OWNER))

    assert "Ours" not in listed(client)
    assert "No view is saved yet" in listed(client)
    assert act(client, "delete", view).status_code == 404
    assert kept(company)[0].deleted_at is None
