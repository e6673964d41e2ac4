"""The sample company's services over HTTP: a key is asked for, answers come in pages and say what they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion.connectors import openai as openai_connector
from ingestion.delivery import DeliveryError
from ingestion.delivery.reach import Reach
from itfm.demo import company
from itfm.demo.services import databricks, openai
from itfm.demo.services.asked import json_text
from itfm.demo.services.server import LABEL, serving

OCTOBER = {"start_time": 1_790_812_800, "end_time": 1_793_491_200, "bucket_width": "1d"}
"""The seconds of 2026-10-01 and 2026-11-01 in UTC."""
BEARER = {"Authorization": f"Bearer {openai.ADMIN_KEY}"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("demo")
    company.write(folder, charges=3_000, months=2, last_month=date(2026, 10, 1))
    with serving(folder) as url:
        yield url


def get(url: str, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
    return requests.get(url, params=query, headers=headers, timeout=10)


def test_every_answer_says_that_it_is_sample_data(site):
    first = get(f"{site}/")

    assert first.json()["about"] == LABEL
    assert "demo" in LABEL
    assert "Sample data" in LABEL
    refused = get(f"{site}/openai/v1/organization/costs")
    assert first.headers["X-Sample-Data"] == refused.headers["X-Sample-Data"] == LABEL


def test_a_question_without_the_key_is_refused(site):
    assert get(f"{site}/openai/v1/organization/costs", **OCTOBER).status_code == 401
    assert get(f"{site}/openai/v1/organization/costs", {"Authorization": "Bearer no"}, **OCTOBER).status_code == 401


def test_days_come_in_pages_and_each_once(site):
    url = f"{site}/openai/v1/organization/costs"
    days, page, sizes = [], None, []

    while True:
        told = get(url, BEARER, **OCTOBER, limit=10, **({"page": page} if page else {})).json()
        days += [bucket["start_time"] for bucket in told["data"]]
        sizes.append(len(told["data"]))
        page = told["next_page"]
        if not told["has_more"]:
            break

    assert sizes == [10, 10, 10, 1]
    assert days == list(range(OCTOBER["start_time"], OCTOBER["end_time"], 86_400))


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("openai/v1/nowhere", {}, 404),
        ("elsewhere/v1", {}, 404),
        ("openai/v1/organization/costs", {**OCTOBER, "bucket_width": "1h"}, 400),
        ("openai/v1/organization/costs", {**OCTOBER, "page": "page_../../projects"}, 400),
        ("openai/v1/organization/costs", {**OCTOBER, "start_time": "soon"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(site, path, query, status):
    assert get(f"{site}/{path}", BEARER, **query).status_code == status


def test_numbers_keep_their_digits():
    from decimal import Decimal

    assert (
        json_text({"a": Decimal("0.100000000"), "b": [1, None, True, "ü"]}) == '{"a":0.100000000,"b":[1,null,true,"ü"]}'
    )


def test_only_the_samples_own_address_may_be_on_this_machine(site):
    def read(reach: Reach, url: str) -> None:
        told = {"endpoint_url": url, "api_key": openai.ADMIN_KEY, "first_month": "2026-09"}
        settings = openai_connector.OpenAISettings.model_validate(told, context=reach)
        list(openai_connector.read(settings, date(2026, 10, 1)))

    read(Reach(samples=site), f"{site}/openai")

    other = site.rpartition(":")[0] + ":1"
    for reach, url in (
        (Reach(), f"{site}/openai"),
        (Reach(samples=site), f"{other}/openai"),
        (Reach(samples=site), f"{site}0/openai"),
        (Reach(samples=f"{site}"), "http://localhost:1/openai"),
    ):
        with pytest.raises(DeliveryError) as refused:
            read(reach, url)
        assert refused.value.code in {"private_address", "unreachable"}
        assert not reach.is_sample(url)


def test_databricks_answers_a_statement_in_chunks_with_each_row_once_and_refuses_others(site):
    url, headers = f"{site}/databricks/{databricks.STATEMENTS}", {"Authorization": f"Bearer {databricks.CREDENTIAL}"}

    def run(statement: str, warehouse: str = databricks.WAREHOUSE) -> requests.Response:
        body = {"statement": statement, "warehouse_id": warehouse}
        return requests.post(url, json=body, headers=headers, timeout=10)

    asked = "SELECT 1 WHERE used.usage_date >= DATE '2026-10-01' AND used.usage_date < DATE '2026-11-01'"
    told = run(asked).json()
    chunk, rows = told["result"], list(told["result"]["data_array"])
    while link := chunk.get("next_chunk_internal_link"):
        chunk = get(f"{site}/databricks{link}", headers).json()
        rows += chunk["data_array"]

    assert len(rows) == told["manifest"]["total_row_count"] == 31 * len(databricks.USES)
    assert len({tuple(row) for row in rows}) == len(rows)
    assert run("DROP TABLE usage").json()["status"]["state"] == "FAILED"
    assert run(asked, warehouse="other").status_code == 404
    assert get(f"{url}/sample-2026-10-01-to-2026-11-01/result/chunks/9", headers).status_code == 404
    assert get(f"{url}/sample-2026-10-01-to-2026-11-01", {"Authorization": "Bearer no"}).status_code == 401
