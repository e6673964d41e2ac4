"""Two revisions of a bill, compared by the API."""

from ingestion.models import Bill
from ingestion.services import create_source
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.pulls import pull
from tests.ingestion.test_revisions import of_account, write_accounts


def test_what_changed_is_told_by_account_and_service_with_its_totals(owner, foreign, acme, tmp_path):
    with tenant(acme.id):
        settings = {"path": str(tmp_path / "bills")}
        source = create_source(organization_id=acme.id, key="c", name="C", kind="focus", settings=settings, at=NOW)
    for cost in ("3", "4.000000000000000001"):
        write_accounts(tmp_path / "bills" / "october.csv", of_account(cost, "7", service="Compute"), of_account("1"))
        pull(source)
    with tenant(acme.id):
        bill = Bill.objects.get()

    answer = owner.get(f"bills/{bill.id}/comparison?older=1&newer=2").json()

    (found,), (total,) = answer["differences"], answer["totals"]
    assert (found["account_id"], found["account_name"], found["service_name"]) == ("7", "Account 7", "Compute")
    assert found["change"] == total["change"] == "1.000000000000000001"
    assert (total["older_cost"], total["newer_charges"]) == ("4.000000000000000000", 2)
    assert owner.get(f"bills/{bill.id}/comparison?older=1&newer=3").status_code == 404
    assert owner.get(f"bills/{bill.id}/comparison?older=1").status_code == 400
    assert foreign.get(f"bills/{bill.id}/comparison?older=1&newer=2").status_code == 404
