"""Nothing can be changed by sending more than a form asks for, and whatever is changed leaves a word."""

import json

import pytest
from django.apps import apps
from django.db import connection, transaction

from itfm.accounts.models import User
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import member
from tests.safety.addresses import addresses
from tests.safety.conftest import CANARY
from tests.safety.test_database import relations
from tests.safety.test_roles import name_of

PEOPLE = ("accounts_user", "account_emailaddress", "mfa_authenticator", "usersessions_usersession")
UNTOLD = {
    "audit_auditevent": "the word itself",
    "audit_audithead": "where the words end",
    "notify_outboxmessage": "letters that follow from a change",
    "core_job": "jobs that follow from a change",
}
DECLARED = {
    # What the fields below, sent all at once, may change: these addresses take some of them by their own names.
    "invite": {"accounts_invitation"},
    "settings_save": {"accounts_organization"},
    "settings_leave": {"accounts_membership", "accounts_formermember", "accounts_scope"},
    "member_role": {"accounts_membership"},
    "member_scope_add": {"accounts_scope"},
    "member_scope_remove": {"accounts_scope"},
    "member_remove": {"accounts_membership", "accounts_formermember", "accounts_scope"},
    "member_restore": {"accounts_membership", "accounts_formermember", "accounts_scope"},
    "member_transfer": {"accounts_membership"},
    "invitation_renew": {"accounts_invitation"},
    "invitation_withdraw": {"accounts_invitation"},
    "key_create": {"accounts_apikey"},
    "key_rotate": {"accounts_apikey"},
    "key_revoke": {"accounts_apikey"},
    "sessions_end": {"usersessions_usersession"},
    "pull": {"ingestion_importrun"},
}
OWN = tuple(DECLARED)
ELSEWHERE = {
    "allocation_reallocation_cancel": {"allocation_reallocation"},
    "explore_lens": {"accounts_membership"},
    "overview_lens": {"accounts_membership"},
    **{f"explore_view_{what}": {"web_savedview"} for what in ("save", "rename", "share", "delete", "restore")},
    **{
        f"source_{what}": {"ingestion_billsource"}
        for what in ("settings", "schedule", "pause", "resume", "remove", "restore")
    },
    "letters_schedule": {"showback_letterschedule"},
    "notifications_schedule": {"showback_letterschedule"},
    "notifications_wishes": {"notify_notificationpreference"},
    "upload_discard": {"ingestion_billupload"},
    "invoice_void": {"ingestion_invoice"},
    **{f"purchase_order_{what}": {"ingestion_purchaseorder"} for what in ("close", "reopen", "delete")},
    "service_unmap": {"ingestion_servicemapping"},
    "region_unmap": {"ingestion_regionmapping"},
}
"""What the addresses of other sections change."""
WITHOUT_A_WORD = dict.fromkeys(("explore_lens", "overview_lens"), "through what somebody looks at costs is their own")
NOTHING_TO_DO = {
    "sessions_end": "the test's client has no session that is listed",
    "member_transfer": "the planted member is the one who asks",
    "member_restore": "the planted member is there",
}
NEVER = {"organization_id", "id", "secret_sha256", "is_staff", "is_superuser", "is_demo", "created_at"}
"""Columns that no form sets in a row that was there before."""
MAY_RENEW = {("invitation_renew", "secret_sha256")}
VALUES = {
    "role": "viewer",
    "is_staff": "true",
    "is_superuser": "true",
    "is_active": "true",
    "is_demo": "true",
    "requires_second_factor": "",
    "engine": "duckdb",
    "time_zone": "Europe/Berlin",
    "email": "smuggled@example.com",
    "days": "30",
    "scopes": "team = Smuggled",
    "permissions": "costs.read",
    "dimension": "cost_center",
    "name": "Smuggled",
    "state": "published",
    "expires_at": "2099-01-01T00:00:00Z",
    "accepted_at": "2026-01-01T00:00:00Z",
}


def every_field(foreign):
    """Return a value for every column of every model."""
    sent = dict(VALUES)
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            for name in {field.name, field.attname, field.column}:
                is_reference = field.is_relation or field.primary_key
                sent[name] = VALUES.get(name, str(foreign.id) if is_reference else "1")
    return sent


def snapshot(organization):
    """Return every row of an organization, and people's, by table and key."""
    found = {}
    with connection.cursor() as cursor:
        for column, table in relations():
            with tenant(organization.id):
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" AS t WHERE {column} = %s', [organization.id])
                found |= {(table, key_of(row)): row for (row,) in parsed(cursor.fetchall())}
        for table in PEOPLE:
            cursor.execute(f"SELECT to_jsonb(t) - 'last_login' FROM \"{table}\" AS t")
            found |= {(table, key_of(row)): row for (row,) in parsed(cursor.fetchall())}
    return found


def parsed(rows):
    return [(row if isinstance(row, dict) else json.loads(row),) for (row,) in rows]


def key_of(row):
    return str(row.get("id") or (row.get("billing_period"), row.get("segment_id")))


def changed(before, after):
    """Return (table, columns changed; None for a row that came or went)."""
    for key in {*before, *after}:
        old, new = before.get(key), after.get(key)
        if old != new:
            columns = None if old is None or new is None else {name for name in new if old.get(name) != new[name]}
            yield key[0], columns


def log_in_with_a_second_owner(client, organization):
    """Log the planted owner in, who with another beside them may also leave or step down."""
    member(organization, Role.OWNER, "second@acme.example")
    client.force_login(User.objects.get(email="owner@acme.example"))


def target_of(name, planted):
    """Return the row of the organization's own that an address is about."""
    label = {
        "member_scope_remove": "accounts.Scope",
        "member_restore": "accounts.FormerMember",
        "invitation_renew": "accounts.Invitation",
        "invitation_withdraw": "accounts.Invitation",
        "key_rotate": "accounts.ApiKey",
        "key_revoke": "accounts.ApiKey",
        "pull": "ingestion.BillSource",
    }.get(name, "accounts.Membership")
    return planted[label].pk


def changes_of(client, name, *, acme, globex, planted):
    """Post every field there is to an address; return what it changed of the organization's own."""
    from django.urls import reverse

    from tests.web.walk import WALK

    log_in_with_a_second_owner(client, acme)
    arguments = [target_of(name, planted)] * len(WALK[name][0])
    before, foreign_before = snapshot(acme), snapshot(globex)

    response = client.post(reverse(name, args=arguments), every_field(globex))

    assert response.status_code < 500
    assert snapshot(globex) == foreign_before
    return list(changed(before, snapshot(acme)))


def smuggled(name, changes):
    """Return the columns that no form sets, among those that were changed."""
    touched = {column for _, columns in changes if columns for column in columns}
    return {column for column in touched & NEVER if (name, column) not in MAY_RENEW}


@pytest.mark.parametrize("name", OWN)
def test_only_what_a_form_declares_is_changed_and_it_leaves_a_word(client, acme, globex, planted, name):
    changes = changes_of(client, name, acme=acme, globex=globex, planted=planted)

    assert changes or name in NOTHING_TO_DO, "the control: the address does what it is for"
    assert {table for table, _ in changes} - set(UNTOLD) <= DECLARED[name]
    assert smuggled(name, changes) == set()
    told = {table for table, _ in changes if table in {table for _, table in relations()}} - set(UNTOLD)
    if told:
        assert "audit_auditevent" in {table for table, _ in changes}


def test_a_view_that_takes_over_what_was_sent_is_caught(client, acme, globex, planted, monkeypatch):
    def take_over(organization, *, is_demo=True, **_):
        organization.is_demo = is_demo
        organization.save()

    monkeypatch.setattr("itfm.web.settings.views.change_organization", take_over)

    changes = changes_of(client, "settings_save", acme=acme, globex=globex, planted=planted)

    assert smuggled("settings_save", changes) == {"is_demo"}
    assert "audit_auditevent" not in {table for table, _ in changes}


def test_addresses_that_only_show_change_nothing(client, acme, globex, planted):
    client.force_login(User.objects.get(email="owner@acme.example"))
    client.raise_request_exception = False  # what is planted is no whole company; some pages miss a part of it
    before = snapshot(acme)
    different = []

    for address in addresses():
        if "openapi" in address.pattern:
            continue
        with transaction.atomic():
            client.get(address.path(planted["accounts.Membership"].pk), every_field(globex))
            if list(changed(before, snapshot(acme))):
                different.append(address.pattern)
            transaction.set_rollback(True)

    assert different == []


def test_every_write_of_a_tenant_leaves_a_word(client, acme, globex, planted):
    """Each address of any section, posted to with what is planted: rows changed without an event are told."""
    log_in_with_a_second_owner(client, acme)
    before = snapshot(acme)
    silent, smuggled, touched = [], [], {}

    client.raise_request_exception = False
    for address in addresses():
        for row in {row.pk for row in planted.values()} if address.arguments else {None}:
            with transaction.atomic():
                response = client.post(address.path(row), every_field(globex))
                # Looking is slow; an id of another kind and a method that is not taken end before anything is done.
                has_ended_early = response.status_code in {404, 405}
                changes = [] if has_ended_early else list(changed(before, snapshot(acme)))
                transaction.set_rollback(True)
            tables = {table for table, _ in changes} - set(PEOPLE)
            name = name_of(address)
            touched[name] = touched.get(name, set()) | (tables - set(UNTOLD))
            columns = {column for _, named in changes if named for column in named} & NEVER
            smuggled += [(name, one) for one in columns if (name, one) not in MAY_RENEW]
            if tables - set(UNTOLD) and "audit_auditevent" not in tables and name not in WITHOUT_A_WORD:
                silent.append((address.pattern, sorted(tables)))

    assert silent == []
    assert smuggled == []
    unexpected = {name: tables - (DECLARED | ELSEWHERE).get(name, set()) for name, tables in touched.items()}
    assert {name: tables for name, tables in unexpected.items() if tables} == {}


def test_the_word_that_was_planted_is_really_there(acme, planted):
    assert any(CANARY in json.dumps(row, default=str) for row in snapshot(acme).values())
