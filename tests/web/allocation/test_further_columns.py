"""The rule builder on columns that attribute sets do not hold: offered, completed, counted, traced, refused."""

import pytest
from django.urls import reverse

from allocation import bills as bills_module
from allocation import matches
from allocation.working import working_rules
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import charge

CHARGES = [
    charge("100", on=1, service_name="EC2", resource_id="vm-1", tags={"owner": "ada"}),
    charge("7.5", on=1, service_name="EC2", resource_id="vm-2", x_cost_code="77"),
    charge("3", on=3, service_name="S3", resource_id="bucket-1"),
]
RULE = {
    "when-type": "group", "when-mode": "all", "when.0-type": "test", "when.0-kind": "column",
    "when.0-key": "resource_id", "when.0-operator": "starts_with", "when.0-texts": "vm-", "value_kind": "fixed",
    "value_text": "machines", "name": "by resource",
}  # fmt: skip


def ask(client, name, *arguments, **query):
    return client.get(reverse(name, args=arguments), {"period": "2026-10", **query}).content.decode()


def send(client, **changed):
    address = reverse("allocation_rule", args=["team", "new"])
    return client.post(address, RULE | {"lock": "1", "period": "2026-10"} | changed, follow=True)


@pytest.fixture
def with_team(acme, owner, client):
    bill_in_force(acme, CHARGES, keeps_lines=True, left_out=("owner",))
    client.post(
        reverse("allocation_change"), {"operation": "add_dimension", "new_key": "team", "name": "Team", "lock": "0"}
    )


def test_further_columns_and_keys_are_offered_and_completed_from_the_lines(with_team, client):
    form = ask(client, "allocation_rule", "team", "new")

    assert '<option value="resource_id">Column' in form
    assert '<option value="x_cost_code">Column' in form
    assert '<option value="owner">Tag' in form
    assert "x_attribute_set_id" not in form
    found = [ask(client, "allocation_texts", kind="column", key="resource_id", q="VM-2"),
             ask(client, "allocation_texts", kind="column", key="x_cost_code", q=""),
             ask(client, "allocation_texts", kind="tag", key="owner", q="a")]  # fmt: skip
    assert ["vm-2" in found[0], "vm-1" in found[0], "77" in found[1], "ada" in found[2]] == [True, False, True, True]


def test_a_rule_about_resources_is_counted_saved_and_followed(acme, with_team, client):
    counted = send(client, do="count").content.decode()
    saved = send(client, do="save").content.decode()

    assert 'data-exact="107.5"' in counted
    assert 'data-exact="107.5"' in saved
    assert 'data-exact="3"' in saved
    with tenant(acme.id):
        assert working_rules().rules.dimensions[0].rules[0].name == "by resource"
    found = ask(client, "allocation_trace", q="vm-1")
    traced = ask(client, "allocation_trace", line="service_name = EC2\nresource_id = vm-1")
    assert "resource_id+%3D+vm-1" in found
    assert "Team: machines" in traced
    review = client.get(reverse("allocation_review")).content.decode()
    assert 'data-exact="107.5"' in review


def test_a_name_that_no_column_has_is_still_refused_with_those_there_are(with_team, client):
    page = send(client, do="save", **{"when.0-key": "resource"})

    assert page.status_code == 422
    assert "column &#x27;resource&#x27; is not known; known: " in page.content.decode()


def test_a_column_with_more_values_than_rules_can_look_at_is_refused_in_the_form_and_told_on_the_pages(
    with_team, client, monkeypatch
):
    monkeypatch.setattr(bills_module, "MOST_SETS", 2)
    refused = send(client, do="save")

    assert refused.status_code == 422
    assert "resource_id has 3 values in the bill of AWS for 2026-10" in refused.content.decode()
    assert "resource_id has 3 values" not in ask(client, "allocation_dimension", "team")


def test_pages_of_a_draft_that_cannot_be_counted_say_so(with_team, client, monkeypatch):
    send(client, do="save")
    monkeypatch.setattr(matches, "widened_for_page", no_widening)

    for name, arguments in (
        ("allocation", ()), ("allocation_dimension", ("team",)), ("allocation_coverage", ()), ("allocation_trace", ()),
        ("allocation_review", ()),
    ):  # fmt: skip
        assert "resource_id has too many values. Until then nothing below counts it." in ask(client, name, *arguments)


def no_widening(*_arguments, **_options):
    raise bills_module.WideningError("resource_id has too many values.")


def test_a_rule_about_a_large_bill_can_be_saved_while_a_worker_sorts_its_lines(acme, with_team, client, monkeypatch):
    monkeypatch.setattr(bills_module, "AT_ONCE", 2)

    counted = send(client, do="count").content.decode()
    saved = send(client, do="save").content.decode()

    assert "are being sorted by resource_id. Look again in a minute." in counted
    assert 'hx-trigger="load delay:4s"' in counted
    assert "are being sorted by resource_id. Look again in a minute. Until then nothing below counts it." in saved
    with tenant(acme.id):
        assert working_rules().rules.dimensions[0].rules[0].name == "by resource"


def test_the_shares_of_a_pool_of_resources_are_worked_out_and_wait_for_a_large_bill(with_team, client, monkeypatch):
    send(client, do="save")
    pool = {
        "key": "machines", "name": "Machines", "stage": "1", "pool-type": "group", "pool-mode": "all",
        "pool.0-type": "test", "pool.0-kind": "column", "pool.0-key": "resource_id", "pool.0-operator": "equals",
        "pool.0-texts": "bucket-1", "dimension": "team", "receivers": "one_of", "one_of": "machines", "method": "even",
        "window": "billing_period", "fallback": "hold", "period": "2026-10", "lock": "2", "do": "preview",
    }  # fmt: skip
    address = reverse("allocation_split", args=["new"])

    page = client.post(address, pool).content.decode()
    monkeypatch.setattr(bills_module, "AT_ONCE", 2)
    waiting = client.post(address, pool | {"pool.0-key": "sku_id"}).content.decode()

    assert "Sum of the shares" in page
    assert "are being sorted by resource_id, sku_id. Look again in a minute." in waiting
