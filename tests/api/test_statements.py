"""A cost center's statement over the API has the figures of its page and its letter, to the last digit."""

import pytest

from allocation.selectors import EVERYTHING
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from showback.models import CostCenter
from showback.statements import statement
from tests.api.conftest import Program
from tests.conftest import key_of
from tests.showback.advised import advised
from tests.showback.ledgers import OCTOBER, ledgers


def center(organization, code):
    with tenant(organization.id):
        return CostCenter.objects.get(code=code)


def read(program, organization, code, period="2026-10"):
    return program.get(f"cost-centers/{center(organization, code).id}/statement?period={period}")


def test_parts_movers_and_totals_are_those_of_the_statement(owner, acme):
    ledgers(acme)
    with tenant(acme.id):
        found = statement(center(acme, "2010"), period=OCTOBER, visibility=EVERYTHING)

    told = read(owner, acme, "2010").json()

    (usd,) = told["currencies"]
    assert (told["code"], told["name"], told["codes"], told["period"]) == ("2010", "Payments", ["2010"], "2026-10")
    assert (told["is_final"], told["rules_version"], told["actions"]) == (found.completeness.is_final, 3, [])
    assert usd["total"] == {
        "now": "1225.000000000000000001",
        "before": "1200.000000000000000000",
        "average": f"{found.currencies[0].total.average:f}",
        "change": "25.000000000000000001",
    }
    assert [(one["kind"], one["key"], one["months"]["now"]) for one in usd["parts"]] == [
        (one.kind, one.key, f"{one.months.now:f}") for one in found.currencies[0].lines
    ]
    assert [one["share_percent"] for one in usd["parts"] if one["key"] == "logging"] == ["75"]
    assert [(one["name"], one["change"]) for one in usd["movers"]] == [
        (one.name, f"{one.change:f}") for one in found.currencies[0].movers
    ]


def test_what_would_save_the_most_is_told_exactly_with_its_list_and_cost_center(owner, acme):
    source = advised(acme)

    (stop, both, disk) = read(owner, acme, "2000").json()["actions"]

    assert (stop["code"], stop["source"], stop["told_on"]) == ("2010", str(source.id), "2026-10-31")
    assert (stop["action"], stop["resource_id"]) == ("Stop", "arn:aws:ec2:eu-central-1:1:instance/i-pay")
    assert (stop["estimated_monthly_savings"], stop["cost"]) == ("90.250000000000000000", "180.500000000000000000")
    assert (both["recommendation_id"], disk["code"]) == ("both", "2020")
    assert disk["estimated_monthly_savings"] == "0.000000000000000001"
    (logs,) = read(owner, acme, "9020").json()["actions"]
    assert (logs["currency"], logs["cost"]) == ("USD", None)


def test_a_key_with_a_scope_reads_its_own_branch_and_no_other(acme):
    advised(acme)
    scoped = Program(key_of(acme, Role.ENGINEER, scopes=(("cost_center", "2020"),)))

    assert [one["code"] for one in read(scoped, acme, "2020").json()["actions"]] == ["2020"]
    assert read(scoped, acme, "2010").status_code == read(scoped, acme, "2000").status_code == 404


@pytest.mark.parametrize(
    ("period", "status", "code"), [("2026-06", 404, "not_allocated"), ("June", 400, "invalid_query")]
)
def test_a_month_without_a_ledger_or_that_is_none_is_refused(owner, acme, period, status, code):
    ledgers(acme)

    answer = read(owner, acme, "2010", period)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_another_organization_finds_none(foreign, acme):
    ledgers(acme)

    assert read(foreign, acme, "2010").status_code == 404
