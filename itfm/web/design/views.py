"""The pages of the design system, for who runs the site. Parse, one call, answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from itfm.accounts.access import SignedInRequest, staff
from itfm.web.components import query_of
from itfm.web.design.build import design_page
from itfm.web.design.samples import services_like
from itfm.web.suggestions import suggestions


@staff
@require_http_methods(["GET", "POST"])
def design(request: SignedInRequest) -> HttpResponse:
    """Show every part in every state; a form sent here keeps nothing."""
    if request.method == "POST":
        return redirect("design")
    page = design_page(
        query=query_of(request.GET.lists()),
        columns=request.GET.getlist("column"),
        sort=request.GET.get("sort", ""),
        person_name=request.user.name or request.user.email,
        person_email=request.user.email,
    )
    return render(request, "design/page.html", {"page": page})


@staff
@require_GET
def design_suggestions(request: HttpRequest) -> JsonResponse:
    """Suggest services that contain what is typed."""
    return suggestions(services_like(request.GET.get("q", "")))


@staff
@require_GET
def design_panel(request: HttpRequest) -> HttpResponse:
    """Show what the sample drawer opens."""
    return render(request, "design/panel.html")
