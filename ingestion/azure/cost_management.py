"""Asking Azure Cost Management: what a scope costs this month, and for reports of a month. Pure but for the network.

Sources: https://learn.microsoft.com/rest/api/cost-management/generate-cost-details-report and, for what is told at
once, https://learn.microsoft.com/rest/api/cost-management/query/usage.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ingestion.delivery import DeliveryError
from ingestion.delivery.azure_access import AzureAccess, private_address, sign_in, transport
from ingestion.delivery.reach import PrivateAddressError
from ingestion.delivery.services import ServiceSettings
from itfm.core.periods import next_period

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.mgmt.costmanagement import CostManagementClient

HOME: Final = "https://management.azure.com"
AUDIENCES: Final = {
    "management.usgovcloudapi.net": "https://management.core.usgovcloudapi.net/.default",
    "management.chinacloudapi.cn": "https://management.chinacloudapi.cn/.default",
}
"""What tokens are for in other clouds than the public one."""
SCOPE: Final = re.compile(
    r"/(?:subscriptions/[0-9a-f-]{36}"
    r"|providers/Microsoft\.Billing/billingAccounts/[\w:.-]+(?:/(?:billingProfiles|invoiceSections|customers|"
    r"departments|enrollmentAccounts)/[\w:.-]+){0,2})",
    re.IGNORECASE,
)
"""Scopes that reports are made for; of resource groups and management groups there are none."""
Metric = Literal["ActualCost", "AmortizedCost"]
PERMIT: Final = (
    "Give the service principal the role Cost Management Reader there; at a billing account, Billing account reader or,"
    " of an Enterprise Agreement, Enrollment reader."
)
REFUSALS: Final = {
    HTTPStatus.UNAUTHORIZED: ("bad_credentials", "Check tenant id, client id and client secret."),
    HTTPStatus.FORBIDDEN: ("access_denied", PERMIT),
    HTTPStatus.NOT_FOUND: ("not_found", "Check the scope."),
    HTTPStatus.TOO_MANY_REQUESTS: ("throttled", "It is asked again later."),
}
NO_ROLE: Final = frozenset({"RBACAccessDenied", "AuthorizationFailed", "AccessDenied"})
"""What is wrong is the role, whichever status says so: Cost Management answers 401 to a principal that has none."""


class CostManagementSettings(AzureAccess, ServiceSettings):
    """Which scope is asked for, and as whom."""

    needed: ClassVar[tuple[str, ...]] = ("scope", "tenant_id", "client_id", "client_secret")
    home: ClassVar[str] = f"{HOME}{{scope}}"
    locks: ClassVar[tuple[str, ...]] = (*AzureAccess.locks, *ServiceSettings.locks)
    endpoint_fields: ClassVar[tuple[str, ...]] = (*AzureAccess.endpoint_fields, *ServiceSettings.endpoint_fields)

    scope: Annotated[str, Field(max_length=500)] | None = Field(
        default=None,
        description="Whose costs, for example /subscriptions/<id> or /providers/Microsoft.Billing/billingAccounts/<id>,"
        " also with /billingProfiles/<id> behind it.",
    )
    costs: Literal["actual and amortized", "actual", "amortized"] = Field(
        default="actual and amortized",
        description="Both together tell what commitments cost to buy, and what they cost in effect.",
    )

    @model_validator(mode="after")
    def _names_a_scope(self) -> Self:
        if self.scope and not SCOPE.fullmatch(self.scope):
            raise ValueError(
                "A scope is /subscriptions/<id> or /providers/Microsoft.Billing/billingAccounts/<id>, with what is"
                " below it; resource groups and management groups have no reports."
            )
        if self.endpoint_url and not self.endpoint_url.startswith("https://"):
            raise ValueError("The endpoint begins with https://, as a token is sent there.")
        return self

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The reports of a month."""
        found: tuple[Metric, ...] = ("ActualCost", "AmortizedCost")
        return {"actual": found[:1], "amortized": found[1:]}.get(self.costs, found)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of the files that a report is made of; the link is a right to read it, and is not shown."""

    link: str
    size: int | None


@contextmanager
def asking(settings: CostManagementSettings) -> Iterator[CostManagementClient]:
    """Open a client that asks within bounds, and tells in one sentence what went wrong.

    :raises DeliveryError: bad_credentials, access_denied, not_found, throttled, not_ready, refused, unreachable, ...
    """
    from azure.core.exceptions import AzureError
    from azure.core.pipeline import policies
    from azure.mgmt.costmanagement import CostManagementClient

    from ingestion.azure.patience import OneHost, Patience

    address = (settings.endpoint or HOME).rstrip("/")
    audience = AUDIENCES.get(urlsplit(address).hostname or "", f"{HOME}/.default")
    credential = sign_in(settings, scope=audience)
    # In place of the client's own, which follow redirects, wait for days, and register providers in subscriptions.
    own = [
        policies.RequestIdPolicy(),
        policies.UserAgentPolicy("itfm"),
        policies.ContentDecodePolicy(),
        Patience(retry_total=settings.reach.attempts - 1),
        OneHost(address),
        policies.BearerTokenCredentialPolicy(credential, audience),
    ]
    try:
        with CostManagementClient(
            credential,
            address,
            credential_scopes=[audience],
            policies=own,
            transport=transport(settings),
        ) as client:
            yield client
    except (AzureError, PrivateAddressError) as error:
        raise _refused(error, scope=settings.scope or "") from error


def spent_so_far(settings: CostManagementSettings) -> str:
    """Return in a sentence what the scope cost this month, and up to which day that is known.

    The service tells no time at which it last restated the month; the last day that has costs stands for it.
    """
    from azure.mgmt.costmanagement.models import QueryAggregation, QueryDataset, QueryDefinition

    question = QueryDefinition(
        type="ActualCost",
        timeframe="MonthToDate",
        dataset=QueryDataset(
            granularity="Daily", aggregation={"totalCost": QueryAggregation(name="Cost", function="Sum")}
        ),
    )
    with asking(settings) as client:
        # The client reads amounts as binary fractions.
        text: Any = client.query.usage(_path(settings), question, cls=lambda answer, *_: answer.http_response.text())
    try:
        return _sentence(json.loads(text, parse_float=Decimal)["properties"] if text else {}, scope=settings.scope)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DeliveryError(
            "answer_unreadable",
            "Azure Cost Management did not answer as its documentation says. Is the endpoint right?",
        ) from error


def _sentence(properties: Mapping[str, Any], *, scope: str | None) -> str:
    names = [column["name"].lower() for column in properties.get("columns", ())]
    totals: dict[str, Decimal] = defaultdict(Decimal)
    last = ""
    for row in properties.get("rows", ()):
        told = dict(zip(names, row, strict=True))
        totals[str(told["currency"])] += Decimal(told["totalcost"])
        last = max(last, str(told["usagedate"]))
    if not totals:
        return f"{scope} has no costs this month so far."
    costs = " and ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(totals.items()))
    day = date.fromisoformat(last)
    return f"{scope} has cost {costs} this month so far, as told for the days up to {day:%Y-%m-%d}."


def report(settings: CostManagementSettings, month: date, *, metric: Metric, today: date) -> tuple[Part, ...]:
    """Let a report be made of a month up to today, wait for it, and return its files: none when nothing was charged.

    :raises DeliveryError: it is not made, or not in time.
    """
    from azure.mgmt.costmanagement.models import CostDetailsTimePeriod, GenerateCostDetailsReportRequestDefinition

    from ingestion.azure.patience import ReportPolling

    last = min(next_period(month) - timedelta(days=1), today)
    asked = GenerateCostDetailsReportRequestDefinition(
        metric=metric, time_period=CostDetailsTimePeriod(start=month.isoformat(), end=last.isoformat())
    )
    name = f"{month:%Y-%m} ({metric})"
    with asking(settings) as client:
        made = client.generate_cost_details_report.begin_create_operation(
            _path(settings), asked, polling=ReportPolling(name=name)
        ).result()
    # Where nothing was charged, the answer may have no content at all.
    status = str(getattr(made.status, "value", made.status) or "").lower() if made else "nodatafound"
    if status == "failed":
        told = f"{made.error.code}: {made.error.message}" if made.error else "no reason is told"
        raise DeliveryError(
            "report_failed",
            f"Azure could not make the report of {name} ({_short(told)}). It is asked for again with the next pull.",
        )
    if status not in {"completed", "nodatafound"}:
        raise DeliveryError(
            "answer_unreadable", f"Azure says of the report of {name} that it is {status or 'nothing'}."
        )
    blobs = made.manifest.blobs if made and made.manifest else None
    return tuple(Part(link=blob.blob_link or "", size=blob.byte_count) for blob in blobs or ())


def _path(settings: CostManagementSettings) -> str:
    return (settings.scope or "").strip("/")


def _refused(error: AzureError | PrivateAddressError, *, scope: str) -> DeliveryError:
    """Return in one sentence what Azure answered, and what to do about it."""
    from azure.core.exceptions import HttpResponseError

    if hidden := private_address(error):
        return hidden
    status = error.status_code if isinstance(error, HttpResponseError) else None
    if status is None:
        return DeliveryError(
            "unreachable",
            f"Azure Cost Management could not be reached ({type(error).__name__}). Check endpoint and network.",
        )
    code, told = _told(error)
    kind, advice = REFUSALS.get(HTTPStatus(status), ("refused", "Check the source's settings."))
    if code in NO_ROLE:
        kind, advice = REFUSALS[HTTPStatus.FORBIDDEN]
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, advice = "unreachable", "The fault is on its side; it is asked again later."
    elif HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        kind, advice = "redirected", "Name the address it redirects to, if you trust it."
    reason = ": ".join(part for part in (code, told) if part)
    answer = f"Azure Cost Management answered {status} for {scope}{f' ({reason})' if reason else ''}."
    return DeliveryError(kind, f"{answer} {advice}")


def _told(error: Any) -> tuple[str, str]:
    """Return the code and the message of a refusal, as far as there are some."""
    try:
        told = json.loads(error.response.text())["error"]
        return _short(told.get("code")), _short(told.get("message"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", ""


def _short(text: object) -> str:
    return " ".join(str(text or "").split())[:200].rstrip(".")
