"""The audit log keeps who changed what, per organization."""

import pytest

from itfm.audit.models import AuditEvent
from itfm.audit.services import record
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.cli.commands import itfm
from tests.conftest import member


def test_a_change_is_written_with_who_made_it(acme):
    owner = member(acme, Role.OWNER)

    with tenant(acme.id):
        record(
            "rules.published", organization_id=acme.id, actor_id=owner.id, actor_name=owner.email, target="version 3"
        )
        (event,) = AuditEvent.objects.all()

    assert (event.action, event.target, event.actor_name) == ("rules.published", "version 3", "owner@acme.example")


def test_a_change_that_is_undone_leaves_no_word(acme):
    with pytest.raises(ZeroDivisionError), tenant(acme.id):
        record("rules.published", organization_id=acme.id, actor_id=None, actor_name="nightly")
        raise ZeroDivisionError

    with tenant(acme.id):
        assert not AuditEvent.objects.exists()


def test_nobody_reads_the_log_of_another_organization(acme, globex):
    with tenant(acme.id):
        record("rules.published", organization_id=acme.id, actor_id=None, actor_name="nightly")

    with tenant(globex.id):
        assert not AuditEvent.objects.exists()


def test_rules_published_from_the_command_line_leave_a_word_once(acme, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\ndimensions:\n  - {key: team, name: Team, rules: []}\n")

    for _ in range(2):
        assert itfm("rules", "apply", file, "--organization", "acme")[0] == 0

    with tenant(acme.id):
        assert list(AuditEvent.objects.values_list("action", "actor_name", "target")) == [
            ("rules.published", "command line", "version 1")
        ]
