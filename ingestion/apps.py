"""The ingestion app."""

from django.apps import AppConfig


class IngestionConfig(AppConfig):
    """`ingestion`."""

    name = "ingestion"
    verbose_name = "Ingestion"
