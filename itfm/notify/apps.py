"""The notify app."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """`itfm.notify`."""

    name = "itfm.notify"
    label = "notify"
    verbose_name = "Notifications"
