"""The core app: functions in the database that every tenant table's policy uses, and exact arithmetic in Python."""

import decimal

from django.apps import AppConfig

from itfm.core import money


class CoreConfig(AppConfig):
    """`itfm.core`."""

    name = "itfm.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        """Give every thread, this one and those to come, enough digits to add up any bill exactly."""
        decimal.DefaultContext.prec = money.CONTEXT.prec
        decimal.setcontext(decimal.DefaultContext.copy())
