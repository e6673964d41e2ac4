"""The allocation app."""

from django.apps import AppConfig


class AllocationConfig(AppConfig):
    """`allocation`."""

    name = "allocation"
    verbose_name = "Allocation"
