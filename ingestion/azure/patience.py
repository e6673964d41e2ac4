"""How long Azure's management API is waited for, when it is busy and while it makes a report. Pure but for waiting.

Source: https://learn.microsoft.com/azure/cost-management-billing/costs/manage-automation#error-code-429---call-count-
has-exceeded-rate-limits: which limit was met, and for how long, stands in a header of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryPolicy, SansIOHTTPPolicy
from azure.mgmt.core.polling.arm_polling import ARMPolling

from ingestion.delivery import DeliveryError
from ingestion.delivery.confined import LONGEST_WAIT

LIMITS: Final = re.compile(r"x-ms-ratelimit-.*retry-after", re.IGNORECASE)
SHORTEST_WAIT: Final = 0.05
"""Seconds between two looks at a report that is being made, even where the service names none."""
USUAL_WAIT: Final = 30
LONGEST_REPORT: Final = 30 * 60
"""Seconds after which a report that is still being made is left to the next pull."""


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return the longest time in seconds that the service asks to wait, None when it asks for none."""
    told = [value for name, value in headers.items() if name.lower() == "retry-after" or LIMITS.fullmatch(name)]
    times = [float(value) for value in told if re.fullmatch(r"\d{1,9}(?:\.\d+)?", value.strip())]
    return max(times, default=None)


class Patience(RetryPolicy[Any, Any]):
    """Asks again where the service is busy, after the time it names; not where that is longer than an import waits.

    Questions that are posted are repeated too: a report that is asked for twice is made twice, and no more than that.
    """

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        """Return the seconds that the service asks to wait."""
        return seconds_to_wait(response.http_response.headers)

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Return whether the service is to be asked again; the answer is then read to its end, which frees its line."""
        wait = self.get_retry_after(response)
        is_busy = response.http_response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        is_repeated = (wait is None or wait <= LONGEST_WAIT) and (is_busy or super().is_retry(settings, response))
        if is_repeated:
            response.http_response.read()
        return bool(is_repeated)


class OneHost(SansIOHTTPPolicy[Any, Any]):
    """Asks the host of the endpoint alone: where a report is to be looked for, an answer says."""

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc.lower()

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Refuse to send the token elsewhere.

        :raises DeliveryError: another host was named.
        """
        host = urlsplit(request.http_request.url).netloc.lower()
        if host != self._host:
            raise DeliveryError(
                "redirected",
                f"Azure Cost Management answered with an address at {host}, which the source does not name.",
            )


class ReportPolling(ARMPolling):
    """Looks for a report until it is there, as often as the service says."""

    def __init__(self, *, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(USUAL_WAIT)
        self._name = name
        self._clock = clock
        self._end = clock() + LONGEST_REPORT

    def _delay(self) -> None:
        told = seconds_to_wait(self._pipeline_response.http_response.headers)
        wait = max(SHORTEST_WAIT, min(USUAL_WAIT if told is None else told, LONGEST_WAIT))
        if self._clock() + wait > self._end:
            raise DeliveryError(
                "not_ready",
                f"Azure was still making the report of {self._name} after {LONGEST_REPORT // 60} minutes."
                " It is asked for again with the next pull.",
            )
        self._sleep(wait)
