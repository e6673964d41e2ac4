"""Azure as Cost Management is asked: sign-in, queries, and reports that take a while and end as blobs, over HTTPS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.entra import Entra
from tests.fakes.service import Asked, FakeService, Told, service
from tests.fakes.tls import Certificate

SCOPE: Final = "/providers/Microsoft.Billing/billingAccounts/8611537"
VERSION: Final = "2025-03-01"
QPU: Final = "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after"


@dataclass
class CostManagement:
    """One scope of Azure. `reports` are the parts of a month's report by month and metric; months without are empty.

    `faults` are told, once each, in place of what answers the kinds of questions `query`, `report`, `poll` and `blob`.
    A report is looked for `looks` times before it is made; `operation` stands in its place when it is.
    """

    reports: Mapping[tuple[str, str], tuple[bytes, ...]] = field(default_factory=dict)
    spent: tuple[tuple[str, int, str], ...] = ()
    scope: str = SCOPE
    looks: int = 1
    faults: dict[str, list[Told]] = field(default_factory=dict)
    operation: Mapping[str, Any] | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    entra: Entra = field(default_factory=Entra)
    waiting: dict[str, int] = field(default_factory=dict)
    bodies: list[Any] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Any:
        """Answer by the path."""
        if asked.path.endswith(("/token", "/openid-configuration")):
            return self.entra(asked)
        if asked.path.startswith("/blobs/"):
            return self._fault("blob") or self._blob(asked)
        if asked.headers.get("authorization") not in {f"Bearer {token}" for token in self.entra.tokens}:
            return refused(401, "InvalidAuthenticationToken", "The access token is invalid.")
        assert asked.one("api-version") == VERSION
        base = f"{self.scope}/providers/Microsoft.CostManagement"
        if asked.path == f"{base}/query":
            return self._fault("query") or self._query(asked)
        if asked.path == f"{base}/generateCostDetailsReport":
            return self._fault("report") or self._begin(asked)
        if asked.path.startswith(f"{base}/costDetailsOperationResults/"):
            return self._fault("poll") or self._look(asked)
        return refused(404, "NotFound", f"No scope at {asked.path}.")

    def _fault(self, kind: str) -> Told | None:
        waiting = self.faults.get(kind, [])
        return waiting.pop(0) if waiting else None

    def _query(self, asked: Asked) -> Told:
        assert asked.body["type"] == "ActualCost"
        assert asked.body["timeframe"] == "MonthToDate"
        assert asked.body["dataset"]["aggregation"] == {"totalCost": {"name": "Cost", "function": "Sum"}}
        columns = [("totalCost", "Number"), ("UsageDate", "Number"), ("Currency", "String")]
        told = [{"name": name, "type": kind} for name, kind in columns]
        rows = ", ".join(f'[{amount}, {day}, "{currency}"]' for amount, day, currency in self.spent)
        return Told(body=f'{{"properties": {{"nextLink": null, "columns": {json.dumps(told)}, "rows": [{rows}]}}}}')

    def _begin(self, asked: Asked) -> Told:
        self.bodies.append(asked.body)
        period, metric = asked.body["timePeriod"], asked.body["metric"]
        assert period["start"][:7] == period["end"][:7], "one month at most"
        name = f"{period['start'][:7]}-{metric}"
        self.waiting[name] = self.looks
        return self._accepted(asked, name)

    def _accepted(self, asked: Asked, name: str) -> Told:
        base = f"https://{asked.headers['host']}{self.scope}/providers/Microsoft.CostManagement"
        location = f"{base}/costDetailsOperationResults/{name}?api-version={VERSION}"
        return Told(202, "", {"Location": location, "Retry-After": "0"})

    def _look(self, asked: Asked) -> Any:
        name = asked.path.rpartition("/")[2]
        if self.waiting[name]:
            self.waiting[name] -= 1
            return self._accepted(asked, name)
        if self.operation is not None:
            return self.operation
        month, metric = name[:7], name[8:]
        parts = self.reports.get((month, metric), ())
        if not parts:
            return {"id": asked.path, "name": name, "status": "NoDataFound"}
        base = f"https://{asked.headers['host']}/blobs/{name}"
        blobs = [
            {"blobLink": self.links.get(name) or f"{base}/part_{number}.csv?sig=s", "byteCount": len(part)}
            for number, part in enumerate(parts)
        ]
        manifest = {"manifestVersion": VERSION, "dataFormat": "Csv", "blobCount": len(blobs), "blobs": blobs}
        return {"id": asked.path, "name": name, "status": "Completed", "manifest": manifest}

    def _blob(self, asked: Asked) -> Told:
        assert "authorization" not in asked.headers
        if asked.one("sig") != "s":
            return Told(403, "", {"x-ms-error-code": "AuthenticationFailed"})
        _, _, name, file = asked.path.split("/")
        content = self.reports[name[:7], name[8:]][int(re.sub(r"\D", "", file))]
        first, last = map(int, asked.headers["x-ms-range"].removeprefix("bytes=").split("-"))
        part = content[first : last + 1]
        headers = {
            "Content-Type": "text/csv",
            "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}",
            "ETag": '"0x1"',
            "Last-Modified": "Mon, 02 Nov 2026 06:00:00 GMT",
            "x-ms-blob-type": "BlockBlob",
        }
        return Told(206, part, headers)


def busy(seconds: int, *, header: str = "Retry-After") -> Told:
    """Return the answer of a service that is asked too much."""
    return Told(429, {"error": {"code": "429", "message": "Too many requests. Please retry."}}, {header: str(seconds)})


def refused(status: int, code: str, message: str) -> Told:
    """Return a refusal as Azure's management API words it."""
    return Told(status, {"error": {"code": code, "message": message}})


@contextmanager
def azure(fake: CostManagement, files: Certificate) -> Iterator[FakeService]:
    """Run it; its address is the sign-in's too."""
    with service(fake, tls=files) as running:
        yield running
