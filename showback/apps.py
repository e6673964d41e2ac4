"""The showback app."""

from django.apps import AppConfig


class ShowbackConfig(AppConfig):
    """`showback`."""

    name = "showback"
    verbose_name = "Showback"
