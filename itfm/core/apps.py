"""The core app: functions in the database that every tenant table's policy uses."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """`itfm.core`."""

    name = "itfm.core"
    label = "core"
    verbose_name = "Core"
