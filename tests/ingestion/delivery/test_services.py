"""Asking a provider's API: what becomes a file, and what is said when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from ingestion.delivery import DeliveryError
from ingestion.delivery.http import open_api
from ingestion.delivery.reach import Reach
from ingestion.delivery.services import Record, Service, ServiceSettings, ServiceStore
from tests.fakes.service import Asked, Told, service


class Settings(ServiceSettings):
    """Those of a made-up service."""

    needed = ("api_key",)
    home = "https://api.costs.example"

    api_key: SecretStr | None = None


def read(settings: Settings, month: date) -> Iterator[Record]:
    assert settings.api_key
    key = settings.api_key.get_secret_value()
    with open_api(settings, name="Costs", base=settings.home, headers={"X-Key": key}, path="/v1") as api:
        yield from api.get("costs", {"month": f"{month:%Y-%m}"})["costs"]


SERVICE = Service(columns=("day", "cost", "tags", "is_final"), read=read)


def settings(url: str, **changes: Any) -> Settings:
    told = {"endpoint_url": url, "api_key": "sesame", "first_month": f"{datetime.now(UTC):%Y-%m}", **changes}
    return Settings.model_validate(told, context=Reach(allows_private=True, attempts=2))


def costs(_asked: Asked) -> Told:
    return Told(
        body='{"costs": [{"day": "2026-11-01", "cost": 0.1000000000000000055, "tags": {"b": 1.50, "a": "ü"}},'
        ' {"day": "2026-11-02", "cost": 1e-7, "is_final": true, "unknown": "left out"}]}'
    )


def test_a_month_becomes_a_table_with_every_digit():
    with service(costs) as fake, SERVICE.open(settings(fake.url)).open("2026-11.csv") as stream:
        written = stream.read().decode()

    assert written.splitlines() == [
        "day,cost,tags,is_final",
        '2026-11-01,0.1000000000000000055,"{""a"":""ü"",""b"":""1.50""}",',
        "2026-11-02,0.0000001,,true",
    ]
    assert fake.asked[0].path == "/v1/costs"
    assert fake.asked[0].one("month") == "2026-11"
    assert fake.asked[0].headers["x-key"] == "sesame"


def test_every_month_up_to_now_is_a_delivery_and_old_ones_are_settled():
    store = ServiceStore(SERVICE, settings("http://x.example", first_month="2025-12"), date(2026, 3, 18))

    files = store.files()

    assert [file.path for file in files] == ["2025-12.csv", "2026-01.csv", "2026-02.csv", "2026-03.csv"]
    assert [file.version for file in files] == ["settled", "settled", "", ""]


def test_without_a_first_month_a_year_is_read():
    store = ServiceStore(SERVICE, settings("http://x.example", first_month=None), date(2026, 3, 18))

    assert (store.months()[0], store.months()[-1], len(store.months())) == (date(2025, 3, 1), date(2026, 3, 1), 13)


def test_discovering_asks_the_service_first():
    with service(costs) as fake:
        deliveries = SERVICE.discover(settings(fake.url))

    assert [delivery.is_asked_for for delivery in deliveries] == [True]
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("told", "code", "words"),
    [
        (Told(401, {"error": {"message": "Incorrect key."}}), "bad_credentials", "Costs answered 401 (Incorrect key)"),
        (Told(403, {"errors": ["No permission"]}), "access_denied", "(No permission)"),
        (Told(404, {"message": "Unknown organization"}), "not_found", "(Unknown organization)"),
        (Told(429, {"error": "slow down"}, {"Retry-After": "0"}), "throttled", "again later"),
        (Told(503, "<html>busy</html>", {"Retry-After": "0"}), "unreachable", "Costs answered 503."),
        (Told(302, "", {"Location": "https://elsewhere.example"}), "redirected", "Costs answered 302."),
        (Told(202, {"message": "still running"}), "refused", "Costs answered 202 (still running)."),
        (Told(400, {"error": {"message": "bad month"}}), "refused", "(bad month)"),
        (Told(200, "<html>Sign in</html>"), "answer_unreadable", "Costs did not answer in JSON."),
        (Told(200, '{"costs": [{"cost": NaN}]}'), "answer_unreadable", "Costs did not answer in JSON."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(told, code, words):
    with service(lambda _asked: told) as fake, pytest.raises(DeliveryError) as refused:
        SERVICE.discover(settings(fake.url))

    assert refused.value.code == code
    assert words in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_a_busy_service_is_asked_again():
    answers = iter([Told(429, {}, {"Retry-After": "0"}), costs])

    def answer(asked: Asked) -> Any:
        told = next(answers)
        return told(asked) if callable(told) else told

    with service(answer) as fake:
        assert SERVICE.discover(settings(fake.url))
    assert len(fake.asked) == 2


def test_an_answer_that_is_still_to_come_is_one_where_it_is_waited_for():
    def answer(_asked: Asked) -> Told:
        return Told(202, {"where": "/v1/later"})

    with (
        service(answer) as fake,
        open_api(settings(fake.url), name="Costs", base="", headers={}, answers=(200, 202)) as api,
    ):
        assert api.post("/v1/ask", {}) == {"where": "/v1/later"}


def test_a_service_that_is_not_there_is_unreachable():
    with service(costs) as fake:
        url = fake.url

    with pytest.raises(DeliveryError, match="Costs could not be reached") as refused:
        SERVICE.discover(settings(url))
    assert refused.value.code == "unreachable"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1]:9", "http://169.254.169.254", "http://10.1.2.3"])
def test_an_endpoint_in_a_private_network_is_never_asked(url):
    private = Settings.model_validate({"endpoint_url": url, "api_key": "sesame"})

    with pytest.raises(DeliveryError) as refused:
        SERVICE.discover(private)
    assert refused.value.code == "private_address"


def test_a_name_that_turns_private_after_it_was_checked_is_not_asked(monkeypatch):
    answers = iter(["93.184.216.34"])

    def looked_up(host: str, port: int, **_kwargs: Any) -> list[Any]:
        return [(2, 1, 6, "", (next(answers, "127.0.0.1"), port))]

    with service(costs) as fake:
        port = fake.url.rsplit(":", 1)[1]
        monkeypatch.setattr("ingestion.delivery.reach.socket.getaddrinfo", looked_up)
        public = Settings.model_validate(
            {"endpoint_url": f"http://costs.example:{port}", "api_key": "sesame"}, context=Reach(attempts=1)
        )
        with pytest.raises(DeliveryError) as refused:
            SERVICE.discover(public)

    assert refused.value.code == "private_address"
    assert not fake.asked


def test_a_source_without_its_key_is_refused_by_the_name_people_know():
    with pytest.raises(ValueError, match="Give a folder, or Api key"):
        Settings.model_validate({})
