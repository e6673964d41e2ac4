"""The pages of a dimension and its rules. Parse, one call, answer."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from allocation.drafts.operations import PutRule
from allocation.working import working_rules
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.changes import change
from itfm.web.allocation.dimensions.build import (
    UnknownDimensionError,
    dimension_of,
    dimension_page,
    known_texts,
    rule_page,
)
from itfm.web.allocation.dimensions.fields import RuleFields, edited, from_post, suggested, to_document
from itfm.web.allocation.dimensions.page import RulePage
from itfm.web.allocation.period import chosen_period
from itfm.web.shell.build import shell_of
from itfm.web.suggestions import Suggestion, suggestions

_GONE = "There is no such dimension or rule. Look for it on the Allocation page."


@allow("rules.read")
@require_GET
def dimension(request: TenantRequest, key: str) -> HttpResponse:
    """Show a dimension's rules in order, and what each catches."""
    try:
        page = dimension_page(
            key,
            shell=shell_of(request, "allocation"),
            organization_id=request.organization.id,
            period=chosen_period(request),
            may_write=request.membership.may("rules.write"),
        )
    except UnknownDimensionError as error:
        raise Http404(_GONE) from error
    return render(request, "allocation/dimensions/page.html", {"page": page})


@allow("rules.write")
@require_http_methods(["GET", "POST"])
def rule(request: TenantRequest, key: str, number: str) -> HttpResponse:
    """Show the form of a rule; count what it matches, change its form, or save it in the draft."""
    if number != "new" and not (number.isdecimal() and len(number) < 6):
        raise Http404(_GONE)
    place = None if number == "new" else int(number)
    try:
        if request.method == "POST":
            return _answered(request, key, place)
        fields = None
        if place is None:
            fields = suggested(
                tag=request.GET.get("tag", ""),
                column=request.GET.get("column", ""),
                equals=request.GET.get("equals", ""),
            )
        page = _page(request, key, place, fields, with_preview=place is not None)
    except UnknownDimensionError as error:
        raise Http404(_GONE) from error
    return render(request, "allocation/dimensions/rule.html", {"page": page})


def _answered(request: TenantRequest, key: str, place: int | None) -> HttpResponse:
    dimension_of(working_rules().rules, key)
    fields, command = from_post(request.POST.dict()), request.POST.get("do", "save")
    if command == "save":
        page = _page(request, key, place, fields)
        if page.problems:
            return render(request, "allocation/dimensions/rule.html", {"page": page}, status=422)
        if change(request, PutRule(dimension=key, number=place, rule=to_document(fields))):
            return redirect("allocation_dimension", key)
        return render(request, "allocation/dimensions/rule.html", {"page": page}, status=409)
    if command == "count":
        template = (
            "allocation/dimensions/rule.html#preview"
            if "HX-Request" in request.headers
            else "allocation/dimensions/rule.html"
        )
        return render(request, template, {"page": _page(request, key, place, fields)})
    page = _page(request, key, place, edited(fields, command), with_preview=False)
    return render(request, "allocation/dimensions/rule.html", {"page": page})


def _page(
    request: TenantRequest, key: str, place: int | None, fields: RuleFields | None, *, with_preview: bool = True
) -> RulePage:
    return rule_page(
        key,
        place,
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        may_write=True,
        fields=fields,
        with_preview=with_preview,
        is_unsaved=request.method == "POST",
    )


@allow("rules.read")
@require_GET
def texts(request: TenantRequest) -> HttpResponse:
    """Answer which texts occur in a column, tag or dimension, for a field that completes what is typed."""
    found = known_texts(
        request.GET.get("kind", ""),
        request.GET.get("key", "")[:200],
        containing=request.GET.get("q", "")[:200],
        organization_id=request.organization.id,
        period=chosen_period(request),
    )
    return suggestions([Suggestion(value=text) for text in found])
