"""Which engine allocates for an organization, and within which limits."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings

from allocation.engine.backends import BACKENDS, Backend, Limits, runnable, started
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.backends.duckdb import start as start_duckdb
from itfm.accounts.models import Organization
from itfm.core.tenancy import tenant


def engine_of(organization_id: UUID, *, scratch: Path) -> Backend:
    """Return the engine an organization's runs use: its own, else the site's.

    :raises EngineError: there is no such engine.
    """
    with tenant(organization_id):
        own = Organization.objects.values_list("engine", flat=True).get(pk=organization_id)
    return started(own or settings.ENGINE, limits(scratch))


def local_engine(scratch: Path) -> DuckDB:
    """Return what reads files on this machine, whoever wrote them."""
    return start_duckdb(limits(scratch))


def limits(scratch: Path) -> Limits:
    """Return what the settings allow to one run."""
    return Limits(
        memory_mib=settings.ENGINE_MEMORY_BYTES >> 20,
        threads=settings.ENGINE_THREADS,
        spill_folder=Path(settings.ENGINE_SPILL_FOLDER) if settings.ENGINE_SPILL_FOLDER else scratch / "spill",
        exchange_folder=scratch / "exchange",
        spark_master=settings.SPARK_MASTER,
        spark_secret=settings.SPARK_SECRET,
    )


def choices() -> tuple[tuple[str, str], ...]:
    """Return the engines an organization can have, with what to call them; the empty one is the site's."""
    usual = BACKENDS[settings.ENGINE].label if settings.ENGINE in runnable() else settings.ENGINE
    return ("", f"As the site is set up: {usual}"), *((key, BACKENDS[key].label) for key in runnable())
