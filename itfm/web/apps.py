"""The web app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """`itfm.web`."""

    name = "itfm.web"
    label = "web"
    verbose_name = "Pages"
