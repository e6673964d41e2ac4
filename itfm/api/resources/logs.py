"""What was sent, and who changed what."""

from __future__ import annotations

from rest_framework import serializers

from itfm.api.fields import Anything, Choice, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.audit.models import AuditEvent
from itfm.notify.models import OutboxMessage

TAG = ["Logs"]


class NotificationAnswer(Form):
    """A letter: to whom, about what, and how far it got. Its text is not told."""

    id = serializers.UUIDField()
    recipient = Text()
    subject = Text()
    state = Choice(choices=OutboxMessage.State.values)
    attempts = serializers.IntegerField()
    error = Text()
    queued_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class NotificationsQuery(PageQuery):
    """Which letters."""

    state = Choice(choices=OutboxMessage.State.values, required=False)


class AuditEventAnswer(Form):
    """One change that somebody made."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    actor = Text(source="actor_name")
    action = Text()
    target = Text()
    summary = Text()
    changes = Anything()


class Notifications(Resource):
    """All letters."""

    @operation(
        "audit.read",
        query=NotificationsQuery,
        answers=NotificationAnswer,
        is_list=True,
        operation_id="list_notifications",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[OutboxMessage]:
        """List letters, newest first."""
        letters = OutboxMessage.objects.defer("text", "html")
        if "state" in call.query:
            letters = letters.filter(state=call.query["state"])
        return page_of(letters, order=("-queued_at", "id"), query=call.query)


class AuditEvents(Resource):
    """The audit log."""

    @operation("audit.read", answers=AuditEventAnswer, is_list=True, operation_id="list_audit_events", tags=TAG)
    def get(self, call: Call) -> Page[AuditEvent]:
        """List who changed what, newest first."""
        return page_of(AuditEvent.objects.all(), order=("-at", "id"), query=call.query)
