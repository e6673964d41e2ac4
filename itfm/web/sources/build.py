"""From sources to the pages that connect, show and remove them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django import forms
from django.urls import reverse

from ingestion.coverage import coverage
from ingestion.delivery.azure_blob import BlobAccess, container_url
from ingestion.delivery.services import ServiceSettings
from ingestion.models import Bill, BillSource, ImportRun
from ingestion.selectors import source_status, summed
from ingestion.services import KINDS, Sighting
from ingestion.services.recommendations import latest_recommendations
from itfm.accounts.models import Membership, Organization
from itfm.core.periods import parse_period
from itfm.web.bills.build import month_cell, run_row, source_row, total_rows
from itfm.web.shell.page import Shell
from itfm.web.sources.forms import EXTERNAL_ID, external_id
from itfm.web.sources.page import (
    Fact,
    KindChoice,
    KindsPage,
    RemovalPage,
    SchedulePage,
    Seen,
    SettingsPage,
    SourcePage,
    TestPage,
    steps_at,
)

RUNS_SHOWN: Final = 10


def kinds_page(*, shell: Shell) -> KindsPage:
    """Return the kinds of sources there are."""
    kinds = tuple(KindChoice(key=key, label=KINDS[key].label, description=KINDS[key].description) for key in KINDS)
    return KindsPage(shell=shell, steps=steps_at(1), kinds=kinds)


def settings_page(
    form: forms.Form, *, kind: str, organization: Organization, source: BillSource | None, shell: Shell
) -> SettingsPage:
    """Return the form of a source's settings."""
    takes_roles = EXTERNAL_ID in KINDS[kind].params.model_fields
    asked = (source.settings.get(EXTERNAL_ID) if source else "") or external_id(organization)
    return SettingsPage(
        shell=shell,
        steps=steps_at(2) if source is None or source.is_draft else (),
        kind=kind,
        kind_name=KINDS[kind].label,
        form=form,
        external_id=asked if takes_roles else "",
        access=KINDS[kind].access,
        reads_blobs=issubclass(KINDS[kind].params, BlobAccess),
        source_id=source.id if source else None,
        source_name=source.name if source else "",
    )


def test_page(source: BillSource, sighting: Sighting | None, *, shell: Shell) -> TestPage:
    """Return what a test of the connection saw."""
    return TestPage(
        shell=shell,
        steps=steps_at(3) if source.is_draft else (),
        source_id=source.id,
        source_name=source.name,
        is_draft=source.is_draft,
        place=_place(source),
        seen=_seen(sighting) if sighting else None,
    )


def _seen(sighting: Sighting) -> Seen:
    return Seen(
        deliveries=sighting.deliveries,
        first_period=parse_period(sighting.first_period) if sighting.first_period else None,
        last_period=parse_period(sighting.last_period) if sighting.last_period else None,
        files=sighting.files,
        bytes=sighting.bytes,
        waiting=sighting.waiting,
        notes=sighting.notes,
        facts=sighting.facts,
        error_message=sighting.error_message,
    )


def _place(source: BillSource) -> str:
    settings = source.settings
    if settings.get("path"):
        return str(settings["path"])
    params = KINDS[source.kind].params
    if issubclass(params, ServiceSettings):
        return str(settings.get("endpoint_url") or params.home.format_map(settings))
    if settings.get("container"):
        return "/".join(part for part in (container_url(settings), settings.get("prefix", "")) if part)
    return "/".join(part for part in (f"s3://{settings.get('bucket', '')}", settings.get("prefix", "")) if part)


def schedule_page(form: forms.Form, *, source: BillSource, shell: Shell) -> SchedulePage:
    """Return the form of a source's schedule."""
    return SchedulePage(
        shell=shell,
        steps=steps_at(4) if source.is_draft else (),
        source_id=source.id,
        source_name=source.name,
        form=form,
    )


def source_page(source: BillSource, *, membership: Membership, at: datetime, shell: Shell) -> SourcePage:
    """Return one source with what it has delivered."""
    row = source_row(source_status(source, at=at))
    runs = ImportRun.objects.filter(source=source).select_related("source").order_by("-queued_at", "-id")
    return SourcePage(
        shell=shell,
        id=source.id,
        name=source.name,
        kind_name=row.kind_name,
        health=row.health,
        message=row.message,
        schedule=row.schedule,
        last_pull_at=row.last_pull_at,
        next_pull_at=row.next_pull_at,
        data_through=row.data_through,
        facts=(*_facts(source), *_recommendations(source)),
        months=tuple(month_cell(month) for month in coverage([source], at=at)[source.id]),
        runs=tuple(run_row(run) for run in runs[:RUNS_SHOWN]),
        is_paused=source.is_paused,
        is_uploaded=source.is_uploaded,
        may_pull=membership.may("bills.pull"),
        may_write=membership.may("sources.write"),
    )


def _facts(source: BillSource) -> tuple[Fact, ...]:
    if source.is_uploaded:
        return ()
    fields = KINDS[source.kind].params.model_fields
    titles = {name: KINDS[source.kind].params.title(name) for name in fields}
    told = [Fact(name=titles[name], value=str(value)) for name, value in source.settings.items() if name in titles]
    sealed = [Fact(name=titles[name], value="", is_secret=True) for name in source.sealed_secrets if name in titles]
    return (*told, *sealed)


def _recommendations(source: BillSource) -> tuple[Fact, ...]:
    """Return how many recommendations the newest list has and what they would save in a month, with the way to them."""
    latest = latest_recommendations(source)
    if latest is None:
        return ()
    savings = ", ".join(f"{Decimal(amount):,.2f} {currency}" for currency, amount in latest.savings.items())
    told = f"{latest.count:,} of {latest.told_on:%Y-%m-%d}"
    return (
        Fact(
            name="Cost recommendations",
            value=f"{told}, estimated monthly savings {savings}" if savings else told,
            url=f"{reverse('recommendations')}?{urlencode({'source': source.id})}",
        ),
    )


def removal_page(form: forms.Form, *, source: BillSource, shell: Shell) -> RemovalPage:
    """Return what removing the source would mean."""
    bills = list(
        Bill.objects.filter(source=source, current_revision__isnull=False)
        .select_related("current_revision")
        .order_by("billing_period")
    )
    totals = [bill.current_revision.totals for bill in bills if bill.current_revision]
    billed, effective = summed(totals, "billed_cost"), summed(totals, "effective_cost")
    sums = {currency: {"billed_cost": billed[currency], "effective_cost": effective[currency]} for currency in billed}
    return RemovalPage(
        shell=shell,
        source_id=source.id,
        source_name=source.name,
        bill_count=len(bills),
        first_period=bills[0].billing_period if bills else None,
        last_period=bills[-1].billing_period if bills else None,
        totals=total_rows(sums),
        form=form,
    )
