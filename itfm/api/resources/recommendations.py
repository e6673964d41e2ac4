"""What providers recommend to save cost, as the newest list of each source tells it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ingestion.charges import FileFormat
from ingestion.models import RecommendationList
from ingestion.normalize.recommending import AMOUNTS, TEXTS
from ingestion.recommendations import (
    FILTERS,
    ListNotKeptError,
    ListsMovedError,
    Position,
    Wanted,
    newest_lists,
    recommendations_after,
    write_recommendations,
)
from itfm.api.fields import Choice, Day, Exact, Form, Query, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, cursor, page_of, position
from itfm.api.problems import ProblemError
from itfm.api.resources.charges import MEDIA_TYPES, streamed
from itfm.core.tenancy import tenant

TAG = ["Recommendations"]
_LIST: Final = "recommendations"


class RecommendationsQuery(PageQuery):
    """Which recommendations."""

    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # the metaclass takes it away
    search = Text(required=False, max_length=200, help_text="Found in accounts, resources, summaries or tags.")
    vars().update({name: Text(required=False, max_length=2000, help_text="Exactly this value.") for name in FILTERS})


class RecommendationsFileQuery(Query):
    """Which recommendations, and the form of their file."""

    format = Choice(choices=list(MEDIA_TYPES), default="csv")
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # the metaclass takes it away
    search = Text(required=False, max_length=200, help_text="Found in accounts, resources, summaries or tags.")
    vars().update({name: Text(required=False, max_length=2000, help_text="Exactly this value.") for name in FILTERS})


class RecommendationAnswer(Form):
    """One recommendation. Amounts are the provider's estimates for a month, after discounts, in `currency`."""

    list = serializers.UUIDField(help_text="The list that it stands in.")
    source = serializers.UUIDField()  # type: ignore[assignment]  # the metaclass takes it away
    source_name = Text()
    vars().update({name: Text(allow_null=True) for name in TEXTS})
    vars().update({name: Exact(allow_null=True) for name in AMOUNTS})
    refreshed_at = serializers.DateTimeField(allow_null=True)
    x_file_number = serializers.IntegerField(help_text="Index into the list's files.")
    x_row_number = serializers.IntegerField(help_text="Data row in that file, from 1.")

    def to_representation(self, instance: Any) -> Any:
        """Return the columns, which are plain already but for amounts and times."""
        return {name: _plain(value) for name, value in instance.items()}


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class Savings(serializers.Field[Any, Any, Any, Any]):
    """Exact sums by currency, as they are stored."""

    def to_representation(self, value: Any) -> Any:
        """Return them as they are."""
        return value


class RecommendationListAnswer(Form):
    """The newest list of a source."""

    id = serializers.UUIDField()
    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]  # the metaclass takes it away
    source_name = Text(source="source.name")
    told_on = Day(help_text="The day that it is of.")
    fetched_at = serializers.DateTimeField()
    recommendation_count = serializers.IntegerField(source="count")
    estimated_monthly_savings = Savings(
        source="savings", help_text="Currency -> exact sum as text. An export of alternatives adds up what excludes."
    )


class Recommendations(Resource):
    """Recommendations."""

    @operation(
        "bills.read",
        query=RecommendationsQuery,
        answers=RecommendationAnswer,
        is_list=True,
        reads_lake=True,
        operation_id="list_recommendations",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[dict[str, Any]]:
        """List the recommendations of the newest list of each source, by list, file and row."""
        after = position(call.query, list_name=_LIST)
        with tenant(call.organization.id):
            lists = list(newest_lists(call.query.get("source")))
        try:
            rows, last = recommendations_after(
                lists,
                wanted=_wanted(call),
                after=_position(after) if after else None,
                limit=call.query["limit"],
            )
        except ListsMovedError as error:
            raise ProblemError("invalid_cursor", str(error)) from error
        except ListNotKeptError as error:
            raise ProblemError("not_found", str(error)) from error
        values = (last.lists, last.list_id, last.file_number, last.row_number) if last else ()
        return Page(rows=rows, next_cursor=cursor(values, list_name=_LIST) if last else None)


class RecommendationsFile(Resource):
    """Recommendations as a file."""

    @operation(
        "bills.read",
        query=RecommendationsFileQuery,
        files=tuple(MEDIA_TYPES.values()),
        reads_lake=True,
        operation_id="download_recommendations",
        tags=TAG,
    )
    def get(self, call: Call) -> StreamingHttpResponse:
        """Stream the recommendations of the newest list of each source, filtered as their list, as one file."""
        file_format = cast("FileFormat", call.query["format"])
        with tenant(call.organization.id):
            lists = list(newest_lists(call.query.get("source")))
        if not lists:
            raise ProblemError("not_found", "There is no list of recommendations.")

        def write(file: Path) -> None:
            write_recommendations(lists, wanted=_wanted(call), file_format=file_format, to=file)

        try:
            return streamed(call, write, name=f"recommendations.{file_format}")
        except ListNotKeptError as error:
            raise ProblemError("not_found", str(error)) from error


class RecommendationLists(Resource):
    """Lists of recommendations."""

    @operation(
        "bills.read",
        answers=RecommendationListAnswer,
        is_list=True,
        operation_id="list_recommendation_lists",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[RecommendationList]:
        """List the newest list of each source, with what its recommendations would save in a month by currency."""
        return page_of(newest_lists(), order=("source_id", "id"), query=call.query)


def _wanted(call: Call) -> Wanted:
    filters = {name: call.query[name] for name in FILTERS if name in call.query}
    return Wanted(filters=filters, search=call.query.get("search", ""))


def _position(values: list[Any]) -> Position:
    return Position(lists=str(values[0]), list_id=str(values[1]), file_number=int(values[2]), row_number=int(values[3]))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value
