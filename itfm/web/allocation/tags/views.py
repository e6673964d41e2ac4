"""The pages of tag keys. Parse, one call, answer."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allocation.drafts.tag_aliases import DeleteTagAliases, PutSimilarTagKeys
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.changes import back, change
from itfm.web.allocation.period import chosen_period
from itfm.web.allocation.tags.build import (
    UnknownTagKeyError,
    fields_of,
    key_suggestions,
    known_keys,
    missing,
    operation,
    tag_key_page,
    tags_page,
)
from itfm.web.allocation.tags.page import TagFields, TagKeyPage
from itfm.web.shell.build import shell_of
from itfm.web.suggestions import suggestions

MOST_SPELLINGS = 500
LONGEST = 2000
_FORM = "allocation/tags/key.html"


@allow("rules.read")
@require_GET
def tags(request: TenantRequest) -> HttpResponse:
    """Show how the bills of a month write their tag keys, and which count as one."""
    page = tags_page(
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        may_write=request.membership.may("rules.write"),
        query=request.GET.get("q", "").strip()[:200],
    )
    return render(request, "allocation/tags/page.html", {"page": page})


@allow("rules.read")
@require_GET
def keys(request: TenantRequest) -> HttpResponse:
    """Answer which tag keys the bills have, for a field that completes what is typed."""
    containing = request.GET.get("q", "")[:200]
    found = key_suggestions(request.organization.id, period=chosen_period(request), containing=containing)
    return suggestions(found)


@allow("rules.write")
@require_POST
def similar(request: TenantRequest) -> HttpResponse:
    """Let similar keys count as one, or no longer."""
    change(request, PutSimilarTagKeys(is_on=request.POST.get("similar") == "on"))
    return back(request, otherwise="allocation_tags")


@allow("rules.write")
@require_POST
def delete(request: TenantRequest) -> HttpResponse:
    """Remove the listed spellings of a key from the draft."""
    change(request, DeleteTagAliases(key=request.POST.get("key", "")))
    return redirect("allocation_tags")


@allow("rules.write")
@require_http_methods(["GET", "POST"])
def tag_key(request: TenantRequest) -> HttpResponse:
    """Show the form of a key's spellings; count what they hold, add one, or save them in the draft."""
    if request.method == "POST":
        return _answered(request)
    key, more = request.GET.get("key", ""), _proposed(request)
    try:
        fields = (
            fields_of(key, more=more) if key else TagFields(key=request.GET.get("name", "")[:LONGEST], spellings=more)
        )
    except UnknownTagKeyError as error:
        raise Http404("There are no listed spellings of this key. Look for it under Tag keys.") from error
    return render(request, _FORM, {"page": _page(request, fields)})


def _proposed(request: TenantRequest) -> tuple[str, ...]:
    """Return the spellings that the address proposes."""
    spellings = tuple(one[:LONGEST] for one in request.GET.getlist("spelling") if one.strip())
    return spellings[:MOST_SPELLINGS]


def _answered(request: TenantRequest) -> HttpResponse:
    fields, command = _sent(request), request.POST.get("do", "save")
    if command.startswith("add:"):
        fields = replace(fields, spellings=(*fields.spellings, command.removeprefix("add:")[:LONGEST]))
    page = _page(request, fields)
    if command != "save":
        is_part = command == "count" and "HX-Request" in request.headers
        return render(request, f"{_FORM}#preview" if is_part else _FORM, {"page": page})
    page = replace(page, problems=(*missing(fields), *page.problems))
    if page.problems:
        return render(request, _FORM, {"page": page}, status=422)
    if change(request, operation(fields)):
        return redirect("allocation_tags")
    return render(request, _FORM, {"page": page}, status=409)


def _sent(request: TenantRequest) -> TagFields:
    """Return the fields of a form; spaces around a text go, unless the bills write the key with them."""
    known = known_keys(request.organization.id, period=chosen_period(request))
    lines = request.POST.get("spellings", "").replace("\r\n", "\n").split("\n")
    found = (_trimmed(line, known) for line in lines)
    return TagFields(
        was=request.POST.get("was", "")[:LONGEST],
        key=_trimmed(request.POST.get("key", "")[: LONGEST + 1], known),
        spellings=tuple(one for one in found if one)[:MOST_SPELLINGS],
    )


def _trimmed(text: str, known: Container[str]) -> str:
    return text if text in known and text.strip() else text.strip()


def _page(request: TenantRequest, fields: TagFields) -> TagKeyPage:
    return tag_key_page(
        fields,
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        is_unsaved=request.method == "POST",
    )
