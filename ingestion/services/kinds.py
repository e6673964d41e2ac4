"""The kinds of sources there are."""

from __future__ import annotations

from typing import Final

from ingestion import connectors
from ingestion.normalize.connector import ConnectorKind
from itfm.core.kinds import Registry

KINDS: Final[Registry[ConnectorKind]] = Registry(connectors)
