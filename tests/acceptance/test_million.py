"""The sample company's newest month at full size: a million charges, allocated and proved."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from allocation.engine.rules import parse
from allocation.services import publish_rules
from allocation.services.rules import with_driver_files
from itfm.accounts.models import Organization
from itfm.core.policy import Role
from itfm.core.tenancy import system, tenant
from itfm.demo.company import write
from tests.cli.commands import import_bill, itfm
from tests.conftest import member

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CHARGES = 1_000_000


def test_a_million_charges_are_allocated_to_the_last_digit_in_commands_and_on_the_page(tmp_path, client):
    company = write(tmp_path / "company", charges=CHARGES, months=1, last_month=date(2026, 10, 1))
    for delivered in company.deliveries:
        code, told = import_bill(delivered.folder, delivered.kind, "acme", "--source", delivered.name)
        assert (code, told["status"], told["error"]) == (0, "imported", None)
    apply_rules(tmp_path / "company")

    code, run = itfm("allocate", "--organization", "acme", "--period", "2026-10")
    _, costs = itfm("costs", "--organization", "acme", "--period", "2026-10", "--by", "Team")

    assert (code, run["proof"]["holds"], run["proof"]["problems"]) == (0, True, [])
    billed = sums(company)
    for currency, total in billed.items():
        assert sum(Decimal(row["billed_cost"]) for row in costs["rows"] if row["currency"] == currency) == total
        assert {step["sums"][currency]["billed_cost"] for step in run["steps"]} == {f"{total:.18f}"}
    assert "Reconciled" in page(client)


def apply_rules(folder):
    with system():
        acme = Organization.objects.get(slug="acme")
    rules = with_driver_files(parse((folder / "rules.yaml").read_text()), folder=folder)
    with tenant(acme.id):
        publish_rules(rules, organization_id=acme.id, published_by=None, at=timezone.now())


def sums(company):
    totals = {}
    for delivered in company.deliveries:
        total = delivered.totals["2026-10"]
        totals[total.currency] = totals.get(total.currency, Decimal(0)) + total.cost
    return totals


def page(client):
    with system():
        acme = Organization.objects.get(slug="acme")
    client.force_login(member(acme, Role.OWNER))
    return client.get(reverse("overview"), {"period": "2026-10"}).content.decode()
