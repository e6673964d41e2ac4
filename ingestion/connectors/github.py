"""GitHub's usage by day, product, organization and repository, asked of its billing API. Pure but for the network.

Source: https://docs.github.com/en/rest/billing/usage, API version 2022-11-28. What the answer holds in JSON is archived
as a CSV of the same names, after the account that was asked for. The usage report that GitHub offers as a file is read
too: its columns are the same but for the names of organization, repository and price.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Self

import duckdb
from pydantic import Field, SecretStr, model_validator

from ingestion.delivery.http import Api, open_api
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.focus import attributes
from ingestion.focus.expressions import quoted
from ingestion.focus.services import service_columns
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn, Plan
from ingestion.normalize.tables import RawTables
from ingestion.saas.answers import objects_at, revealed, unreadable
from ingestion.saas.checks import account_check, require, service_check
from ingestion.saas.github_services import SERVICES, product_key
from ingestion.saas.months import MONTH, day_rows, month_check, month_entries, month_of

GITHUB: Final = "GitHub"
API_VERSION: Final = "2022-11-28"
ACCOUNT: Final = "billingAccount"
COST_CENTER: Final = "costCenterName"
COLUMNS: Final = (
    ACCOUNT,
    "date",
    "product",
    "sku",
    "quantity",
    "unitType",
    "pricePerUnit",
    "grossAmount",
    "discountAmount",
    "netAmount",
    "organizationName",
    "repositoryName",
    COST_CENTER,
)
REQUIRED: Final = ("date", "product", "grossAmount", "netAmount")
ORGANIZATION: Final = "x_organization"
RESOURCE_KIND: Final = "x_resource_kind"
CARRIED: Final = frozenset(
    {
        "billing_account",
        "cost_center_name",
        "date",
        "gross_amount",
        "net_amount",
        "organization",
        "organization_name",
        "price_per_unit",
        "quantity",
        "repository",
        "repository_name",
        "sku",
        "unit_type",
    }
)
"""Raw columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]


class GithubSettings(ServiceSettings):
    """Settings of a GitHub source: the account whose usage is read, and a token that may."""

    home = "https://api.github.com"
    needed = ("access_token",)
    locks = ("endpoint_url", "organization", "enterprise")

    organization: Slug | None = Field(
        default=None,
        title="Organization",
        description="Its name as in github.com/<name>. Left empty where an enterprise pays for its organizations.",
    )
    enterprise: Slug | None = Field(
        default=None,
        title="Enterprise",
        description="Its name as in github.com/enterprises/<name>, in place of an organization.",
    )
    access_token: SecretStr | None = Field(
        default=None,
        title="Access token",
        description="A token of somebody who may see the account's billing; see below.",
    )

    @model_validator(mode="after")
    def _names_one_account(self) -> Self:
        if self.path is None and bool(self.organization) == bool(self.enterprise):
            raise ValueError("Name an organization or an enterprise, and not both.")
        return self


def read(settings: GithubSettings, month: date) -> Iterator[Record]:
    """Yield what a month's usage cost; the API answers a month at once.

    :raises DeliveryError: GitHub does not answer.
    """
    headers = {
        "Authorization": f"Bearer {revealed(settings.access_token)}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
    }
    account = settings.organization or settings.enterprise
    billing = f"{'organizations' if settings.organization else 'enterprises'}/{account}/settings/billing"
    with open_api(settings, name=GITHUB, base=settings.base, headers=headers) as api:
        centers = _cost_centers(api, billing) if settings.enterprise else ()
        for center_id, center_name in (("", None), *centers):
            asked = {"year": month.year, "month": month.month}
            answer = api.get(f"{billing}/usage", {**asked, "cost_center_id": center_id} if center_id else asked)
            for item in objects_at(answer, "usageItems", name=GITHUB):
                yield {ACCOUNT: account, COST_CENTER: center_name, **item}


def _cost_centers(api: Api, billing: str) -> tuple[tuple[str, str], ...]:
    """Return the ids and names of an enterprise's cost centers, those that were deleted too: they had costs.

    Asked without one, an enterprise tells only the usage that belongs to none
    (https://docs.github.com/en/enterprise-cloud@latest/billing/managing-your-billing/automating-usage-reporting), so
    each is asked for by itself. An organization tells all of its usage at once.
    """
    centers = objects_at(api.get(f"{billing}/cost-centers"), "costCenters", name=GITHUB)
    if not all(isinstance(center.get("id"), str) for center in centers):
        raise unreadable(GITHUB, ("costCenters", "id"))
    return tuple(sorted((center["id"], str(center.get("name") or center["id"])) for center in centers))


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:  # noqa: ARG001 - planners share one signature
    """Say how usage becomes FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    require(raw, *REQUIRED, of="usage of GitHub's billing API, or its usage report")
    delivered = frozenset(raw.names())
    fields = Fields(delivered)
    key = ("billing_account", "cost_center_name", "product")
    numbers = ("applied_cost_per_quantity", "gross_amount", "net_amount", "price_per_unit", "quantity")
    return Plan(
        key=(*(name for name in key if name in delivered), MONTH, ORGANIZATION, RESOURCE_KIND),
        entries=_entries(fields),
        rows=_rows(fields),
        decimals=tuple(name for name in numbers if name in delivered),
        date_times=("date",),
        source_amount="n_net_amount",
        needed=("date", "gross_amount", "net_amount"),
        derived=_derived(fields),
        kept={f"x_{name}": quoted(name) for name in sorted(delivered - CARRIED)},
        checks=(month_check("the date"), account_check(ORGANIZATION), service_check("product")),
    )


def _derived(fields: Fields) -> tuple[DerivedColumn, ...]:
    organization = f"coalesce({fields.text('organization_name')}, {fields.text('organization')})"
    return (
        month_of("date", title="date"),
        DerivedColumn(name=ORGANIZATION, title="organizationName", sql=organization),
        DerivedColumn(
            name=RESOURCE_KIND,
            title="repositoryName",
            sql=f"CASE WHEN {_repository(fields)} IS NOT NULL THEN 'Repository' END",
        ),
    )


def _repository(fields: Fields) -> str:
    return f"coalesce({fields.text('repository_name')}, {fields.text('repository')})"


def _entries(fields: Fields) -> dict[str, str]:
    center = fields.text("cost_center_name")
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        **month_entries(),
        # The API tells no currency: GitHub bills in US dollars (https://docs.github.com/en/billing).
        "billing_currency": "'USD'",
        "billing_account_id": f"coalesce({fields.text('billing_account')}, {ORGANIZATION})",
        # An account is known by its name; whether it is an organization's or an enterprise's is not told.
        "billing_account_name": f"coalesce({fields.text('billing_account')}, {ORGANIZATION})",
        "billing_account_type": "'Account'",
        "sub_account_id": ORGANIZATION,
        "sub_account_name": ORGANIZATION,
        "invoice_issuer_name": f"'{GITHUB}'",
        "service_provider_name": f"'{GITHUB}'",
        "host_provider_name": f"'{GITHUB}'",
        **service_columns(product_key("product"), SERVICES, own_name="coalesce(product, 'GitHub')"),
        "resource_type": RESOURCE_KIND,
        "charge_category": "'Usage'",
        "charge_frequency": "'Usage-Based'",
        "pricing_category": "'Standard'",
        "x_service_code": "product",
        "tags": f"CASE WHEN {center} IS NOT NULL THEN CAST(json_object('cost_center', {center}) AS VARCHAR) END",
        "is_dropped": "FALSE",
    }


def _rows(fields: Fields) -> dict[str, str]:
    repository = _repository(fields)
    price = f"coalesce({fields.number('price_per_unit')}, {fields.number('applied_cost_per_quantity')})"
    return {
        **day_rows("date"),
        "billed_cost": "n_net_amount",
        # Nothing is prepaid, so nothing is spread.
        "effective_cost": "n_net_amount",
        "list_cost": "n_gross_amount",
        # The price in the answer is the one that was agreed on, if any was; discounts come after it.
        "contracted_cost": "n_gross_amount",
        "list_unit_price": price,
        "contracted_unit_price": price,
        "pricing_quantity": fields.number("quantity"),
        "pricing_unit": fields.text("unit_type"),
        "consumed_quantity": fields.number("quantity"),
        "consumed_unit": fields.text("unit_type"),
        "charge_description": fields.text("sku"),
        "sku_id": fields.text("sku"),
        "sku_meter": fields.text("sku"),
        "sub_account_type": f"CASE WHEN {ORGANIZATION} IS NOT NULL THEN 'Organization' END",
        "resource_id": repository,
        "resource_name": repository,
    }


SERVICE: Final = Service(columns=COLUMNS, read=read)
KIND = ConnectorKind(
    label="GitHub usage (API or CSV)",
    description="What Actions, Copilot, Codespaces and the other products of GitHub cost, by day and repository.",
    access=(
        "An organization needs a fine-grained token of an owner or billing manager, with Administration: read.",
        "An enterprise needs a classic token of an owner or billing manager, with the scope manage_billing:enterprise.",
    ),
    params=GithubSettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=planned(plan),
    planner=plan,
)
