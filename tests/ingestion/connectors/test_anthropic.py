"""What Anthropic's answers become, worked by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ingestion.connectors.anthropic import KIND, SERVICE, AnthropicSettings
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from tests.fakes.ai import KEY, Anthropic
from tests.fakes.service import Told, service
from tests.ingestion.normalize.bills import Bench, values

COSTS, USAGE = "organizations/cost_report", "organizations/usage_report/messages"
WORKSPACES, ORGANIZATION = "organizations/workspaces", "organizations/me"
HEADER = "period_start,workspace_id,description,amount,currency\n"


def day(number: int, *results: dict[str, Any]) -> dict[str, Any]:
    return {
        "starting_at": f"2025-10-{number:02}T00:00:00Z",
        "ending_at": f"2025-10-{number + 1:02}T00:00:00Z",
        "results": list(results),
    }


def cost(cents: str, **more: Any) -> dict[str, Any]:
    return {
        "currency": "USD",
        "amount": cents,
        "workspace_id": "wrkspc_a",
        "description": "Claude Sonnet 4 Usage - Input Tokens",
        "cost_type": "tokens",
        "context_window": "0-200k",
        "model": "claude-sonnet-4-20250514",
        "service_tier": "standard",
        "token_type": "uncached_input_tokens",
        "inference_geo": "global",
        **more,
    }


def used(**more: Any) -> dict[str, Any]:
    return {
        "uncached_input_tokens": 0,
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
        "server_tool_use": {"web_search_requests": 0},
        "workspace_id": "wrkspc_a",
        "model": "claude-sonnet-4-20250514",
        "service_tier": "standard",
        "context_window": "0-200k",
        **more,
    }


def api(*, costs: Any = (), usage: Any = (), **more: Any) -> Anthropic:
    known = {"objects": {ORGANIZATION: {"id": "org-uuid", "type": "organization", "name": "Northwind"}}, **more}
    return Anthropic(
        reports={COSTS: costs, USAGE: usage},
        lists={WORKSPACES: [{"id": "wrkspc_a", "name": "Shop"}, {"id": "wrkspc_b", "name": "Old", "archived_at": "x"}]},
        **known,
    )


def settings(url: str, **changes: Any) -> AnthropicSettings:
    told = {"endpoint_url": url, "api_key": KEY, "first_month": "2025-10", **changes}
    return AnthropicSettings.model_validate(told, context=Reach(allows_private=True, attempts=2))


def asked_for(fake: Anthropic, **changes: Any) -> bytes:
    with service(fake.answer) as running, SERVICE.open(settings(running.url, **changes)).open("2025-10.csv") as stream:
        return stream.read()


def lines(fake: Anthropic) -> list[tuple[Any, ...]]:
    with service(fake.answer) as running:
        found = SERVICE.read(settings(running.url), date(2025, 10, 1))
        return [(line["token_type"], line["service_tier"], line["amount"], line["quantity"]) for line in found]


def bill(bench: Bench, fake: Anthropic) -> Any:
    return bench.normalized("anthropic", bench.archived(asked_for(fake), name="2025-10.csv"))


def test_cents_are_dollars_to_the_last_digit(bench: Bench):
    amounts = ["123.45", "0.0000000000000001", "-7", ".5", "1.5e3"]

    delivery = bill(bench, api(costs=[day(number, cost(cents)) for number, cents in enumerate(amounts, 1)]))

    assert values(delivery, "billed_cost") == [
        (Decimal("1.2345"),),
        (Decimal("0.000000000000000001"),),
        (Decimal("-0.07"),),
        (Decimal("0.005"),),
        (Decimal(15),),
    ]
    totals = delivery.bills[0].totals["USD"]
    assert totals.source == totals.billed_cost == Decimal("16.169500000000000001")


def test_a_line_of_cost_is_a_charge_with_the_tokens_it_paid(bench: Bench):
    delivery = bill(bench, api(costs=[day(5, cost("150"))], usage=[day(5, used(uncached_input_tokens=500_000))]))

    assert values(delivery, "sku_meter, billed_cost, consumed_quantity, consumed_unit, charge_description") == [
        (
            "claude-sonnet-4-20250514, input",
            Decimal("1.5"),
            Decimal(500_000),
            "Tokens",
            "Claude Sonnet 4 Usage - Input Tokens",
        )
    ]
    assert values(delivery, "billing_account_id, billing_account_name, sub_account_id, sub_account_name") == [
        ("org-uuid", "Northwind", "wrkspc_a", "Shop")
    ]
    assert values(delivery, "x_model, x_token_type, x_service_tier, x_context_window, region_id, x_operation") == [
        ("claude-sonnet-4-20250514", "uncached_input_tokens", "standard", "0-200k", "global", "input")
    ]
    assert values(
        delivery, "service_name, service_category, service_subcategory, host_provider_name, sub_account_type"
    ) == [("Claude API", "AI and Machine Learning", "Generative AI", "Anthropic", "Workspace")]
    assert values(delivery, "charge_period_start, charge_period_end, billing_period_start, billing_period_end") == [
        (datetime(2025, 10, 5), datetime(2025, 10, 6), datetime(2025, 10, 1), datetime(2025, 11, 1))
    ]


def test_every_kind_of_token_finds_its_cost(bench: Bench):
    kinds = {
        "uncached_input_tokens": "input",
        "cache_read_input_tokens": "cached input",
        "output_tokens": "output",
        "cache_creation.ephemeral_5m_input_tokens": "cache writes for 5 minutes",
        "cache_creation.ephemeral_1h_input_tokens": "cache writes for 1 hour",
    }
    usage = used(
        uncached_input_tokens=1,
        cache_read_input_tokens=2,
        output_tokens=3,
        cache_creation={"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 5},
    )

    delivery = bill(bench, api(costs=[day(1, *(cost("1", token_type=kind) for kind in kinds))], usage=[day(1, usage)]))

    assert sorted(values(delivery, "consumed_quantity, x_operation")) == [
        (Decimal(number), words) for number, words in enumerate(kinds.values(), 1)
    ]
    assert delivery.row_counts == (5,)


def test_tiers_and_context_windows_are_paid_by_their_own_lines():
    costs = [
        cost("10"),
        cost("5", service_tier="batch"),
        cost("20", context_window="200k-1M"),
    ]
    usage = [
        used(uncached_input_tokens=400),
        used(uncached_input_tokens=100, service_tier="batch"),
        used(uncached_input_tokens=300, context_window="200k-1M"),
    ]

    found = lines(api(costs=[day(1, *costs)], usage=[day(1, *usage)]))

    assert sorted((line[2], line[3]) for line in found) == [("10", 400), ("20", 300), ("5", 100)]


def test_the_priority_tier_is_used_without_cost(bench: Bench):
    usage = [day(1, used(output_tokens=70, service_tier="priority"), used(output_tokens=5))]

    delivery = bill(bench, api(costs=[day(1, cost("3", token_type="output_tokens"))], usage=usage))

    assert values(delivery, "billed_cost, consumed_quantity, x_service_tier, charge_category, charge_description") == [
        (
            Decimal(0),
            Decimal(70),
            "priority",
            "Usage",
            "claude-sonnet-4-20250514, output",
        ),
        (Decimal("0.03"), Decimal(5), "standard", "Usage", "Claude Sonnet 4 Usage - Input Tokens"),
    ]


def test_two_costs_of_the_same_tokens_leave_these_by_themselves():
    costs = [cost("10", description="US only", inference_geo="us"), cost("9", description="Anywhere")]

    found = lines(api(costs=[day(1, *costs)], usage=[day(1, used(uncached_input_tokens=400))]))

    assert [(line[2], line[3]) for line in found] == [(0, 400), ("9", None), ("10", None)]


def test_web_searches_are_requests_whatever_model_asked(bench: Bench):
    tool = {"cost_type": "web_search", "model": None, "token_type": None, "service_tier": None, "context_window": None}
    costs = [cost("20", description="Web Search Usage", **tool), cost("4", **{**tool, "cost_type": "code_execution"})]
    usage = [
        used(server_tool_use={"web_search_requests": 2}),
        used(model="x", server_tool_use={"web_search_requests": 1}),
    ]

    delivery = bill(bench, api(costs=[day(1, *costs)], usage=[day(1, *usage)]))

    assert values(delivery, "billed_cost, consumed_quantity, consumed_unit, x_operation, sku_meter") == [
        (Decimal("0.04"), None, None, "code_execution", "Claude Sonnet 4 Usage - Input Tokens"),
        (Decimal("0.2"), Decimal(3), "Requests", "web searches", "Web Search Usage"),
    ]


def test_no_workspace_is_the_default_one(bench: Bench):
    delivery = bill(bench, api(costs=[day(1, cost("1", workspace_id=None), cost("2", workspace_id="wrkspc_b"))]))

    assert values(delivery, "sub_account_id, sub_account_name, sub_account_type") == [
        ("default", "Default workspace", "Workspace"),
        ("wrkspc_b", "Old", "Workspace"),
    ]


def test_the_month_is_asked_for_in_utc_page_by_page():
    costs = [day(1, cost("1")), day(2, cost("1")), day(3, cost("1"))]
    with service(api(costs=costs).answer) as running:
        assert len(list(SERVICE.read(settings(running.url), date(2025, 10, 1)))) == 3

    first = running.asked[0]
    assert (first.one("starting_at"), first.one("ending_at")) == ("2025-10-01T00:00:00Z", "2025-11-01T00:00:00Z")
    assert first.query["group_by[]"] == ["workspace_id", "description"]
    assert [asked.one("page") for asked in running.asked[:3]] == [None, "page_1", "page_2"]
    (usage,) = [asked for asked in running.asked if asked.path == f"/v1/{USAGE}"]
    assert usage.query["group_by[]"] == ["workspace_id", "model", "service_tier", "context_window"]


@pytest.mark.parametrize(
    ("faults", "changes", "account"),
    [
        ({}, {}, b"org-uuid,Northwind"),
        ({}, {"organization_id": "ours"}, b"ours,"),
        ({ORGANIZATION: [Told(403, {"error": {"message": "no"}})]}, {}, b"Z,,,wrkspc_a"),
        ({ORGANIZATION: [Told(404, {})]}, {}, b"Z,,,wrkspc_a"),
    ],
)
def test_the_organization_is_told_by_the_setting_else_by_anthropic(faults, changes, account):
    assert account in asked_for(api(costs=[day(1, cost("1"))], faults=faults), **changes)


def test_an_organization_that_nobody_tells_is_anthropics_only_one(bench: Bench):
    delivery = bill(bench, api(costs=[day(1, cost("1"))], faults={ORGANIZATION: [Told(404, {})]}))

    assert values(delivery, "billing_account_id, billing_account_name") == [("Anthropic", None)]


def test_answers_in_another_order_are_the_same_bytes():
    results = [cost("1"), cost("2", token_type="output_tokens"), cost("3", workspace_id=None)]

    one, other = (asked_for(api(costs=[day(1, *some)])) for some in (results, results[::-1]))

    assert one == other


def test_a_restated_month_is_another_bill_of_the_same_month(bench: Bench):
    before, after = (bill(bench, api(costs=[day(1, cost(cents))])) for cents in ("100", "250"))

    assert [one.bills[0].billing_period for one in (before, after)] == [date(2025, 10, 1)] * 2
    assert [one.bills[0].totals["USD"].billed_cost for one in (before, after)] == [Decimal(1), Decimal("2.5")]


def test_a_throttled_page_is_asked_for_again():
    faults = {USAGE: [Told(429, {"error": {"message": "Rate limit"}}, {"Retry-After": "0"})]}

    assert len(lines(api(costs=[day(1, cost("1"))], faults=faults))) == 1


def test_a_page_that_fails_for_good_loses_the_month_and_nothing_less():
    fake = api(costs=[day(1, cost("1")), day(2, cost("1"))])

    def answer(asked: Any) -> Any:
        return Told(529, {"error": {"message": "Overloaded"}}) if asked.one("page") else fake.answer(asked)

    with service(answer) as running, pytest.raises(DeliveryError, match="Overloaded") as refused:
        list(SERVICE.read(settings(running.url), date(2025, 10, 1)))
    assert refused.value.code == "unreachable"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (COSTS, {"data": None}, "has no list called data"),
        (COSTS, {"data": [{"results": []}]}, "has a day without starting_at and ending_at"),
        (USAGE, {"data": [day(1, used(cache_creation=5))]}, "usage of the cache or of tools is no object"),
        (USAGE, {"data": [day(1, used(output_tokens=True))]}, "output_tokens is 'True', no number"),
        (ORGANIZATION, [], "the organization has no id"),
    ],
)
def test_an_answer_that_is_laid_out_otherwise_is_refused(path, body, words):
    with pytest.raises(DeliveryError, match=words) as refused:
        lines(api(faults={path: [Told(body=body)]}))

    assert refused.value.code == "answer_unreadable"


def test_a_wrong_key_is_one_sentence_that_does_not_tell_it():
    with service(api().answer) as running, pytest.raises(DeliveryError) as refused:
        KIND.discover(settings(running.url, api_key="sk-ant-wrong"))

    assert refused.value.code == "bad_credentials"
    assert "Anthropic answered 401 (invalid x-api-key)." in str(refused.value)
    assert "sk-ant-wrong" not in str(refused.value)


@pytest.mark.parametrize("title", ["period_start", "amount", "currency"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("anthropic", bench.archived(HEADER.replace(title, "other") + "2025-10-01,,x,1,USD\n"))

    assert [finding.message for finding in refused.value.findings] == [
        f"bill.csv has no column {title}. Is it a table of costs from Anthropic?"
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("2025-10-05,,x,1_000,USD", "amount", "not_a_number"),
        ("2025-10-05,,x,one,USD", "amount", "not_a_number"),
        ("2025-10-05,,x,,USD", "amount", "value_missing"),
        ("2025-10-05,,x,1,JPY", "currency", "currency_unit_unknown"),
        ("2025-10-05,,x,1,", "currency", "currency_unknown"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(bench: Bench, row, column, code):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("anthropic", bench.archived(HEADER + "2025-10-05,,x,1,USD\n" + row + "\n"))

    finding = refused.value.findings[0]
    assert (finding.row, finding.column, finding.code) == (2, column, code)
    assert "e-2" not in finding.message
