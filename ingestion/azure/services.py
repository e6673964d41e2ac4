"""Resource types of Azure as FOCUS services. Pure.

A type that is not in the table takes the service of the type it belongs to (`microsoft.sql/servers/elasticpools` that
of `microsoft.sql/servers`), then that of its provider where the provider has but one. What is still unknown imports all
the same, under the name the bill gives it.
"""

from __future__ import annotations

from typing import Final

from ingestion.azure.service_table import TABLE
from ingestion.focus.services import Service


def service(consumed: str | None, resource_type: str | None) -> Service | None:
    """Return the service of a row by its ConsumedService and the type of its resource; None when nobody knows it.

    >>> service("Microsoft.Compute", "microsoft.compute/disks").name
    'Virtual Machines'
    """
    meter, kind = (consumed or "").lower(), (resource_type or "").lower()
    tried = [f"{meter}+{kind}", kind]
    while "/" in kind:
        kind = kind.rpartition("/")[0]
        tried.append(kind)
    return next((found for key in (*tried, meter) if key and (found := _SERVICES.get(key))), None)


def _services() -> dict[str, Service]:
    found: dict[str, Service] = {}
    of_provider: dict[str, set[Service]] = {}
    for line in TABLE.strip().splitlines():
        if not line.startswith(" "):
            current = Service(*(cell.strip() for cell in line.split("|")))
            continue
        for key in (key.strip() for key in line.strip().rstrip(",").split(", ")):
            found[key] = current
            if "/" in key and "+" not in key:
                of_provider.setdefault(key.partition("/")[0], set()).add(current)
    only = {provider: services.pop() for provider, services in of_provider.items() if len(services) == 1}
    return {**only, **found}


_SERVICES: Final = _services()
