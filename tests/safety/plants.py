"""One row of every kind in an organization, each with the same word in every text it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import connection, models

from itfm.accounts.models import Organization, User
from itfm.core.tenancy import TenantModel, tenant
from tests.conftest import NOW

KEPT_BY_THE_DATABASE = {"audit.AuditHead"}
FITTING = {
    # What constraints ask for, by name of the field; everything else is made from its type.
    "role": "viewer",
    "kind": "aws_cur",
    "billing_period": date(2026, 10, 1),
    "email": "canary-7f3a@example.com",
    "billing_currency": "USD",
    "time_zone": "UTC",
    "document": "version: 1\n",
    "allocation.RuleDraft.step_number": 1,
    "answer": "mine",
    # Over, so that the next import of the source can be asked for.
    "ingestion.ImportRun.state": "imported",
}


def tenant_models() -> list[type[models.Model]]:
    """Every model of an organization's rows, those first that others point at."""
    found = [model for model in apps.get_models() if issubclass(model, TenantModel) and model._meta.managed]
    ordered: list[type[models.Model]] = []
    while len(ordered) < len(found):
        ready = [
            model
            for model in found
            if model not in ordered and {one for one in _needed(model) if one in found} <= {*ordered, model}
        ]
        ordered += ready or [model for model in found if model not in ordered]
    return [model for model in ordered if model._meta.label not in KEPT_BY_THE_DATABASE]


def _needed(model: type[models.Model]) -> Iterator[type[models.Model]]:
    return (
        field.related_model
        for field in model._meta.local_concrete_fields
        if field.is_relation and not field.null and field.related_model is not model
    )


def plant(organization: Organization, *, user: User, word: str) -> dict[str, models.Model]:
    """Save a row of every kind and return them by label."""
    planted: dict[str, models.Model] = {}
    with tenant(organization.id):
        for model in tenant_models():
            values = dict(_values(model, organization=organization, user=user, word=word, planted=planted))
            existing = (
                model._default_manager.filter(organization_id=organization.id, user=user).first()
                if (model._meta.label == "accounts.Membership")
                else None
            )
            planted[model._meta.label] = existing or model._default_manager.create(**values)
        _plant_cost(organization, planted, word=word)
    return planted


def _values(
    model: type[models.Model], *, organization: Organization, user: User, word: str, planted: dict[str, models.Model]
) -> Iterator[tuple[str, Any]]:
    for field in model._meta.local_concrete_fields:
        if field.name == "organization":
            yield "organization", organization
        elif field.is_relation:
            related = field.related_model
            if related is User:
                yield field.name, user
            elif related._meta.label in planted:
                yield field.name, planted[related._meta.label]
        elif not field.primary_key:
            value = _value(field, word)
            if value is not None:
                yield field.name, value


def _value(field: models.Field, word: str) -> Any:
    for name in (f"{field.model._meta.label}.{field.name}", field.name):
        if name in FITTING:
            return FITTING[name]
    if field.choices:
        return field.default if field.has_default() else field.choices[0][0]
    if isinstance(field, models.CharField | models.TextField):
        has_fitting_default = field.has_default() and field.default not in ("", None)
        return field.get_default() if has_fitting_default else word[: field.max_length or 100]
    if field.has_default() or field.null:
        return None
    made: dict[type[models.Field], Any] = {
        models.DateTimeField: NOW,
        models.DateField: date(2026, 10, 1),
        models.TimeField: time(3),
        models.DecimalField: Decimal(1),
        models.UUIDField: uuid4(),
        models.BooleanField: False,
        models.JSONField: {"word": word},
        models.BinaryField: word.encode(),
    }
    return next((value for kind, value in made.items() if type(field) is kind), 1)


def _plant_cost(organization: Organization, planted: dict[str, models.Model], *, word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT itfm_mart_partition('2026-10-01')")
        cursor.execute(
            "INSERT INTO allocation_allocatedcost (organization_id, billing_period, run_id, segment_id,"
            " source_id, origin, charge_date, service_name, billing_currency, billed_cost, effective_cost, list_cost,"
            " contracted_cost, consumed_quantity, charge_count)"
            " VALUES (%s, '2026-10-01', %s, %s, %s, %s, '2026-10-01', %s, 'USD', 1, 1, 1, 1, 1, 1)",
            [
                organization.id,
                planted["allocation.AllocationRun"].pk,
                planted["allocation.Segment"].pk,
                planted["ingestion.BillSource"].pk,
                word,
                word,
            ],
        )
        cursor.execute(
            "INSERT INTO allocation_monthlycost (organization_id, billing_period, segment_id, source_id, origin,"
            " service_name, billing_currency, billed_cost, effective_cost, list_cost, contracted_cost,"
            " consumed_quantity, charge_count)"
            " SELECT organization_id, billing_period, segment_id, source_id, origin, service_name, billing_currency,"
            " 1, 1, 1, 1, 1, 1 FROM allocation_allocatedcost"
        )
        cursor.execute(
            "INSERT INTO allocation_dailycost (organization_id, billing_period, segment_id, origin, charge_date,"
            " billing_currency, billed_cost, effective_cost, list_cost, contracted_cost, consumed_quantity, charge_count)"
            " SELECT organization_id, billing_period, segment_id, origin, charge_date, billing_currency,"
            " 1, 1, 1, 1, 1, 1 FROM allocation_allocatedcost"
        )
