"""Each resource, asked and written by an owner's key."""

import pytest

from allocation.engine.rules import parse, to_document
from allocation.models import DriverValue, RuleSet
from allocation.services import allocate, publish_rules
from itfm.accounts.models import Invitation, Membership
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.services import queue_message
from showback.models import CostCenter
from showback.services import CostCenterBranch, replace_cost_centers
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge
from tests.api.conftest import Program
from tests.conftest import NOW, key_of, member

RULES = """
version: 1
dimensions:
  - {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
drivers:
  - {key: headcount, name: Headcount, dimension: team, unit: people}
"""
TREE = [{"code": "1000", "name": "Engineering", "owner_email": "", "children": [
    {"code": "1100", "name": "Payments", "owner_email": "ada@acme.example", "children": []},
    {"code": "1200", "name": "Search", "owner_email": "", "children": []},
]}]  # fmt: skip


@pytest.fixture
def published(acme):
    with tenant(acme.id):
        publish_rules(parse(RULES), organization_id=acme.id, published_by=None, at=NOW)


@pytest.fixture
def tree(acme):
    below = [CostCenterBranch(code="1100", name="Payments"), CostCenterBranch(code="1200", name="Search")]
    with tenant(acme.id):
        replace_cost_centers(
            [CostCenterBranch(code="1000", name="Engineering", children=below)], organization_id=acme.id
        )


def actions(organization):
    with tenant(organization.id):
        return set(AuditEvent.objects.values_list("action", flat=True))


def rows(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_bills_with_revisions(owner, acme):
    revision = bill_in_force(acme, [charge("1.5", team="x")])

    [bill] = rows(owner.get("bills?period=2026-10"))

    assert (bill["rows"], bill["totals"]["USD"]["billed_cost"]) == (1, "1.5")
    assert [one["is_in_force"] for one in rows(owner.get(f"bills/{bill['id']}/revisions"))] == [True]
    assert owner.get(f"revisions/{revision.id}").json()["number"] == 1
    assert rows(owner.get(f"findings?bill={bill['id']}&severity=error")) == []
    assert owner.get("bills?source=guess").status_code == 400


def test_a_revision_tells_what_other_ledgers_have_too(owner, acme):
    told = {"source": "erp", "match": "same", "is_left_out": True, "currency": "EUR", "count": 12, "amount": "1234.56"}
    revision = bill_in_force(acme, [charge("1.5", team="x")])
    with tenant(acme.id):
        revision.read_beside = {"revisions": [], "postings": [told]}
        revision.save()

    assert owner.get(f"revisions/{revision.id}").json()["in_other_sources"] == [told]


def test_a_pull_is_queued_and_can_be_watched(owner, acme):
    bill_in_force(acme, [charge("1")])
    [source] = rows(owner.get("sources"))

    queued = owner.post(f"sources/{source['id']}/pulls")
    again = owner.post(f"sources/{source['id']}/pulls")

    assert (queued.status_code, queued.json()["state"]) == (202, "queued")
    assert again.json()["id"] == queued.json()["id"]
    assert owner.get(queued["Location"].removeprefix("/api/v1/")).json()["id"] == queued.json()["id"]
    assert rows(owner.get("imports?state=queued"))[0]["source"] == source["id"]
    assert "settings" not in source
    assert "source.pulled" in actions(acme)


def test_a_rule_set_is_read_changed_and_put_back(owner, acme, published):
    read = owner.get("rules")
    document = read.json()["document"]
    document["dimensions"][0]["name"] = "Squad"

    put = owner.put("rules", {"document": document}, **{"If-Match": read["ETag"]})
    late = owner.put("rules", {"document": document}, **{"If-Match": read["ETag"]})

    assert (read["ETag"], put["ETag"]) == ('"rules-1"', '"rules-2"')
    assert (put.status_code, put.json()["version"]) == (200, 2)
    assert (late.status_code, late.json()["code"]) == (412, "version_differs")
    assert owner.put("rules", {"document": document}).json()["code"] == "version_required"
    assert [one["version"] for one in rows(owner.get("rules/versions"))] == [2, 1]
    assert owner.get("rules/versions/1").json()["document"]["dimensions"][0]["name"] == "Team"
    assert rows(owner.get("dimensions"))[0]["name"] == "Squad"
    assert rows(owner.get("splits")) == []
    assert rows(owner.get("drivers"))[0]["key"] == "headcount"
    assert "rules.published" in actions(acme)


def test_what_is_wrong_in_a_rule_set_is_pointed_at(owner, published):
    document = to_document(parse(RULES))
    document["dimensions"][0]["rules"][0]["when"] = {"tag": "team", "exist": True}

    answer = owner.put("rules", {"document": document}, **{"If-Match": "*"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/document/dimensions/0/rules/0/when")


def test_spellings_of_tag_keys_are_put_read_and_refused_with_their_place(owner, published):
    document = to_document(parse(RULES)) | {"tag_aliases": {"team": ["Team", "squad"]}, "similar_tag_keys": True}
    wrong = document | {"tag_aliases": {"team": ["squad"], "owner": ["squad"]}}

    put = owner.put("rules", {"document": document}, **{"If-Match": "*"})
    refused = owner.put("rules", {"document": wrong}, **{"If-Match": "*"})

    assert put.status_code == 200
    assert owner.get("rules").json()["document"]["tag_aliases"] == {"team": ["Team", "squad"]}
    assert owner.get("rules").json()["document"]["similar_tag_keys"] is True
    assert "tag_aliases" not in owner.get("rules/versions/1").json()["document"]
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"pointer": "/document/tag_aliases/owner",
         "detail": "'squad' is a spelling of 'team' already; keep it under one key"}
    ]  # fmt: skip


def test_numbers_and_truth_values_of_a_rule_set_are_read_as_their_text(owner, acme):
    document = to_document(parse(RULES))
    document["dimensions"][0]["rules"][0]["when"] = {"tag": "team", "exists": True}
    document["version"] = 1

    assert owner.put("rules", {"document": document}, **{"If-Match": '"rules-0"'}).status_code == 200
    with tenant(acme.id):
        assert RuleSet.objects.count() == 1


def test_driver_values_come_in_whole_or_not_at_all(owner, acme, published):
    good = [{"date": "2026-10-01", "value": f"Team {number}", "quantity": "1.5"} for number in range(10_000)]
    bad = [*good[:2], {"date": "2026-10-32", "value": "", "quantity": 3}]

    refused = owner.put("drivers/headcount/values", {"values": bad})
    twice = owner.put("drivers/headcount/values", {"values": [good[0], good[1], good[0]]})
    taken = owner.put("drivers/headcount/values", {"values": good})
    again = owner.put("drivers/headcount/values", {"values": [{**good[0], "quantity": "2"}, good[1]]})

    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/values/2/date", "/values/2/value", "/values/2/quantity",
    ]  # fmt: skip
    assert [error["pointer"] for error in twice.json()["errors"]] == ["/values/2"]
    counts = {name: value for name, value in taken.json().items() if name != "unmatched_values"}
    assert counts == {
        "received": 10_000, "matched": 0, "unmatched": 10_000, "new": 10_000, "changed": 0, "unchanged": 0,
    }  # fmt: skip
    assert taken.json()["unmatched_values"][:3] == ["Team 0", "Team 1", "Team 10"]
    assert (again.json()["new"], again.json()["changed"], again.json()["unchanged"]) == (0, 1, 1)
    with tenant(acme.id):
        assert DriverValue.objects.count() == 10_000
    assert rows(owner.get("drivers/headcount/values?limit=1"))[0]["quantity"] == "2.000000000000000000"
    assert owner.get("drivers/planet/values").status_code == 404


def test_runs_are_told_with_their_proof(owner, acme):
    bill_in_force(acme, [charge("1.5")])
    run = allocate(acme.id, period=OCTOBER)

    [listed] = rows(owner.get("runs?period=2026-10&state=published"))
    told = owner.get(f"runs/{run.id}").json()

    assert (listed["id"], listed["billing_period"]) == (str(run.id), "2026-10")
    assert told["proof"]["holds"] is True


def test_a_run_is_asked_for_and_can_be_watched(owner, acme):
    bill_in_force(acme, [charge("1.5")])

    asked = owner.post("runs", {"billing_period": "2026-10"}, **{"Idempotency-Key": "close-october"})
    repeated = owner.post("runs", {"billing_period": "2026-10"}, **{"Idempotency-Key": "close-october"})
    again = owner.post("runs", {"billing_period": "2026-10"})

    assert (asked.status_code, asked.json()["state"], asked.json()["billing_period"]) == (202, "queued", "2026-10")
    assert (repeated["Idempotency-Replayed"], repeated.json()) == ("true", asked.json())
    assert again.json()["id"] == asked.json()["id"]
    with tenant(acme.id):
        [event] = AuditEvent.objects.filter(action="allocation.requested")
    assert (event.actor_id, event.actor_name.startswith("API key "), event.target) == (None, True, "2026-10")
    allocate(acme.id, period=OCTOBER)
    assert owner.get(asked["Location"].removeprefix("/api/v1/")).json()["state"] == "published"


def test_a_run_is_refused_with_what_to_do(owner, acme, globex):
    bill_in_force(globex, [charge("1.5")])

    unbilled = owner.post("runs", {"billing_period": "2026-10"})
    unread = owner.post("runs", {"billing_period": "2026-13"})
    nameless = owner.post("runs", {})

    assert (unbilled.status_code, unbilled.json()["code"]) == (409, "conflict")
    assert "No bill of 2026-10 is in force" in unbilled.json()["detail"]
    for answer in (unread, nameless):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/billing_period"]
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="allocation.requested").count() == 0


def test_a_tree_is_read_and_put_back(owner, acme, tree):
    read = owner.get("cost-centers/tree")

    put = owner.put("cost-centers/tree", {"items": TREE}, **{"If-Match": read["ETag"]})

    assert put.json()["items"] == TREE
    assert put["ETag"] == owner.get("cost-centers/tree")["ETag"] != read["ETag"]
    assert owner.put("cost-centers/tree", {"items": []}, **{"If-Match": read["ETag"]}).status_code == 412
    assert [(one["code"], one["above"]) for one in rows(owner.get("cost-centers"))] == [
        ("1000", None), ("1100", "1000"), ("1200", "1000"),
    ]  # fmt: skip
    assert "cost_centers.replaced" in actions(acme)


def test_a_wrong_tree_changes_nothing(owner, acme, tree):
    wrong = [
        {"code": "1", "name": ""},
        {"code": "2", "name": "x", "id": "y", "children": [{"code": "2", "name": "z"}, 5]},
    ]

    answer = owner.put("cost-centers/tree", {"items": wrong}, **{"If-Match": "*"})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/items/0/name", "/items/1/id"]
    with tenant(acme.id):
        assert CostCenter.objects.without_tree_fields().count() == 3


def test_a_narrowed_key_sees_its_part_of_the_tree_and_no_bill(acme, tree):
    narrowed = Program(key_of(acme, Role.ADMIN, scopes=(("cost_center", "1100"),)))

    assert [one["code"] for one in rows(narrowed.get("cost-centers"))] == ["1100"]
    assert [one["code"] for one in narrowed.get("cost-centers/tree").json()["items"]] == ["1100"]
    assert narrowed.put("cost-centers/tree", {"items": []}, **{"If-Match": "*"}).status_code == 403
    assert {narrowed.get(path).status_code for path in ("bills", "sources", "runs", "rules")} == {403}


def test_members_and_their_scopes_are_changed(owner, acme):
    user = member(acme, Role.ENGINEER)
    with tenant(acme.id):
        place = Membership.objects.get(user=user).id

    scopes = owner.put(f"members/{place}/scopes", {"scopes": [{"dimension": "team", "value": "Search"}]})
    role = owner.ask("PATCH", f"members/{place}", {"role": "viewer"})
    gone = owner.ask("DELETE", f"members/{place}")

    assert scopes.json()["scopes"] == [{"dimension": "team", "value": "Search"}]
    assert role.json()["role"] == "viewer"
    assert (gone.status_code, gone.content) == (204, b"")
    assert rows(owner.get("members")) == []
    assert {"member.scope_added", "member.role_changed", "member.removed"} <= actions(acme)


def test_an_admins_key_makes_no_owner(acme):
    member(acme, Role.OWNER)
    user = member(acme, Role.VIEWER)
    with tenant(acme.id):
        place = Membership.objects.get(user=user).id

    answer = Program(key_of(acme, Role.ADMIN)).ask("PATCH", f"members/{place}", {"role": "owner"})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_invitation_is_withdrawn(owner, acme):
    with tenant(acme.id):
        invitation = Invitation.objects.create(
            organization=acme, email="new@example.com", role=Role.VIEWER, secret_sha256="canary", expires_at=NOW
        )

    [told] = rows(owner.get("invitations"))

    assert "canary" not in str(told)
    assert owner.ask("DELETE", f"invitations/{invitation.id}").status_code == 204
    assert owner.ask("DELETE", f"invitations/{invitation.id}").status_code == 404


def test_letters_are_told_without_their_text(owner, acme):
    with tenant(acme.id):
        queue_message(organization_id=acme.id, key="a", recipient="a@b.example", subject="October", text="secret link")

    answer = owner.get("notifications?state=queued")

    assert rows(answer)[0]["subject"] == "October"
    assert b"secret link" not in answer.content


def test_the_audit_log_is_told_newest_first(owner, acme):
    owner.post("keys", {"name": "deploy", "role": "viewer"})

    assert rows(owner.get("audit-events?limit=1"))[0]["target"].startswith("deploy (")
