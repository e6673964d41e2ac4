"""From delivered files to FOCUS 1.4 charges in Parquet. Pure."""

from ingestion.normalize.contents import Limits, NormalizedBill, NormalizedDelivery, Progress, Step, Totals

__all__ = ["Limits", "NormalizedBill", "NormalizedDelivery", "Progress", "Step", "Totals"]
