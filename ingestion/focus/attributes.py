"""Which columns of a charge allocation may look at. Pure.

Their distinct combinations are the attribute sets of a bill revision; `docs/architecture.md` gives the files.
"""

from __future__ import annotations

from typing import Final

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
