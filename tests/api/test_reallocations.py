"""Many billing periods allocated again through the API."""

from datetime import date

from allocation.services import allocate
from itfm.audit.models import AuditEvent
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge

MONTHS = [date(2026, month, 1) for month in (8, 9, 10)]


def billed(organization):
    for period in MONTHS:
        bill_in_force(organization, [charge("5", on=period)], period=period)


def states(told):
    return {month["billing_period"]: month["state"] for month in told["months"]}


def test_a_span_is_asked_for_watched_and_taken_back(owner, acme):
    billed(acme)

    asked = owner.post("reallocations", {"first_period": "2026-09"})
    place = asked["Location"].removeprefix("/api/v1/")
    assert asked.status_code == 202
    assert (asked.json()["first_period"], asked.json()["last_period"]) == ("2026-09", "2026-10")
    assert states(asked.json()) == {"2026-09": "queued", "2026-10": "queued"}

    allocate(acme.id, period=MONTHS[1])
    told = owner.get(place).json()
    assert (states(told), told["is_over"]) == ({"2026-09": "published", "2026-10": "queued"}, False)

    taken_back = owner.post(f"{place}/cancellations", {}).json()
    assert (states(taken_back), taken_back["is_over"]) == ({"2026-09": "published", "2026-10": "canceled"}, True)
    assert taken_back["canceled_at"]
    assert [one["id"] for one in owner.get("reallocations").json()["items"]] == [taken_back["id"]]
    with tenant(acme.id):
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"allocation.all_requested", "allocation.all_canceled"} <= actions


def test_a_second_one_is_refused_with_what_to_do(owner, acme):
    billed(acme)
    owner.post("reallocations", {})

    again = owner.post("reallocations", {})

    assert again.status_code == 409
    assert again.json()["detail"] == "A re-allocation is under way already. Wait until it is over, or cancel it."


def test_no_bill_and_a_wrong_month_are_refused(owner, acme):
    assert owner.post("reallocations", {}).status_code == 409
    assert owner.post("reallocations", {"first_period": "2026-13"}).status_code in {400, 422}
