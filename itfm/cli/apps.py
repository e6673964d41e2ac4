"""The command line app."""

from django.apps import AppConfig


class CliConfig(AppConfig):
    """`itfm.cli`."""

    name = "itfm.cli"
    label = "cli"
    verbose_name = "Command line"
