"""The settings of a source, its secrets apart: sealed where they are stored, open only while a pull runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings as project
from pydantic import SecretStr

from ingestion.delivery import SourceSettings
from ingestion.delivery.reach import Reach
from ingestion.models import BillSource
from ingestion.normalize.connector import ConnectorKind
from itfm.core.secrets import seal, unseal


def secret_names(params: type[SourceSettings]) -> frozenset[str]:
    """Return the settings of a kind that are secret."""
    return frozenset(
        name
        for name, field in params.model_fields.items()
        if field.annotation is SecretStr or SecretStr in getattr(field.annotation, "__args__", ())
    )


def keep_settings(source: BillSource, settings: Mapping[str, Any], *, connector: ConnectorKind) -> None:
    """Set the source's settings, sealing what is secret; the source is not saved."""
    secret = secret_names(connector.params)
    source.settings = {name: value for name, value in settings.items() if name not in secret}
    source.sealed_secrets = {
        name: seal(str(settings[name]), organization_id=source.organization_id, row=_row(source, name))
        for name in sorted(secret)
        if settings.get(name)
    }


def opened_settings(
    source: BillSource, settings: Mapping[str, Any], *, connector: ConnectorKind, reach: Reach | None = None
) -> SourceSettings:
    """Return settings of the source together with its secrets, ready to read with.

    :raises itfm.core.secrets.SealError: a secret was sealed for another row, or by a key that is gone.
    """
    secrets = {
        name: unseal(sealed, organization_id=source.organization_id, row=_row(source, name))
        for name, sealed in source.sealed_secrets.items()
    }
    return connector.params.model_validate({**settings, **secrets}, context=reach or site_reach())


def site_reach(*, only_looks: bool = False, **patience: int) -> Reach:
    """Return which addresses sources of this site may reach."""
    return Reach(
        allows_private=project.PRIVATE_ENDPOINTS, samples=project.SAMPLE_SERVICES, only_looks=only_looks, **patience
    )


def _row(source: BillSource, name: str) -> str:
    return f"billsource/{source.id}/{name}"
