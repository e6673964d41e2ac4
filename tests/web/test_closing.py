"""Closing an organization: shut at once, restored by an owner, and gone for good after 30 days."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ingestion.models import BillSource
from ingestion.tasks import import_bills
from itfm import pipeline
from itfm.accounts.keys import living_key
from itfm.accounts.models import Membership, Organization, User
from itfm.accounts.organizations import close_organization, erase_organization
from itfm.accounts.selectors import organization_ids, organization_ids_to_erase
from itfm.accounts.services import InvitationError, create_organization, invite, open_invitation
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor
from itfm.cli.command import CommandError, organization
from itfm.core import lake
from itfm.core.policy import Role
from itfm.core.tenancy import system, tenant
from tests.conftest import key_of, member
from tests.safety.plants import plant


class PlannedError(Exception):
    """What goes wrong on purpose."""


ADA = Actor(id=None, name="ada@acme.example")


@pytest.fixture
def owner(client, acme):
    user = member(acme, Role.OWNER)
    client.force_login(user)
    return user


def close(organization):
    with tenant(organization.id):
        close_organization(organization, slug=organization.slug, by=ADA, at=timezone.now())


def actions(organization):
    with tenant(organization.id):
        return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


def is_closed(organization):
    with tenant(organization.id):
        return Organization.objects.get(pk=organization.id).closed_at is not None


def test_an_owner_is_told_what_goes_before_closing(client, acme, owner):
    member(acme, Role.VIEWER)
    key_of(acme)

    asked = client.get(reverse("settings_close")).content.decode()

    assert "not the 2 members, not the 1 API key." in asked
    assert "After that everything is removed for good: the 0 bills," in asked
    assert "For 30 days an owner can restore" in asked
    assert "Type acme to confirm" in asked
    assert reverse("settings_close") in client.get(reverse("settings")).content.decode()


@pytest.mark.parametrize("typed", ["", "globex", "Acme"])
def test_without_its_slug_nothing_is_closed(client, acme, owner, typed):
    refused = client.post(reverse("settings_close"), {"slug": typed})

    assert refused.status_code == 422
    assert not is_closed(acme)
    assert actions(acme) == []


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_nobody_but_an_owner_closes(client, acme, role):
    client.force_login(member(acme, role))

    assert client.post(reverse("settings_close"), {"slug": "acme"}).status_code == 403
    assert reverse("settings_close") not in client.get(reverse("settings")).content.decode()
    assert not is_closed(acme)


def test_a_closed_organization_lets_nobody_in(client, acme, globex, owner):
    viewer, secret = member(acme, Role.VIEWER), key_of(acme)
    with tenant(acme.id):
        _, token = invite("new@acme.example", organization=acme, role=Role.VIEWER, by=ADA, at=timezone.now())
    colleague = Client()
    colleague.force_login(viewer)
    other = Client()
    other.force_login(member(globex, Role.OWNER))

    client.post(reverse("settings_close"), {"slug": "acme"})

    for someone in (client, colleague):
        for name in ("overview", "explore", "settings"):
            assert someone.get(reverse(name)).url == reverse("organizations")
        assert someone.get("/api/v1/me").json()["code"] == "no_organization"
        assert someone.post(reverse("organizations"), {"organization": str(acme.id)}).status_code == 404
    assert living_key(secret, at=timezone.now()) is None
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    with pytest.raises(InvitationError):
        open_invitation(token, at=timezone.now())
    with pytest.raises(CommandError, match="'acme' is closed since"):
        organization("acme")
    assert other.get(reverse("settings")).status_code == 200


def test_nothing_is_done_for_a_closed_organization(acme, globex, monkeypatch):
    hinted, imported = [], []
    monkeypatch.setattr(pipeline, "_hint", lambda task, **arguments: hinted.append(arguments))
    monkeypatch.setattr("ingestion.tasks.run_import", lambda *_, **__: imported.append(True))
    run_id = "00000000-0000-4000-8000-000000000000"

    close(acme)
    pipeline.sweep()
    import_bills(organization_id=str(acme.id), run_id=run_id)
    import_bills(organization_id=str(globex.id), run_id=run_id)

    assert {arguments["organization_id"] for arguments in hinted} == {str(globex.id)}
    assert organization_ids() == [globex.id]
    assert imported == [True]


def test_an_owner_restores_everything_from_where_she_lands(client, acme, owner):
    secret = key_of(acme)
    landed = client.post(reverse("settings_close"), {"slug": "acme"}, follow=True).content.decode()

    restored = client.post(reverse("organization_restore", args=[acme.id]), follow=True)

    assert "Your organization is closed" in landed
    assert "Restore Acme" in landed
    assert "was closed by owner@acme.example" in landed
    assert restored.redirect_chain[-1][0] == reverse("overview")
    assert "Acme is open again" in restored.content.decode()
    assert living_key(secret, at=timezone.now())
    assert actions(acme)[-2:] == ["organization.closed", "organization.restored"]


def test_who_is_no_owner_sees_that_it_is_closed_and_cannot_restore_it(client, acme, globex):
    client.force_login(member(acme, Role.ADMIN))
    stranger = Client()
    stranger.force_login(member(globex, Role.OWNER))
    close(acme)

    landed = client.get(reverse("organizations")).content.decode()

    assert "An owner can restore it until then." in landed
    assert "Restore Acme" not in landed
    assert client.post(reverse("organization_restore", args=[acme.id])).status_code == 404
    assert stranger.post(reverse("organization_restore", args=[acme.id])).status_code == 404
    assert "Acme" not in stranger.get(reverse("organizations")).content.decode()
    assert is_closed(acme)


def test_the_moment_of_closing_is_the_databases_own(acme):
    long_ago = timezone.now() - timedelta(days=400)
    with tenant(acme.id):
        Organization.objects.filter(pk=acme.pk).update(closed_at=long_ago)
        first = Organization.objects.get(pk=acme.pk).closed_at
        Organization.objects.filter(pk=acme.pk).update(closed_at=long_ago)
        born_closed = Organization.objects.get(pk=acme.pk).closed_at

    assert timezone.now() - first < timedelta(minutes=5)
    assert born_closed == first


def test_what_is_open_or_closed_lately_cannot_be_erased(acme, lake):
    for prepare in (lambda: None, lambda: close(acme)):
        prepare()
        assert erase_organization(acme.id) is False
        with pytest.raises(DatabaseError, match="was not closed 30 days ago"), transaction.atomic():
            connection.cursor().execute("SELECT itfm_erase_organization(%s, 10)", [acme.id])
    assert organization_ids_to_erase(at=timezone.now()) == []


def tenant_tables(cursor):
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " ORDER BY c.relname"
    )
    return [name for (name,) in cursor.fetchall()]


def rows_of(organization_id):
    """Return how many rows each table has of an organization, as the owner of the tables counts them."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('itfm.organization', %s, true)", [str(organization_id)])
        counts = {}
        for table in tenant_tables(cursor):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE organization_id = %s", [organization_id])
            counts[table] = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM accounts_organization WHERE id = %s", [organization_id])
        return {**counts, "accounts_organization": cursor.fetchone()[0]}


def backdate(organization_id, *, days):
    """Close an organization some days ago, which only the owner of the database can."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('itfm.organization', %s, true)", [str(organization_id)])
        cursor.execute("ALTER TABLE accounts_organization DISABLE TRIGGER itfm_organization_closing")
        cursor.execute(
            "UPDATE accounts_organization SET closed_at = now() - make_interval(days => %s) WHERE id = %s",
            [days, organization_id],
        )
        cursor.execute("ALTER TABLE accounts_organization ENABLE TRIGGER itfm_organization_closing")


@pytest.fixture
def two(committed_db):
    """Two organizations with a row of every kind and a file each."""
    made = []
    for name in ("Acme", "Globex"):
        one = create_organization(name, slug=name.lower())
        plant(one, user=member(one, Role.OWNER), word=f"Canary-{name}")
        folder = lake.organization_folder(one.id) / "charges"
        folder.mkdir(parents=True)
        (folder / "bill.parquet").write_bytes(b"x")
        made.append(one)
    return made


def test_after_thirty_days_every_row_and_file_goes_and_nothing_of_another(two, monkeypatch):
    gone, other = two
    # Two rows of a table at a time, so that it takes several rounds.
    monkeypatch.setattr("itfm.accounts.organizations._MOST_ROWS", 2)
    with tenant(gone.id):
        for number in range(5):
            AuditEvent.objects.create(organization=gone, actor_name="x", action=f"x.{number}")
    before, others_before = rows_of(gone.id), rows_of(other.id)
    assert all(before.values()), "a row of every kind is planted"
    close(gone)

    backdate(gone.id, days=29)
    early = erase_organization(gone.id)
    backdate(gone.id, days=31)
    with system():
        due = organization_ids_to_erase(at=timezone.now())
    pipeline.erase(closed_id=str(gone.id))

    assert (early, due) == (False, [gone.id])
    assert set(rows_of(gone.id).values()) == {0}
    assert rows_of(other.id) == others_before
    assert not lake.organization_folder(gone.id).exists()
    assert (lake.organization_folder(other.id) / "charges" / "bill.parquet").read_bytes() == b"x"
    assert erase_organization(gone.id) is False
    assert User.objects.filter(email="owner@acme.example").exists()
    with tenant(other.id):
        assert BillSource.objects.get().name == "Canary-Globex"
        links = list(AuditEvent.objects.order_by("sequence").values_list("previous_sha256", "sha256"))
        assert all(first[1] == second[0] for first, second in pairwise(links))


def test_too_late_to_restore_is_told(client, two):
    gone, _ = two
    close(gone)
    backdate(gone.id, days=31)
    with tenant(gone.id):
        owner = Membership.objects.get(role=Role.OWNER).user
    client.force_login(owner)

    answered = client.post(reverse("organization_restore", args=[gone.id]), follow=True).content.decode()

    assert "was closed more than 30 days ago and is being removed." in answered
    assert is_closed(gone)


def test_an_erasure_that_was_interrupted_is_finished(two, monkeypatch):
    gone, _ = two
    close(gone)
    backdate(gone.id, days=31)

    def crash(_):
        raise PlannedError

    with monkeypatch.context() as patched:
        patched.setattr("itfm.accounts.organizations._erased_a_part", crash)
        with pytest.raises(PlannedError):
            erase_organization(gone.id)

    assert erase_organization(gone.id) is True
    assert set(rows_of(gone.id).values()) == {0}
