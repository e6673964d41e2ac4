"""Reading and saving when the monthly letters go out, for every page that shows it."""

from __future__ import annotations

from typing import Final

from django.contrib import messages

from itfm.accounts.access import TenantRequest, actor_of
from itfm.web.showback.forms import ScheduleForm
from showback.letters import change_schedule, schedule

USUAL: Final = {"business_day": 3, "hour": 9}


def schedule_form(request: TenantRequest) -> ScheduleForm:
    """Return the form with what is saved, or with what is usual."""
    saved = schedule()
    stored = {name: getattr(saved, name) for name in ScheduleForm.base_fields} if saved else {}
    return ScheduleForm(initial={**USUAL, "time_zone": request.organization.time_zone, **stored})


def save_schedule(request: TenantRequest) -> ScheduleForm | None:
    """Save what was sent and say so; return the form where it cannot be saved."""
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return form
    is_changed = change_schedule(organization_id=request.organization.id, by=actor_of(request), **form.cleaned_data)
    messages.success(request, "The schedule is saved." if is_changed else "Nothing was changed.")
    return None
