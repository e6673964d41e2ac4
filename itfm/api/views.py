"""Figures for programs: the same selectors as the pages, under the tenant of the key."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from allocation.selectors import CostRow, UnknownGroupingError, cost_rows, names_of, run_in_force
from ingestion.focus.attributes import COST_COLUMNS
from itfm.accounts.access import TenantRequest, allow_key, problem
from itfm.core.periods import PeriodError, parse_period
from itfm.web.visibility import visibility_of


@csrf_exempt
@allow_key("overview.read")
@require_GET
def costs(request: TenantRequest) -> HttpResponse:
    """Answer the allocated costs of `period`, grouped by each `by`; amounts are exact decimals as text."""
    by = request.GET.getlist("by")
    try:
        period = parse_period(request.GET.get("period", ""))
        run = run_in_force(period)
        if run is None:
            return problem(404, "not_allocated", f"{request.GET['period']} is not allocated.")
        visibility = visibility_of(request.membership)
        rows = cost_rows(period, by=by, rule_set=names_of(run.rule_set), visibility=visibility)
    except PeriodError as error:
        return problem(400, "bad_period", str(error))
    except UnknownGroupingError as error:
        return problem(400, "unknown_grouping", str(error))
    return JsonResponse({"run": str(run.id), "by": by, "rows": [as_object(row, by) for row in rows]})


def as_object(row: CostRow, by: list[str]) -> dict[str, str | None]:
    """Return a row of costs as JSON has it; None is what no rule caught."""
    groups = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in zip(by, row.groups, strict=True)
    }
    return {**groups, "currency": row.currency, **{name: f"{getattr(row, name):f}" for name in COST_COLUMNS}}
