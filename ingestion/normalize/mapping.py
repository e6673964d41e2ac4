"""Giving the entries of a bill the services that an organization says they are. Pure.

Only what has no category is given one: a mapping never overrules the bill or our own tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import duckdb

from ingestion.focus.expressions import literal
from ingestion.focus.mapped_services import MappedService
from ingestion.focus.services import OTHER_CATEGORY
from ingestion.normalize.plan import Plan

UNKNOWN: Final = f"coalesce(CAST(service_category AS VARCHAR), {literal(OTHER_CATEGORY)}) = {literal(OTHER_CATEGORY)}"
"""The condition of charges, entries and attribute sets whose service has no category."""
CALLED: Final = "x_called"
"""Of an entry: what the bill calls its service where a mapping says what it is, else null."""


def with_mapped(plan: Plan, services: Sequence[MappedService]) -> Plan:
    """Return the plan with an organization's own services, of which it then does not say that they are unknown."""
    if not services:
        return plan
    checks = tuple(
        replace(check, is_wrong=f"{CALLED} IS NULL AND ({check.is_wrong})")
        if check.code == "service_unknown"
        else check
        for check in plan.checks
    )
    return replace(plan, checks=checks, mapped_services=tuple(services))


def map_services(connection: duckdb.DuckDBPyConnection, services: Sequence[MappedService]) -> None:
    """Write table `meaning` anew, with the services that are mapped, and `x_called`; without any it stays."""
    if not services:
        return
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE mapped_service (provider VARCHAR, {CALLED} VARCHAR, name VARCHAR,"
        " category VARCHAR, subcategory VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO mapped_service VALUES (?, ?, ?, ?, ?)", [list(one.fields().values()) for one in services]
    )
    columns = ", ".join(
        f"coalesce(mapped_service.{name}, CAST(meaning.service_{name} AS VARCHAR)) AS service_{name}"
        for name in ("name", "category", "subcategory")
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE meaning AS SELECT meaning.* REPLACE ({columns}), mapped_service.{CALLED}"
        f" FROM meaning LEFT JOIN mapped_service ON CAST(service_name AS VARCHAR) = mapped_service.{CALLED}"
        f" AND coalesce(CAST(service_provider_name AS VARCHAR), '') = provider AND {UNKNOWN}"
    )


def applied(connection: duckdb.DuckDBPyConnection, plan: Plan, *, period: date) -> tuple[MappedService, ...]:
    """Return the mappings that charges of a billing period were read with, in order."""
    if not plan.mapped_services:
        return ()
    rows = connection.execute(
        f"SELECT DISTINCT coalesce(service_provider_name, ''), {CALLED} FROM entry"
        f" WHERE billing_period = DATE '{period:%Y-%m-%d}' AND NOT is_dropped AND {CALLED} IS NOT NULL"
    ).fetchall()
    found = {(provider, called) for provider, called in rows}
    return tuple(sorted(one for one in plan.mapped_services if one.key in found))
