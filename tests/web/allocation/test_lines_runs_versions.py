"""Lines against rules, runs with what they changed, and versions compared, exported, brought in and restored."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse

from allocation.engine.rules import parse
from allocation.ledgers import run_replaced_by, value_changes
from allocation.models import AllocationRun
from allocation.services import allocate, publish_rules
from allocation.working import working_rules
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from showback.models import CostCenter
from tests.allocation.engine.bills import OCTOBER
from tests.conftest import NOW, member

FIRST = """
version: 1
dimensions:
- {key: team, name: Team, rules: [{name: by tag, when: {tag: team, exists: true}, value: {tag: team}}]}
"""
SECOND = """
version: 1
dimensions:
- key: team
  name: Team
  rules:
  - {name: by tag, when: {tag: team, exists: true}, value: {tag: team}}
  - {name: compute, when: {column: service_name, equals: EC2}, value: platform}
"""


def published(acme, text):
    with tenant(acme.id):
        return publish_rules(parse(text), organization_id=acme.id, published_by=None, at=NOW)[0]


@pytest.fixture
def allocated_twice(acme, october, owner):
    published(acme, FIRST)
    first = allocate(acme.id, period=OCTOBER)
    published(acme, SECOND)
    return first, allocate(acme.id, period=OCTOBER)


def body(client, name, *arguments, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == 200
    return response.content.decode()


def test_what_changed_between_two_runs_is_exact_by_receiver(acme, allocated_twice):
    first, second = allocated_twice

    with tenant(acme.id):
        before = run_replaced_by(AllocationRun.objects.get(pk=second.pk))
        changes = value_changes(before, second, dimension="team")

    assert before.pk == first.pk
    assert [(one.value, one.before, one.after) for one in changes] == [
        (None, Decimal("10.5"), Decimal(3)),
        ("platform", Decimal(0), Decimal("7.5")),
    ]


def test_the_page_of_a_run_shows_proof_and_difference(allocated_twice, client):
    page = body(client, "allocation_run", allocated_twice[1].pk)

    assert "Every step sums to the bills" in page
    assert "110.5" in page
    assert "platform" in page
    assert 'data-exact="7.5"' in page


def test_a_period_is_put_in_line_once_and_written_down(acme, allocated_twice, client):
    for _ in range(2):
        page = client.post(reverse("allocation_again"), {"period": "2026-10"}, follow=True).content.decode()

    assert "is being allocated already" in page
    assert "Starts as soon as a worker is free" in page
    with tenant(acme.id):
        assert AuditEvent.objects.filter(action="allocation.requested").count() == 1


def test_a_period_without_bills_is_not_allocated(allocated_twice, client):
    assert client.post(reverse("allocation_again"), {"period": "2020-01"}).status_code == 404


def test_what_has_no_owner_is_ranked(acme, october, owner, client):
    published(acme, FIRST)

    page = body(client, "allocation_coverage")

    assert page.index("EC2") < page.index("S3")
    assert "owner" in page


def test_a_line_is_found_and_every_rule_says_why(acme, october, owner, client):
    published(acme, SECOND)

    found = body(client, "allocation_trace", q="ec2")
    page = body(client, "allocation_trace", line="service_name = EC2\ntag owner = ada")

    assert "tag+team+%3D+payments" in found
    assert "Team: platform" in page
    assert "No: tag team is present; the line has none" in page
    assert "Yes: service name is EC2; the line has <code>EC2</code>" in page


def test_a_line_that_is_none_says_how_to_write_one(acme, october, owner, client):
    page = body(client, "allocation_trace", line="hello\nprice = 7")

    assert "Line 1: write a name, = and a text" in page
    assert "Line 2: &#x27;price&#x27; is no column that rules may look at" in page


def test_versions_are_compared_in_words_and_exported(allocated_twice, client):
    page = body(client, "allocation_versions")
    exported = client.get(reverse("allocation_export", args=[2]))

    assert "If service name is EC2: platform" in page
    assert parse(exported.content.decode()) == parse(SECOND)
    assert exported["Content-Disposition"] == 'attachment; filename="rules-acme-2.yaml"'


def test_an_earlier_version_becomes_the_draft(acme, allocated_twice, client):
    client.post(reverse("allocation_version_restore", args=[1]), {"lock": "0"})

    with tenant(acme.id):
        assert working_rules().rules == parse(FIRST)
        assert working_rules().base_version == 2


def test_a_document_is_planned_then_taken_over_and_published_with_its_tree(acme, allocated_twice, client):
    document = FIRST + 'cost_centers: [{code: "1", name: All}]\n'
    plan = client.post(reverse("allocation_import"), {"lock": "0", "file": BytesIO(document.encode())})
    assert "Team, rule 2 (compute)" in plan.content.decode()
    assert "Cost-center tree" in plan.content.decode()

    client.post(reverse("allocation_import"), {"lock": "0", "document": document, "confirmed": "1"})
    client.post(reverse("allocation_review"), {"lock": "1"})

    with tenant(acme.id):
        assert working_rules().published.version == 3
        assert CostCenter.objects.get().code == "1"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"version: 1\nx: &a 1\ny: *a", "aliases"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b"dimensions: [{key: Team, name: x}]", "this key is missing"),
        (b"[" * 100_000, "nested deeper"),
        (b"- " * 600_000, "larger than 1,000,000 bytes"),
    ],
)
def test_a_document_that_is_none_is_refused_with_its_reason(owner, client, file, said):
    answer = client.post(reverse("allocation_import"), {"lock": "0", "file": BytesIO(file)})

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_finance_reads_all_of_it_and_may_not_allocate_again(acme, allocated_twice, client):
    client.force_login(member(acme, Role.FINANCE, "fin@acme.example"))

    for name in ("allocation_runs", "allocation_versions", "allocation_coverage", "allocation_trace"):
        assert "Allocate again" not in body(client, name)
    assert client.post(reverse("allocation_again"), {"period": "2026-10"}).status_code == 403


def test_another_organization_finds_neither_run_nor_version(allocated_twice, globex, client):
    client.force_login(member(globex, Role.OWNER))

    assert client.get(reverse("allocation_run", args=[allocated_twice[1].pk])).status_code == 404
    assert client.get(reverse("allocation_export", args=[1])).status_code == 404


def test_the_rules_page_leads_to_what_the_newest_version_changed_in_money(acme, allocated_twice, client):
    page = body(client, "allocation")

    assert "October 2026 is allocated by version 2; before, it was by version 1." in page
    assert f"{reverse('allocation_run', args=[allocated_twice[1].pk])}#difference" in page


def test_a_line_is_known_by_what_tells_it_from_others(acme, october, owner, client):
    page = body(client, "allocation_trace", q="ec2")

    assert "EC2 · Usage · team = payments" in page
