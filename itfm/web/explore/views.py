"""The Explore pages. Parse, one call, answer."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import cast

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from allocation.costs.answer import RunsInForce, answer
from allocation.costs.focus_files import costs_file
from allocation.costs.lines import LineKey
from allocation.costs.query import CostQuery, QueryError
from allocation.costs.values import suggest
from ingestion.exports import NothingToExportError
from ingestion.focus.versions import LATEST
from itfm.accounts.access import TenantRequest, allow
from itfm.accounts.services import keep_lens
from itfm.core.periods import period_name
from itfm.web.explore.build import ExploreBuilder
from itfm.web.explore.centers import CENTER, CenterNames, center_names
from itfm.web.explore.exports import FOCUS_KINDS, sheet_of
from itfm.web.explore.lines import After, lines_page
from itfm.web.explore.page import ErrorPage
from itfm.web.explore.question import question_of
from itfm.web.explore.saved_build import view_menu
from itfm.web.explore.words import NOTHING
from itfm.web.lens import lens_of
from itfm.web.sheets import KINDS
from itfm.web.shell.build import shell_of
from itfm.web.suggestions import LIMIT, Suggestion, suggestions
from itfm.web.visibility import visibility_of


@allow("costs.read")
@require_GET
def explore(request: TenantRequest) -> HttpResponse:
    """Show costs as asked for in the address."""
    if request.GET.get("filter_field"):
        return redirect(_with_new_filter(request))
    try:
        builder = asked(request)
    except QueryError as error:
        return refused(request, error)
    views = view_menu(builder.query, builder.lens, membership=request.membership)
    return render(request, "explore/page.html", {"page": builder.page(shell_of(request, "explore"), views=views)})


@allow("costs.read")
@require_POST
def explore_lens(request: TenantRequest) -> HttpResponse:
    """Keep the lens that somebody chooses for the next time, and show costs through it."""
    try:
        lens = lens_of(request)
    except QueryError as error:
        return refused(request, error)
    keep_lens(request.membership, lens)
    return redirect(f"{reverse('explore')}?{request.GET.urlencode()}")


@allow("costs.read")
@require_GET
def explore_lines(request: TenantRequest) -> HttpResponse:
    """Show the resources or the bill lines under a figure."""
    try:
        builder = asked(request)
        page = lines_page(
            builder,
            shell=shell_of(request, "explore"),
            level=request.GET.get("level", ""),
            after=_after(request),
            resource=request.GET.get("resource", ""),
        )
    except QueryError as error:
        return refused(request, error)
    return render(request, "explore/lines.html", {"page": page})


@allow("costs.read")
@require_GET
def explore_values(request: TenantRequest) -> HttpResponse:
    """Answer values of a column or dimension to choose from."""
    try:
        query, runs, _ = _query(request)
        name = runs.rule_set.known(request.GET.get("field", ""), parameter="field")
    except QueryError:
        return suggestions([])
    visibility = visibility_of(request.membership)
    text = request.GET.get("q", "")
    centers = center_names(visibility) if name == CENTER else CenterNames(names={})
    found = suggest(
        name,
        text,
        runs={period: runs.ids[period] for period in query.periods if period in runs.ids},
        visibility=visibility,
        limit=LIMIT + 1,
        also=centers.codes_named_like(text),
    )
    nothing = [Suggestion(value=NOTHING, hint="no value")] if text.lower() in NOTHING else []
    return suggestions([*nothing, *(Suggestion(value=value, label=centers.text(value)) for value in found)])


@allow("costs.read")
@require_GET
def explore_export(request: TenantRequest) -> HttpResponse:
    """Hand out exactly what the table shows, or the ledger under it as FOCUS has it, as a file."""
    try:
        builder = asked(request)
        kind = _format(request)
        if kind in FOCUS_KINDS:
            return _focus_file(request, builder, kind)
    except QueryError as error:
        return refused(request, error)
    query = builder.query
    found = answer(query, visibility=builder.visibility, runs=builder.runs)
    media_type, write = KINDS[kind]
    sheet = sheet_of(
        found,
        heads=[builder.label(name) for name in query.by],
        name_of=builder.plain_value,
        also={CENTER: builder.center_name},
    )
    response = HttpResponse(write(sheet), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(query, kind)}"'
    return response


def _focus_file(request: TenantRequest, builder: ExploreBuilder, kind: str) -> HttpResponse:
    try:
        file = costs_file(
            request.organization.id,
            builder.query,
            runs=builder.runs,
            suffix=Path(kind).suffix,
            version=LATEST,
            visibility=builder.visibility,
        )
    except NothingToExportError as error:
        raise QueryError("first", str(error)) from error
    name = _file_name(builder.query, kind)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=FOCUS_KINDS[kind])
    return cast("HttpResponse", response)


def _file_name(query: CostQuery, kind: str) -> str:
    return f"costs-{period_name(query.first)}-{period_name(query.last)}.{kind}"


def asked(request: TenantRequest) -> ExploreBuilder:
    """Return the question in the address with all that its page is made of.

    :raises QueryError: the address cannot be read.
    """
    query, runs, periods = _query(request)
    return ExploreBuilder(
        query, lens=lens_of(request), runs=runs, periods=periods, visibility=visibility_of(request.membership)
    )


def _query(request: TenantRequest) -> tuple[CostQuery, RunsInForce, list[date]]:
    """Return the question in the address, the runs it is about, and the periods there are.

    :raises QueryError: the address cannot be read.
    """
    is_grouped = not request.path.startswith(reverse("explore_lines"))
    return question_of(dict(request.GET.lists()), lens=lens_of(request), is_grouped=is_grouped)


def _format(request: TenantRequest) -> str:
    text = request.GET.get("format", "csv")
    known = [*KINDS, *FOCUS_KINDS]
    if text not in known:
        raise QueryError("format", f"'{text[:20]}' is no format; write one of {', '.join(known)}.")
    return text


def _after(request: TenantRequest) -> After | None:
    text = request.GET.get("after", "")
    if not text:
        return None
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts):
        raise QueryError("after", "A page of lines begins after source.file.row.count, four numbers.")
    source, file, row, count = map(int, parts)
    return After(key=LineKey(source, file, row), count=count)


def _with_new_filter(request: TenantRequest) -> str:
    """Return the address with the filter of the form beside those there are."""
    params = request.GET.copy()
    name, relation, value = (params.pop(f"filter_{part}", [""])[-1] for part in ("field", "relation", "value"))
    if name == CENTER:
        value = center_names(visibility_of(request.membership)).code_of(value)
    text = name if value == NOTHING else f"{name}:{value}"
    params.appendlist("not" if relation == "not" else "is", text)
    return f"{reverse('explore')}?{params.urlencode()}"


def refused(request: TenantRequest, error: QueryError) -> HttpResponse:
    """Answer a question that cannot be asked."""
    page = ErrorPage(shell=shell_of(request, "explore"), parameter=error.parameter, problem=str(error))
    return render(request, "explore/error.html", {"page": page}, status=HTTPStatus.BAD_REQUEST)
