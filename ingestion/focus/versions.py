"""Charges in the columns of earlier versions of FOCUS. Pure.

Source: FOCUS 1.2, 1.3 and 1.4, Cost and Usage. 1.3 split who provides from who hosts and deprecated ProviderName and
PublisherName, which 1.4 no longer has; reading them (`ingestion.connectors.focus`) is the way back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from ingestion.focus.columns import COLUMNS
from ingestion.focus.expressions import quoted
from ingestion.focus.handed_out import handed_out

Version = Literal["1.2", "1.3", "1.4"]
LATEST: Final[Version] = "1.4"
TITLES: Final = {column.name: column.title for column in COLUMNS}
SINCE: Final[Mapping[str, frozenset[str]]] = {
    "1.3": frozenset(
        {
            "allocated_method_details",
            "allocated_method_id",
            "allocated_resource_id",
            "allocated_resource_name",
            "allocated_tags",
            "contract_applied",
            "host_provider_name",
            "service_provider_name",
        }
    ),
    "1.4": frozenset({"commitment_program_eligibility_details", "invoice_detail_id"}),
}
"""Columns by the version that introduced them, after 1.2."""
UNTIL_1_4: Final = {
    "ProviderName": "coalesce(host_provider_name, service_provider_name)",
    "PublisherName": "service_provider_name",
}


def columns_as(version: Version, names: Iterable[str]) -> dict[str, str]:
    """Return the columns of charges in a version: its title to the expression over today's columns, `names`.

    Columns that are no column of FOCUS keep their names. What FOCUS demands and bills do not tell is filled in.
    """
    later = frozenset[str]().union(*(added for since, added in SINCE.items() if since > version))
    own = list(names)
    demanded = handed_out(own)
    found = {TITLES.get(name, name): demanded.get(name, quoted(name)) for name in own if name not in later}
    return found if version == LATEST else UNTIL_1_4 | found
