"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """`itfm.accounts`."""

    name = "itfm.accounts"
    label = "accounts"
    verbose_name = "Accounts"
