"""What OpenAI's answers become, worked by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.ai.asking import days_of
from ingestion.connectors.openai import KIND, PLAN, SERVICE, OpenAISettings
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import SUBCATEGORIES
from ingestion.normalize import Limits
from ingestion.normalize.preview import preview_columns
from tests.fakes.ai import KEY, OpenAI
from tests.fakes.service import Told, service
from tests.ingestion.normalize.bills import Bench, values

COSTS, USAGE, PROJECTS = "organization/costs", "organization/usage/completions", "organization/projects"
DAY = 86_400
FIRST = int(datetime(2025, 10, 1, tzinfo=UTC).timestamp())
HEADER = (
    "period_start,period_end,organization_id,project_id,project_name,description,model,token_type,service_tier,"
    "amount,currency,quantity,unit\n"
)


def day(number: int, *results: dict[str, Any]) -> dict[str, Any]:
    start = FIRST + (number - 1) * DAY
    return {"object": "bucket", "start_time": start, "end_time": start + DAY, "results": list(results)}


def cost(item: str | None, value: Any, **more: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "usd"}
    return {"amount": amount, "line_item": item, "project_id": "proj_a", "organization_id": "org-1", **more}


def used(model: str, **more: Any) -> dict[str, Any]:
    tokens = {"input_tokens": 0, "output_tokens": 0, "num_model_requests": 0}
    return {"project_id": "proj_a", "model": model, "batch": False, **tokens, **more}


def api(*, costs: Any = (), usage: Any = (), **more: Any) -> OpenAI:
    return OpenAI(
        reports={COSTS: costs, USAGE: usage},
        lists={PROJECTS: [{"id": "proj_a", "name": "Shop"}, {"id": "proj_b", "name": "Search"}]},
        **more,
    )


def settings(url: str, **changes: Any) -> OpenAISettings:
    told = {"endpoint_url": url, "api_key": KEY, "first_month": "2025-10", **changes}
    return OpenAISettings.model_validate(told, context=Reach(allows_private=True, attempts=2))


def asked_for(fake: OpenAI, **changes: Any) -> bytes:
    with service(fake.answer) as running, SERVICE.open(settings(running.url, **changes)).open("2025-10.csv") as stream:
        return stream.read()


def lines(fake: OpenAI) -> list[tuple[Any, ...]]:
    with service(fake.answer) as running:
        found = SERVICE.read(settings(running.url), date(2025, 10, 1))
        return [(line["description"], line["token_type"], line["amount"], line["quantity"]) for line in found]


def bill(bench: Bench, fake: OpenAI) -> Any:
    return bench.normalized("openai", bench.archived(asked_for(fake), name="2025-10.csv"))


def test_a_line_of_cost_is_a_charge_with_the_tokens_it_paid(bench: Bench):
    delivery = bill(
        bench,
        api(
            costs=[day(5, cost("gpt-4o-2024-08-06, input", 1.5), cost("gpt-4o-2024-08-06, cached input", 0.25))],
            # 1,000 tokens in, of which 400 were cached: 600 were not.
            usage=[day(5, used("gpt-4o-2024-08-06", input_tokens=1000, input_cached_tokens=400))],
        ),
    )

    assert delivery.bills[0].billing_period == date(2025, 10, 1)
    assert values(delivery, "sku_meter, billed_cost, consumed_quantity, consumed_unit, x_model, x_token_type") == [
        (
            "gpt-4o-2024-08-06, cached input",
            Decimal("0.25"),
            Decimal(400),
            "Tokens",
            "gpt-4o-2024-08-06",
            "cached input",
        ),
        ("gpt-4o-2024-08-06, input", Decimal("1.5"), Decimal(600), "Tokens", "gpt-4o-2024-08-06", "input"),
    ]
    assert values(
        delivery, "charge_period_start, charge_period_end, billing_period_end, billing_currency, charge_category"
    )[0] == (datetime(2025, 10, 5), datetime(2025, 10, 6), datetime(2025, 11, 1), "USD", "Usage")
    assert values(delivery, "billing_account_id, sub_account_id, sub_account_name, sub_account_type")[0] == (
        "org-1",
        "proj_a",
        "Shop",
        "Project",
    )


def test_a_charge_has_all_that_focus_asks_for(bench: Bench):
    delivery = bill(
        bench, api(costs=[day(1, cost("gpt-5, output", 2))], usage=[day(1, used("gpt-5", output_tokens=7))])
    )

    ((category, subcategory, *others),) = values(
        delivery,
        "service_category, service_subcategory, service_name, invoice_issuer_name, service_provider_name,"
        " host_provider_name, effective_cost, list_cost, contracted_cost, pricing_quantity, pricing_unit, pricing_category",
    )
    assert (category, subcategory) == ("AI and Machine Learning", "Generative AI")
    assert subcategory in SUBCATEGORIES[category]
    assert others == ["OpenAI API", "OpenAI", "OpenAI", "OpenAI", 2, 2, 2, 7, "Tokens", "Standard"]


def test_every_page_of_costs_and_projects_is_read_and_the_sum_is_exact(bench: Bench):
    amounts = ["0.1000000000000000055", "1e-7", "3"]
    fake = api(
        costs=[day(number, cost("gpt-5, input", value)) for number, value in enumerate(amounts, 1)]
        + [day(4, cost("gpt-5, input", 1, project_id="proj_b"))]
    )

    delivery = bill(bench, fake)

    # 0.1000000000000000055 is rounded half to even at the 18th digit: 0.100000000000000006.
    assert delivery.bills[0].totals["USD"].billed_cost == Decimal("4.100000100000000006")
    assert delivery.bills[0].totals["USD"].source == Decimal("4.100000100000000006")
    assert {name for (name,) in values(delivery, "sub_account_name")} == {"Shop", "Search"}


def test_an_amount_written_as_a_number_keeps_its_digits():
    amount = '{"value": 0.123456789012345678, "currency": "usd"}'
    days = json.dumps({"data": [day(1, {"amount": "AMOUNT", "line_item": "x"})], "has_more": False})
    body = days.replace('"AMOUNT"', amount)

    assert lines(api(faults={COSTS: [Told(body=body)]})) == [("x", None, Decimal("0.123456789012345678"), None)]


def test_the_month_is_asked_for_in_utc_by_day_project_and_line_item():
    with service(api().answer) as running:
        assert list(SERVICE.read(settings(running.url), date(2025, 10, 1))) == []

    costs, usage, *projects = running.asked
    assert costs.path == "/v1/organization/costs"
    assert (costs.one("start_time"), costs.one("end_time")) == ("1759276800", "1761955200")
    assert costs.query["group_by[]"] == ["project_id", "line_item"]
    assert usage.query["group_by[]"] == ["project_id", "model", "batch"]
    assert [(asked.path, asked.one("after")) for asked in projects] == [
        ("/v1/organization/projects", None),
        ("/v1/organization/projects", "proj_a"),
    ]


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (date(2026, 2, 1), "2026-02-02T00:00:00+00:00"),
        (date(2026, 2, 27), "2026-02-28T00:00:00+00:00"),
        (date(2026, 2, 28), "2026-03-01T00:00:00+00:00"),
        (date(2026, 9, 9), "2026-03-01T00:00:00+00:00"),
    ],
)
def test_no_day_is_asked_for_that_has_not_begun(today, end):
    days = days_of(date(2026, 2, 1), today=today)

    assert (days.start.isoformat(), days.end.isoformat()) == ("2026-02-01T00:00:00+00:00", end)


def test_every_month_is_a_delivery_once_openai_has_answered():
    with service(api().answer) as running:
        deliveries = KIND.discover(settings(running.url))

    assert [delivery.name for delivery in deliveries][:2] == ["2025-10.csv", "2025-11.csv"]
    assert running.asked


def test_usage_that_no_cost_pays_is_a_line_without_cost():
    usage = [day(1, used("gpt-free", output_tokens=5, num_model_requests=2))]

    assert lines(api(usage=usage)) == [(None, "output", 0, Decimal(5)), (None, "requests", 0, Decimal(2))]


def test_where_two_lines_could_have_paid_the_tokens_neither_gets_them():
    costs = [day(1, cost("gpt-5, input", 1), cost("priority | gpt-5, input", 3))]
    usage = [day(1, used("gpt-5", input_tokens=400))]

    assert lines(api(costs=costs, usage=usage)) == [
        (None, "input", 0, Decimal(400)),
        ("gpt-5, input", "input", 1, None),
        ("priority | gpt-5, input", "input", 3, None),
    ]


def test_a_line_pays_batches_too_when_it_is_the_only_one():
    usage = [day(1, used("gpt-5", input_tokens=400), used("gpt-5", input_tokens=100, batch=True))]

    assert lines(api(costs=[day(1, cost("gpt-5, input", 1))], usage=usage)) == [
        ("gpt-5, input", "input", 1, Decimal(500))
    ]


@pytest.mark.parametrize(
    ("quantity", "unit", "left"),
    [
        (300, "tokens", [Decimal(100)]),
        (300, None, [Decimal(100)]),
        (Decimal("0.4"), "1000_tokens", []),
        (500, None, []),
    ],
)
def test_a_quantity_that_a_cost_tells_counts_and_only_the_rest_of_the_usage(quantity, unit, left):
    told = cost("gpt-5, input", 1, quantity=float(quantity), quantity_unit=unit)
    usage = [day(1, used("gpt-5", input_tokens=400))]

    found = lines(api(costs=[day(1, told)], usage=usage))

    own = Decimal(quantity) * (1000 if unit == "1000_tokens" else 1)
    assert sorted(line[3] for line in found) == sorted([own, *left])
    assert sum(line[2] for line in found) == 1


def test_the_same_tokens_of_other_days_projects_and_models_are_others():
    costs = [day(1, cost("gpt-5, input", 1)), day(2, cost("gpt-5, input", 1, project_id="proj_b"))]
    usage = [day(2, used("gpt-5", input_tokens=9)), day(1, used("gpt-6", input_tokens=8))]

    found = lines(api(costs=costs, usage=usage))

    assert sorted((line[2], line[3] or 0) for line in found) == [(0, 8), (0, 9), (1, 0), (1, 0)]


def test_money_given_back_is_a_credit_only_when_the_line_says_so(bench: Bench):
    costs = [day(1, cost("Service credit", -2), cost("gpt-5, input", -1), cost("credit card fee", 3))]

    delivery = bill(bench, api(costs=costs))

    assert values(delivery, "charge_description, charge_category, billed_cost, charge_frequency") == [
        ("Service credit", "Credit", Decimal(-2), "One-Time"),
        ("credit card fee", "Usage", Decimal(3), "Usage-Based"),
        ("gpt-5, input", "Usage", Decimal(-1), "Usage-Based"),
    ]
    assert delivery.bills[0].totals["USD"].billed_cost == 0


def test_a_line_of_another_kind_is_named_as_openai_names_it(bench: Bench):
    delivery = bill(bench, api(costs=[day(1, cost("web search tool calls", 1, quantity=4), cost(None, 2))]))

    assert values(delivery, "sku_meter, sku_id, consumed_quantity, consumed_unit, x_model") == [
        (None, None, None, None, None),
        ("web search tool calls", "web search tool calls", Decimal(4), "Units", None),
    ]


def test_the_setting_names_the_organization_before_the_answer_does():
    fake = api(costs=[day(1, cost("gpt-5, input", 1))])

    assert b",org-2," in asked_for(fake, organization_id="org-2")
    assert b",org-1," in asked_for(fake)


def test_answers_in_another_order_are_the_same_bytes():
    first, second = cost("gpt-5, input", 1), cost("gpt-5, output", 2)
    usage = [day(1, used("gpt-5", input_tokens=3, output_tokens=4), used("gpt-6", output_tokens=5))]
    turned = [day(1, *reversed(usage[0]["results"]))]

    one = asked_for(api(costs=[day(1, first, second)], usage=usage))

    assert asked_for(api(costs=[day(1, second, first)], usage=turned)) == one


def test_a_restated_month_is_another_file(bench: Bench):
    before, after = (bill(bench, api(costs=[day(1, cost("gpt-5, input", amount))])) for amount in (1, 2))

    assert [one.bills[0].totals["USD"].billed_cost for one in (before, after)] == [Decimal(1), Decimal(2)]
    assert before.bills[0].billing_period == after.bills[0].billing_period


def test_a_day_of_another_month_is_left_to_it():
    assert lines(api(costs=[day(0, cost("gpt-5, input", 1)), day(32, cost("gpt-5, input", 1))])) == []


def test_a_throttled_page_is_asked_for_again():
    faults = {COSTS: [Told(429, {"error": {"message": "Rate limit"}}, {"Retry-After": "0"})]}

    assert len(lines(api(costs=[day(1, cost("x", 1)), day(2, cost("x", 1))], faults=faults))) == 2


def test_a_page_that_fails_for_good_loses_the_month_and_nothing_less():
    pages = [day(1, cost("x", 1)), day(2, cost("x", 1))]
    fake = api(costs=pages)
    broken = Told(503, "busy", {"Retry-After": "0"})

    def answer(asked: Any) -> Any:
        return broken if asked.one("page") else fake.answer(asked)

    with service(answer) as running, pytest.raises(DeliveryError) as refused:
        list(SERVICE.read(settings(running.url), date(2025, 10, 1)))
    assert refused.value.code == "unreachable"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "OpenAI: organization/costs has no list called data."),
        ({"data": [{}], "has_more": False}, "has a day without results"),
        ({"data": [], "has_more": True, "next_page": None}, "has more pages but does not say where"),
        ({"data": [{"start_time": "1", "results": []}]}, "has a day without start_time and end_time"),
        ({"data": [day(1, cost("gpt-5, input", 1, quantity="many"))]}, "quantity is 'many', no number"),
        ({"data": [day(1, {"amount": 5})]}, "an amount is not a value with its currency"),
    ],
)
def test_an_answer_that_is_laid_out_otherwise_is_refused(body, words):
    with pytest.raises(DeliveryError, match=r"does not answer as its documentation says") as refused:
        lines(api(faults={COSTS: [Told(body=body)]}))

    assert refused.value.code == "answer_unreadable"
    assert words in str(refused.value)


def test_pages_that_lead_back_to_one_are_not_read_forever():
    again = Told(body={"data": [], "has_more": True, "next_page": "page_1"})

    with pytest.raises(DeliveryError, match="has more pages but does not say where"):
        lines(api(faults={COSTS: [again, again, again]}))


def test_a_wrong_key_is_one_sentence_that_does_not_tell_it():
    with service(api().answer) as running, pytest.raises(DeliveryError) as refused:
        KIND.discover(settings(running.url, api_key="sk-wrong"))

    assert refused.value.code == "bad_credentials"
    assert "sk-wrong" not in str(refused.value)


def test_a_source_without_key_and_folder_is_refused():
    with pytest.raises(ValueError, match="Give a folder, or Admin key"):
        OpenAISettings.model_validate({})


def test_a_file_with_the_same_columns_is_imported(bench: Bench):
    row = '2025-10-05,2025-10-06,org-9,p,Own,"gpt-5, input",gpt-5,input,,0.5,EUR,10,Tokens\n'

    delivery = bench.normalized("openai", bench.archived(HEADER + row))

    assert values(delivery, "billing_account_id, billed_cost, billing_currency, charge_period_end, x_operation") == [
        ("org-9", Decimal("0.5"), "EUR", datetime(2025, 10, 6), "input")
    ]


def test_a_preview_tells_what_each_column_becomes(bench: Bench, tmp_path: Path):
    file = bench.archived(HEADER + '2025-10-05,,org-9,p,Own,"gpt-5, input",gpt-5,input,,0.5,EUR,10,Tokens\n')

    found = preview_columns(file, planner=PLAN, limits=Limits(temp_folder=tmp_path, memory=256 << 20, threads=1))

    targets = {column.title: column.targets for column in found}
    assert "BilledCost" in targets["amount"]
    assert "BillingPeriodStart" in targets["period_start"]
    assert "ConsumedQuantity" in targets["quantity"]
    assert "SubAccountId" in targets["project_id"]


@pytest.mark.parametrize("title", ["period_start", "amount", "currency"])
def test_a_file_without_a_column_it_needs_is_refused_by_name(bench: Bench, title):
    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("openai", bench.archived(HEADER.replace(title, "other") + "," * 12 + "\n"))

    assert [finding.message for finding in refused.value.findings] == [
        f"bill.csv has no column {title}. Is it a table of costs from OpenAI?"
    ]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("2025-10-05,,,,,x,,,,1_000,USD,,", "amount", "not_a_number"),
        ("2025-10-05,,,,,x,,,,,USD,,", "amount", "value_missing"),
        ("2025-10-05,,,,,x,,,,1,dollars,,", "currency", "currency_unknown"),
        ("May,,,,,x,,,,1,USD,,", "period_start", "not_a_moment"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(bench: Bench, row, column, code):
    good = "2025-10-05,,,,,x,,,,1,USD,,\n"

    with pytest.raises(RejectedBillError) as refused:
        bench.normalized("openai", bench.archived(HEADER + good + row + "\n"))

    finding = refused.value.findings[0]
    assert (finding.row, finding.column, finding.code) == (2, column, code)
