"""The form of an account's tags. Parse, one call, answer."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from allocation.drafts.account_tags import DeleteAccountTags
from itfm.accounts.access import TenantRequest, allow
from itfm.web.allocation.account_tags.build import UnknownAccountError, account_page, fields_of, missing, operation
from itfm.web.allocation.account_tags.page import AccountFields, AccountPage
from itfm.web.allocation.changes import change
from itfm.web.allocation.period import chosen_period
from itfm.web.shell.build import shell_of

MOST_TAGS = 200
LONGEST = 2000
_FORM = "allocation/account_tags/account.html"


@allow("rules.write")
@require_http_methods(["GET", "POST"])
def account_tags(request: TenantRequest) -> HttpResponse:
    """Show the form of an account's tags; count what would inherit them, or save them in the draft."""
    if request.method == "POST":
        return _answered(request)
    account = request.GET.get("account", "")
    try:
        fields = fields_of(account) if account else AccountFields(account=request.GET.get("name", "")[:LONGEST])
    except UnknownAccountError as error:
        raise Http404("The rules give this account no tags. Look for it under Tag keys.") from error
    return render(request, _FORM, {"page": _page(request, fields)})


@allow("rules.write")
@require_POST
def delete(request: TenantRequest) -> HttpResponse:
    """Remove the tags of an account from the draft."""
    change(request, DeleteAccountTags(account=request.POST.get("account", "")))
    return redirect("allocation_tags")


def _answered(request: TenantRequest) -> HttpResponse:
    fields = _sent(request)
    page = _page(request, fields)
    if request.POST.get("do", "save") == "count":
        is_part = "HX-Request" in request.headers
        return render(request, f"{_FORM}#preview" if is_part else _FORM, {"page": page})
    page = replace(page, problems=(*missing(fields), *page.problems))
    if page.problems:
        return render(request, _FORM, {"page": page}, status=422)
    if change(request, operation(fields)):
        return redirect("allocation_tags")
    return render(request, _FORM, {"page": page}, status=409)


def _sent(request: TenantRequest) -> AccountFields:
    lines = request.POST.get("tags", "").replace("\r\n", "\n").split("\n")
    return AccountFields(
        was=request.POST.get("was", "")[:LONGEST],
        account=request.POST.get("account", "").strip()[: LONGEST + 1],
        lines=tuple(line.strip() for line in lines if line.strip())[:MOST_TAGS],
    )


def _page(request: TenantRequest, fields: AccountFields) -> AccountPage:
    return account_page(
        fields,
        shell=shell_of(request, "allocation"),
        organization_id=request.organization.id,
        period=chosen_period(request),
        is_unsaved=request.method == "POST",
    )
