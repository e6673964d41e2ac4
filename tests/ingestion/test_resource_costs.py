"""What single resources cost in a month: exact, of their account and source alone, and bounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ingestion import resource_costs as module
from ingestion.models import Bill
from ingestion.resource_costs import Asked, newest_month, resource_costs
from ingestion.revisions import revision_folder
from ingestion.services import create_source
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.connectors.test_aws_cur import cur_2_rows
from tests.ingestion.normalize.bills import csv_text
from tests.ingestion.pulls import pull

TODAY = date(2026, 11, 2)
ACCOUNT = "111111111111"
EC2 = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"
LAMBDA = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:pay"


def charge(resource, cost, **more):
    return {
        "line_item_resource_id": resource,
        "line_item_unblended_cost": cost,
        "line_item_usage_account_id": ACCOUNT,
        **more,
    }


@pytest.fixture
def connected(acme, tmp_path):
    """Connect a source with a bill of these charges and pull it."""

    def connect(*charges, key="aws"):
        folder = tmp_path / key / "BILLING_PERIOD=2026-10"
        folder.mkdir(parents=True)
        (folder / "cur.csv").write_text(csv_text(cur_2_rows(*charges)))
        with tenant(acme.id):
            source = create_source(
                organization_id=acme.id,
                key=key,
                name=key,
                kind="aws_cur",
                settings={"path": str(folder.parent)},
                at=NOW,
            )
        assert pull(source).state == "imported"
        return source

    return connect


def costs(acme, *asked, today=TODAY):
    with tenant(acme.id):
        month = newest_month({one.source_id for one in asked}, today=today)
        assert month is not None
        return {one: (cost.name, dict(cost.amounts)) for one, cost in resource_costs(month, asked).items()}


def test_resources_are_found_under_the_name_that_a_bill_has_and_added_up_exactly(acme, connected):
    source = connected(
        charge("i-1", "0.1"),
        charge("i-1", "0.2"),
        charge(LAMBDA, "1e-12"),
        charge("pay", "5"),
        charge("i-1", "7", line_item_usage_account_id="222222222222"),
    )
    ec2, function = Asked(source.id, ACCOUNT, EC2), Asked(source.id, ACCOUNT, LAMBDA)
    gone, other = Asked(source.id, ACCOUNT, f"{EC2}0"), Asked(source.id, "333333333333", EC2)

    assert costs(acme, ec2, function, gone, other) == {
        ec2: ("i-1", {"USD": Decimal("0.3")}),
        function: (LAMBDA, {"USD": Decimal("0.000000000001")}),
    }


def test_a_bill_of_another_source_is_not_looked_at(acme, connected):
    one, two = connected(charge("i-1", "1")), connected(charge("i-1", "2"), key="two")

    found = costs(acme, Asked(one.id, ACCOUNT, EC2), Asked(two.id, ACCOUNT, EC2))

    assert [amounts for _, amounts in found.values()] == [{"USD": Decimal(1)}, {"USD": Decimal(2)}]


def test_a_month_that_is_not_over_is_none(acme, connected):
    source = connected(charge("i-1", "1"))

    with tenant(acme.id):
        assert newest_month([source.id], today=date(2026, 10, 31)) is None
        assert newest_month([], today=TODAY) is None


def test_bills_that_are_too_long_or_gone_are_not_looked_through(acme, connected, monkeypatch):
    source = connected(charge("i-1", "1"))
    asked = Asked(source.id, ACCOUNT, EC2)
    assert len(costs(acme, asked)) == 1

    with monkeypatch.context() as patch:
        patch.setattr(module, "MOST_CHARGES", 0)
        assert costs(acme, asked) == {}
    with tenant(acme.id):
        bill = Bill.objects.select_related("current_revision").get()
    (revision_folder(bill.current_revision) / "charges.parquet").unlink()

    assert costs(acme, asked) == {}


@pytest.mark.parametrize("resource", ["'; DROP TABLE x --", "arn:aws:ec2:::", "", "arn:aws:ec2:a:b:c/'"])
def test_names_that_are_none_find_nothing(acme, connected, resource):
    source = connected(charge("i-1", "1"))

    assert costs(acme, Asked(source.id, ACCOUNT, resource)) == {}
