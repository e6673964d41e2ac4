"""Where bills come from, and the imports that fetch them."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers

from ingestion.models import BillSource, ImportRun
from ingestion.selectors import SourceStatus, source_statuses
from ingestion.services import request_import
from itfm.api.fields import Choice, Day, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.api.replies import Reply

TAG = ["Sources"]


class SourceAnswer(Form):
    """A source and how it does. Its settings, which may hold credentials, are not told."""

    id = serializers.UUIDField(source="source.id")
    key = Text(source="source.key")
    name = Text(source="source.name")
    kind = Text(source="source.kind")
    health = Text(help_text="`healthy`, `running`, `late`, `failing`, `paused`, `new`.")
    pull_time = serializers.TimeField(source="source.pull_time", allow_null=True)
    time_zone = Text(source="source.time_zone")
    next_pull_at = serializers.DateTimeField(source="source.next_pull_at", allow_null=True)
    last_pull_at = serializers.DateTimeField(allow_null=True)
    data_through = Day(allow_null=True, help_text="Last charge date of its newest bill.")


class SourcesAnswer(Form):
    """All sources."""

    items = SourceAnswer(many=True)


class ImportAnswer(Form):
    """One attempt to bring in what a source has."""

    id = serializers.UUIDField()
    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]  # the metaclass takes it away
    trigger = Text()
    state = Choice(choices=ImportRun.State.values)
    attempts = serializers.IntegerField()
    step = Text()
    progress_ratio = serializers.DecimalField(max_digits=5, decimal_places=4)
    error_code = Text()
    error_message = Text()
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportsQuery(PageQuery):
    """Which imports."""

    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # the metaclass takes it away
    state = Choice(choices=ImportRun.State.values, required=False)


class Sources(Resource):
    """All sources."""

    @operation("bills.read", answers=SourcesAnswer, operation_id="list_sources", tags=TAG)
    def get(self, call: Call) -> dict[str, list[SourceStatus]]:
        """List the sources with how they do, by name."""
        return {"items": source_statuses(at=call.at)}


class OneSource(Resource):
    """One source."""

    @operation("bills.read", answers=SourceAnswer, operation_id="read_source", tags=TAG)
    def get(self, call: Call, source_id: UUID) -> SourceStatus:
        """Tell how one source does."""
        found = next((status for status in source_statuses(at=call.at) if status.source.id == source_id), None)
        if found is None:
            raise unknown("source")
        return found


class Pulls(Resource):
    """The pulls of a source."""

    @operation("bills.pull", answers=ImportAnswer, status=202, operation_id="pull_source", tags=TAG)
    def post(self, call: Call, source_id: UUID) -> Reply:
        """Queue an import of a source; the one that waits or runs already is answered where there is one."""
        source = BillSource.objects.filter(pk=source_id).first()
        if source is None:
            raise unknown("source")
        if source.is_draft or source.is_uploaded or source.removed_at is not None:
            raise ProblemError("conflict", f"'{source.name}' has no place to pull from.")
        run, is_new = request_import(source, trigger="person", at=call.at)
        if is_new:
            call.record("source.pulled", target=source.name, summary="Asked for an import")
        return Reply(run, status=202, headers={"Location": f"/api/v1/imports/{run.id}"})


class Imports(Resource):
    """All imports."""

    @operation(
        "bills.read", query=ImportsQuery, answers=ImportAnswer, is_list=True, operation_id="list_imports", tags=TAG
    )
    def get(self, call: Call) -> Page[ImportRun]:
        """List imports, newest first."""
        runs = ImportRun.objects.all()
        if "source" in call.query:
            runs = runs.filter(source_id=call.query["source"])
        if "state" in call.query:
            runs = runs.filter(state=call.query["state"])
        return page_of(runs, order=("-queued_at", "id"), query=call.query)


class OneImport(Resource):
    """One import."""

    @operation("bills.read", answers=ImportAnswer, operation_id="read_import", tags=TAG)
    def get(self, call: Call, import_id: UUID) -> ImportRun:  # noqa: ARG002
        """Tell how one import does."""
        found = ImportRun.objects.filter(pk=import_id).first()
        if found is None:
            raise unknown("import")
        return found
