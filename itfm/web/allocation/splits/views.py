"""The page of a split. Parse, one call, answer."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from allocation.working import working_rules
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.changes import change
from itfm.web.allocation.period import chosen_period
from itfm.web.allocation.splits.build import UnknownSplitError, operation, plain_split, split_page
from itfm.web.allocation.splits.fields import SplitFields, edited, from_post
from itfm.web.allocation.splits.page import SplitPage
from itfm.web.shell.build import shell_of

_TEMPLATE = "allocation/splits/page.html"


@allow("rules.write")
@require_http_methods(["GET", "POST"])
def split(request: TenantRequest, key: str) -> HttpResponse:
    """Show the form of a split; work its shares out, change its form, or save it in the draft."""
    try:
        if request.method == "POST":
            return _answered(request, key)
        page = _page(request, key, None, with_preview=key != "new")
    except UnknownSplitError as error:
        raise Http404("There is no such split. Look for it on the Allocation page.") from error
    return render(request, _TEMPLATE, {"page": page})


def _answered(request: TenantRequest, key: str) -> HttpResponse:
    plain = plain_split(working_rules().rules, key)
    fields = from_post(
        {**request.POST.dict(), **({"key": key} if plain else {})},
        partition_by=tuple(request.POST.getlist("partition_by")),
        where=plain.get("receivers", {}).get("where"),
        fallback=plain.get("fallback"),
    )
    command = request.POST.get("do", "save")
    if command == "preview":
        return render(request, _TEMPLATE, {"page": _page(request, key, fields)})
    if command != "save":
        return render(request, _TEMPLATE, {"page": _page(request, key, edited(fields, command), with_preview=False)})
    page = _page(request, key, fields)
    if page.problems:
        return render(request, _TEMPLATE, {"page": page}, status=422)
    if change(request, operation(key, fields)):
        return redirect("allocation_split", fields.key)
    return render(request, _TEMPLATE, {"page": page}, status=409)


def _page(request: TenantRequest, key: str, fields: SplitFields | None, *, with_preview: bool = True) -> SplitPage:
    return split_page(
        key,
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        fields=fields,
        with_preview=with_preview,
    )
