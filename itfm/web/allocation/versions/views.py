"""The pages of versions. Parse, one call, answer."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from allocation.drafts.operations import ReplaceAll
from allocation.engine.rules import RuleSetError, parse
from allocation.models import RuleSet
from allocation.working import parsed
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.changes import change
from itfm.web.allocation.versions.build import plan_page, versions_page, without_values
from itfm.web.shell.build import shell_of

MAX_BYTES: Final = 1_000_000


@allow("rules.read")
@require_GET
def versions(request: TenantRequest) -> HttpResponse:
    """Show the history of the rules and what differs between two versions."""
    given = [request.GET.get(name, "") for name in ("from", "to")]
    compared = (int(given[0]), int(given[1])) if all(one.isdecimal() and len(one) < 9 for one in given) else None
    page = versions_page(
        shell=shell_of(request, "allocation"), may_write=request.membership.may("rules.write"), compared=compared
    )
    return render(request, "allocation/versions/page.html", {"page": page})


@allow("rules.read")
@require_GET
def export(request: TenantRequest, version: int) -> HttpResponse:
    """Send a version as the YAML that `itfm rules apply` reads."""
    saved = _version(version)
    response = HttpResponse(saved.document, content_type="application/yaml; charset=utf-8")
    name = f"rules-{request.organization.slug}-{saved.version}.yaml"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@allow("rules.write")
@require_POST
def restore(request: TenantRequest, version: int) -> HttpResponse:
    """Put an earlier version into the draft."""
    saved = _version(version)
    change(request, ReplaceAll(rule_set=parsed(saved.document), origin=f"version {saved.version}"))
    return redirect("allocation_review")


@allow("rules.write")
@require_POST
def bring_in(request: TenantRequest) -> HttpResponse:
    """Show what a YAML document would change; once confirmed, put it into the draft."""
    try:
        rules = parse(_text(request))
    except RuleSetError as error:
        page = versions_page(
            shell=shell_of(request, "allocation"), may_write=True, compared=None, problems=tuple(error.problems)
        )
        return render(request, "allocation/versions/page.html", {"page": page}, status=422)
    if "confirmed" in request.POST:
        change(request, ReplaceAll(rule_set=without_values(rules), origin="a YAML document"))
        return redirect("allocation_review")
    plan = plan_page(rules, shell=shell_of(request, "allocation"))
    return render(request, "allocation/versions/plan.html", {"page": plan})


def _version(version: int) -> RuleSet:
    found = RuleSet.objects.filter(version=version).first() if version < 2**31 else None
    if found is None:
        raise Http404("There is no such version.")
    return found


def _text(request: TenantRequest) -> str:
    """Return the document that was sent, as a file or as text.

    :raises RuleSetError: it is none, too long, or no UTF-8.
    """
    file = request.FILES.get("file")
    if file is None:
        text = request.POST.get("document", "")
        if not text.strip():
            raise RuleSetError(["document: choose a file or paste a document first"])
        return text
    if (file.size or 0) > MAX_BYTES:
        raise RuleSetError([f"document: the file is larger than {MAX_BYTES:,} bytes"])
    try:
        return bytes(file.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleSetError(["document: the file is no text in UTF-8; save it as such"]) from error
