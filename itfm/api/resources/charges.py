"""Single charges as the bills in force have them, a page at a time or as one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

from django.http import StreamingHttpResponse
from rest_framework import serializers

from ingestion.charges import (
    FILTERS,
    ChargesMovedError,
    ChargesNotKeptError,
    FileFormat,
    Position,
    charges_page,
    has_charges,
    write_charges,
)
from ingestion.focus.columns import COLUMNS
from itfm.api.fields import Choice, Exact, Form, Period, Query, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, cursor, position
from itfm.api.problems import ProblemError
from itfm.core import lake
from itfm.core.periods import period_name

TAG = ["Charges"]
MEDIA_TYPES: Final = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_CHUNK: Final = 1 << 16
_LIST: Final = "charges"
_FIELDS: Final[dict[str, Callable[[], Any]]] = {
    "text": lambda: Text(allow_null=True),
    "json": lambda: Text(allow_null=True, help_text="Canonical JSON text."),
    "decimal": lambda: Exact(allow_null=True),
    "date_time": lambda: serializers.DateTimeField(allow_null=True),
}


class ChargeAnswer(Form):
    """One charge in the columns of FOCUS 1.4, in snake_case."""

    revision = serializers.UUIDField()
    source = serializers.UUIDField()  # type: ignore[assignment]  # the metaclass takes it away
    vars().update({column.name: _FIELDS[column.type]() for column in COLUMNS})
    x_file_number = serializers.IntegerField(help_text="Index into the revision's files.")
    x_row_number = serializers.IntegerField(help_text="Data row in that file, from 1.")

    def to_representation(self, instance: Any) -> Any:
        """Return the columns, which are plain already but for amounts and times."""
        return {name: _plain(value) for name, value in instance.items()}


class ChargesQuery(PageQuery):
    """Which charges."""

    period = Period(help_text="Billing period.")
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # the metaclass takes it away
    vars().update({name: Text(required=False, max_length=2000, help_text="Exactly this value.") for name in FILTERS})


class DownloadQuery(Query):
    """Which file."""

    period = Period(help_text="Billing period.")
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # the metaclass takes it away
    format = Choice(choices=list(MEDIA_TYPES), default="csv")
    vars().update({name: Text(required=False, max_length=2000, help_text="Exactly this value.") for name in FILTERS})


class Charges(Resource):
    """Charges."""

    @operation(
        "bills.read",
        query=ChargesQuery,
        answers=ChargeAnswer,
        is_list=True,
        reads_lake=True,
        operation_id="list_charges",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[dict[str, Any]]:
        """List the charges of the bills in force, by source, file and row."""
        after = position(call.query, list_name=_LIST)
        try:
            page = charges_page(
                call.organization.id,
                period=call.query["period"],
                source_id=call.query.get("source"),
                filters=_filters(call),
                after=_position(after) if after else None,
                limit=call.query["limit"],
            )
        except ChargesMovedError as error:
            raise ProblemError("invalid_cursor", str(error)) from error
        except ChargesNotKeptError as error:
            raise ProblemError("not_found", str(error)) from error
        last = page.last
        values = (last.revision_id, last.file_number, last.row_number) if last else ()
        return Page(rows=page.rows, next_cursor=cursor(values, list_name=_LIST) if last else None)


class Download(Resource):
    """All charges of a billing period."""

    @operation(
        "bills.read",
        query=DownloadQuery,
        files=tuple(MEDIA_TYPES.values()),
        reads_lake=True,
        operation_id="download_charges",
        tags=TAG,
    )
    def get(self, call: Call) -> StreamingHttpResponse:
        """Stream the charges of a billing period, filtered as their list, as one file under FOCUS 1.4's own names."""
        period, file_format = call.query["period"], cast("FileFormat", call.query["format"])
        source_id = call.query.get("source")
        try:
            is_there = has_charges(call.organization.id, period=period, source_id=source_id)
        except ChargesNotKeptError as error:
            raise ProblemError("not_found", str(error)) from error
        if not is_there:
            raise ProblemError("not_found", f"There is no bill of {period_name(period)}.")

        def write(file: Path) -> None:
            write_charges(
                call.organization.id,
                period=period,
                source_id=source_id,
                filters=_filters(call),
                file_format=file_format,
                to=file,
            )

        return streamed(call, write, name=f"charges-{period_name(period)}.{file_format}")


def streamed(call: Call, write: Callable[[Path], object], *, name: str) -> StreamingHttpResponse:
    """Return the file that is written to a path, in parts, under a name that ends with its format."""
    with ExitStack() as opened:
        file = opened.enter_context(lake.scratch(call.organization.id)) / name
        write(file)
        kept = opened.pop_all()
    response = StreamingHttpResponse(_chunks(file, kept), content_type=MEDIA_TYPES[file.suffix.removeprefix(".")])
    response["Content-Length"] = str(file.stat().st_size)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    # The folder goes also when the reader hangs up before the first chunk.
    response._resource_closers.append(kept.close)  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def _filters(call: Call) -> dict[str, str]:
    return {name: call.query[name] for name in FILTERS if name in call.query}


def _chunks(file: Path, kept: ExitStack) -> Iterator[bytes]:
    with kept, file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _position(values: list[Any]) -> Position:
    return Position(revision_id=str(values[0]), file_number=int(values[1]), row_number=int(values[2]))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value
