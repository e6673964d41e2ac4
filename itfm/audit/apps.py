"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """`itfm.audit`."""

    name = "itfm.audit"
    label = "audit"
    verbose_name = "Audit log"
