"""Where providers put their bills: stores, manifests and the archive of what was fetched. Pure."""

from ingestion.delivery.archive import archive
from ingestion.delivery.contents import ArchivedFile, DeliveredFile, Delivery
from ingestion.delivery.places import BucketSettings, PlaceSettings, open_store
from ingestion.delivery.settings import SourceSettings
from ingestion.delivery.stores import DeliveryError, Store

__all__ = [
    "ArchivedFile",
    "BucketSettings",
    "DeliveredFile",
    "Delivery",
    "DeliveryError",
    "PlaceSettings",
    "SourceSettings",
    "Store",
    "archive",
    "open_store",
]
