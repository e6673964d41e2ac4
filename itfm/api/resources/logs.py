"""What was sent, and who changed what."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from itfm.api.fields import Anything, Choice, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, PageQuery, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.audit.models import AuditEvent
from itfm.notify.models import NotificationPreference, OutboxMessage
from itfm.notify.preferences import LETTERS
from itfm.notify.services import send_again

TAG = ["Logs"]


class NotificationAnswer(Form):
    """A letter: to whom, about what, and how far it got. Its text is not told."""

    id = serializers.UUIDField()
    kind = Text(help_text="`showback`, `invitation` or `test`.")
    recipient = Text()
    subject = Text()
    about = Anything(help_text="What it is about: of a showback letter, its billing period and cost center.")
    state = Choice(choices=OutboxMessage.State.values)
    attempts = serializers.IntegerField()
    error = Text()
    queued_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class OptOutAnswer(Form):
    """An address that wants no letters of a kind."""

    id = serializers.UUIDField()
    email = Text()
    kind = Text()
    unsubscribed_at = serializers.DateTimeField()


class NotificationsQuery(PageQuery):
    """Which letters."""

    state = Choice(choices=OutboxMessage.State.values, required=False)
    kind = Choice(choices=sorted(LETTERS), required=False)
    recipient = Text(required=False, max_length=254, help_text="Exactly this address, in whatever case.")


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
        columns = {"state": "state", "kind": "kind", "recipient": "recipient__iexact"}
        filters = {column: call.query[name] for name, column in columns.items() if name in call.query}
        return page_of(_letters().filter(**filters), order=("-queued_at", "id"), query=call.query)


class OneNotification(Resource):
    """One letter."""

    @operation("audit.read", answers=NotificationAnswer, operation_id="read_notification", tags=TAG)
    def get(self, call: Call, notification_id: UUID) -> OutboxMessage:  # noqa: ARG002
        """Tell how far one letter got."""
        return _letter(notification_id)


class Retries(Resource):
    """The further tries of a letter that was given up."""

    @operation("organization.write", answers=NotificationAnswer, operation_id="retry_notification", tags=TAG)
    def post(self, call: Call, notification_id: UUID) -> OutboxMessage:
        """Put a letter that failed back into the queue; of any other state, it is refused."""
        letter = _letter(notification_id)
        if not send_again(letter.pk, by=call.actor):
            raise ProblemError("conflict", f"Only a letter that failed is sent again; this one is {letter.state}.")
        return _letter(notification_id)


class OptOuts(Resource):
    """Who wants no letters of a kind."""

    @operation("members.read", answers=OptOutAnswer, is_list=True, operation_id="list_opt_outs", tags=TAG)
    def get(self, call: Call) -> Page[NotificationPreference]:
        """List the addresses that want no letters of a kind, by address."""
        return page_of(NotificationPreference.objects.all(), order=("email", "kind"), query=call.query)


class AuditEvents(Resource):
    """The audit log."""

    @operation("audit.read", answers=AuditEventAnswer, is_list=True, operation_id="list_audit_events", tags=TAG)
    def get(self, call: Call) -> Page[AuditEvent]:
        """List who changed what, newest first."""
        return page_of(AuditEvent.objects.all(), order=("-at", "id"), query=call.query)


def _letters() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.defer("text", "html", "images")


def _letter(notification_id: UUID) -> OutboxMessage:
    found = _letters().filter(pk=notification_id).first()
    if found is None:
        raise unknown("letter")
    return found
