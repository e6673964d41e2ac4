"""What was found over all bills: by source, severity and kind, and to take away."""

import csv
import io

import pytest
from django.urls import reverse

from ingestion.models import BillRevision, BillSource, Finding, ImportRun
from ingestion.services import create_source, remove_source
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.pulls import pull


def connect(acme, folder, key):
    with tenant(acme.id):
        return create_source(
            organization_id=acme.id, key=key, name=key.title(), kind="focus", settings={"path": str(folder)}, at=NOW
        )


def note(source, message, *, revision=None, severity="warning"):
    run = revision.run if revision else ImportRun.objects.filter(source=source).latest("queued_at")
    Finding.objects.create(
        organization_id=source.organization_id,
        run=run,
        revision=revision,
        number=100 + Finding.objects.count(),
        code=f"{severity}_code",
        severity=severity,
        message=message,
    )


@pytest.fixture
def sources(acme, tmp_path):
    """Cloud has a bill in force and one replaced; the last delivery of Shop was rejected."""
    cloud, shop = (connect(acme, tmp_path / key, key) for key in ("cloud", "shop"))
    for cost in ("1", "2"):
        write_bill(tmp_path / "cloud" / "october.csv", line(cost))
        pull(cloud)
    write_bill(tmp_path / "shop" / "october.csv", line("1,5"))
    assert pull(shop).state == "rejected"
    with tenant(acme.id):
        older, newer = BillRevision.objects.order_by("number")
        note(cloud, "of a bill that was replaced", revision=older)
        note(cloud, "=of the bill in force", revision=newer, severity="info")
    return cloud, shop


@pytest.fixture
def owner(client, acme):
    client.force_login(member(acme, Role.OWNER))
    return client


def messages(client, **asked):
    response = client.get(reverse("findings"), asked)
    assert response.status_code == 200
    return [row.finding.message for row in response.context["page"].rows]


def test_what_is_in_force_and_the_last_import_are_told_the_worst_first(owner, sources):
    rejected, noted = messages(owner)

    assert rejected.startswith("october.csv, row 1: 20 cells where the header names 16.")
    assert noted == "=of the bill in force"


def test_findings_are_chosen_by_source_severity_and_kind(owner, sources):
    cloud, shop = sources

    assert messages(owner, source=cloud.id) == messages(owner, severity="info") == ["=of the bill in force"]
    assert len(messages(owner, source=shop.id)) == 1
    assert messages(owner, source=shop.id, code="info_code") == []
    assert len(messages(owner, source="nonsense", severity="x")) == 2


def test_a_source_that_was_removed_tells_nothing_any_more(owner, acme, sources):
    with tenant(acme.id):
        remove_source(BillSource.objects.get(key="shop"), withdraws_bills=False, at=NOW)

    assert messages(owner) == ["=of the bill in force"]


def test_findings_are_handed_out_with_their_bills_and_no_formula(owner, sources):
    answer = owner.get(reverse("findings_file"), {"severity": "info"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["source"], row["billing_period"], row["message"]) for row in rows] == [
        ("Cloud", "2026-10", "'=of the bill in force")
    ]
    assert 'filename="findings.csv"' in answer["Content-Disposition"]


def test_a_long_list_is_shown_in_parts(owner, acme, sources):
    with tenant(acme.id):
        for number in range(60):
            note(sources[0], f"note {number}", revision=BillRevision.objects.get(number=2), severity="info")

    assert (len(messages(owner)), len(messages(owner, page=2))) == (50, 12)


def test_another_organization_has_findings_of_its_own(client, globex, sources):
    client.force_login(member(globex, Role.OWNER))

    assert messages(client) == []
