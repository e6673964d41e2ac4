"""The API app."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """`itfm.api`."""

    name = "itfm.api"
    label = "api"
    verbose_name = "API"
