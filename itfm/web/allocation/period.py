"""Which billing period a page of rules looks at, from its address."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.utils import timezone

from ingestion.selectors import billed_periods
from itfm.core.periods import PeriodError, parse_period
from itfm.web.shell.page import PeriodChoice


def chosen_period(request: HttpRequest) -> PeriodChoice:
    """Return the period in the address, else the newest one billed; none billed gives the present month.

    :raises Http404: the address names something else than a period.
    """
    text = request.POST.get("period") or request.GET.get("period", "")
    try:
        given = parse_period(text) if text else None
    except PeriodError as error:
        raise Http404(str(error)) from error
    periods = billed_periods()
    shown = given or next(iter(periods), timezone.localdate().replace(day=1))
    return PeriodChoice(shown=shown, available=tuple(sorted({*periods, shown}, reverse=True)))
