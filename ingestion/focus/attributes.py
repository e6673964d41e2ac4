"""Which columns of a charge allocation may look at. Pure.

The distinct combinations of `COLUMNS` are the attribute sets of a bill revision; those of a rule set that looks at
others are widened by them. `docs/architecture.md` gives the files.
"""

from __future__ import annotations

import re
from typing import Final

from ingestion.focus import columns

COST_COLUMNS: Final = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
"""The four costs of a charge, in the order in which they are told."""

COLUMNS: Final = (
    "billing_account_id",
    "billing_account_name",
    "sub_account_id",
    "sub_account_name",
    "invoice_issuer_name",
    "service_provider_name",
    "host_provider_name",
    "service_name",
    "service_category",
    "service_subcategory",
    "region_id",
    "resource_type",
    "charge_category",
    "charge_class",
    "charge_frequency",
    "pricing_category",
    "commitment_discount_id",
    "commitment_discount_category",
    "commitment_discount_type",
    "commitment_discount_status",
    "x_service_code",
    "x_operation",
)
"""Text columns of `attribute_sets.parquet`, in order; absent ones are null. `tags` follows them."""

FURTHER: Final = tuple(one.name for one in columns.COLUMNS if one.type == "text" and one.name not in COLUMNS)
"""The other text columns of FOCUS; a rule that looks at one of them widens the attribute sets by it."""

PLACES: Final = ("x_file_number", "x_row_number", "x_attribute_set_id")
"""Where a charge stands, which is nothing to look at."""

_OWN: Final = re.compile(r"x_[a-z0-9_]+", re.ASCII)


def may_be_looked_at(name: str) -> bool:
    """Return whether rules may look at a column: a text of FOCUS, or one of a source's own, which only bills know."""
    return name in COLUMNS or name in FURTHER or (_OWN.fullmatch(name) is not None and name not in PLACES)
