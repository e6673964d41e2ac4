"""What the made-up company buys of Google Cloud, and what its commitments and long use take off. Pure.

`code` is the service's id, `service` its description, `family` the SKU's id, `usage_type` the SKU's description,
`operation` the usage unit and `unit` the pricing unit. Prices are whole twentieths of their last digit, so that the
discount is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from itfm.demo.catalog import Meter

_COMPUTE: Final = ("6F81-5844-456A", "Compute Engine")
_MACHINE: Final = "//compute.googleapis.com/projects/{account}/zones/{region}-b/instances/{name}-"

METERS: Final = (
    Meter(*_COMPUTE, "9A3C-4D21-7E10", "N2 Instance Core", "seconds", "hour", 40_000, 6, 20, _MACHINE),
    Meter(*_COMPUTE, "2E27-4F75-95CD", "N1 Predefined Instance Core", "seconds", "hour", 36_000, 6, 12, _MACHINE),
    Meter("9662-B51E-5089", "Cloud SQL", "5D1A-90C7-B3E2", "Cloud SQL for PostgreSQL: Zonal - vCPU", "seconds", "hour",
          51_000, 6, 12, "//cloudsql.googleapis.com/projects/{account}/instances/{name}-"),
    Meter("24E6-581D-38E5", "BigQuery", "1145-49C5-5527", "Analysis", "tebibyte", "tebibyte", 6_250_000, 6, 24,
          "//bigquery.googleapis.com/projects/{account}/datasets/{name}-"),
    Meter("95FF-2EF5-5EA1", "Cloud Storage", "E5F0-6A5D-7BAD", "Standard Storage", "gibibyte month", "gibibyte month",
          23_000, 6, 12, "//storage.googleapis.com/projects/{account}/buckets/{name}-"),
    Meter("5490-F7B7-8DF6", "Cloud Logging", "143F-A1B0-E0BE", "Log Storage cost", "gibibyte", "gibibyte", 500_000, 6,
          5, "//logging.googleapis.com/projects/{account}/locations/{region}/buckets/{name}-"),
    Meter("A1E8-BE35-7EBC", "Cloud Pub/Sub", "74C1-1F00-6B5E", "Message Delivery Basic", "tebibyte", "tebibyte",
          40_000_000, 6, 5, "//pubsub.googleapis.com/projects/{account}/topics/{name}-"),
    Meter("C7E2-9256-1C43", "Vertex AI", "0F2B-7C18-66DA", "Gemini 2.5 Flash Text Input - Predictions", "count",
          "count", 300_000, 12, 10,
          "//aiplatform.googleapis.com/projects/{account}/locations/{region}/endpoints/{name}-", months_old=6),
)  # fmt: skip

REGIONS: Final = {"europe-west3": "DE", "europe-west4": "NL", "europe-north1": "FI"}
"""Regions to their countries."""


@dataclass(frozen=True)
class Credit:
    """What is taken off all use of a SKU, in thousandths of its cost; `fee` is the SKU under which that is bought."""

    type: str
    name: str
    per_mille: int
    id: str = ""
    fee: str = ""


CREDITS: Final = {
    "N2 Instance Core": Credit(
        "COMMITTED_USAGE_DISCOUNT", "Committed Usage Discount: CPU", 1_000, "demo-n2-cores",
        "Commitment v1: N2 Cpu in Frankfurt for 1 Year",
    ),
    "N1 Predefined Instance Core": Credit("SUSTAINED_USAGE_DISCOUNT", "Sustained Usage Discount", 200),
    "Cloud SQL for PostgreSQL: Zonal - vCPU": Credit(
        "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "Committed Usage Discount - dollar based: Cloud SQL", 1_000,
        "demo-cloud-sql", "Commitment - dollar based v1: Cloud SQL database Frankfurt for 1 year",
    ),
}  # fmt: skip
"""By the description of the SKU."""
