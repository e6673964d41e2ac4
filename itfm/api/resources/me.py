"""Who the caller is, and what they may do."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from itfm.api.fields import Choice, Form, Text, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.api.problems import ProblemError
from itfm.core.policy import ALLOWED, Role
from itfm.notify.preferences import KINDS, Subscription, is_unsubscribed, subscribe_again, unsubscribe


class ScopeForm(Form):
    """A part of the cost: a cost center with all below it, or a value of a dimension."""

    dimension = Text(max_length=60, help_text="Key of the dimension; `cost_center` includes the tree below.")
    value = Text(max_length=200)


class OrganizationAnswer(Form):
    """An organization."""

    id = serializers.UUIDField()
    slug = Text()
    name = Text()


class MeAnswer(Form):
    """The caller."""

    name = Text(help_text="As the audit log names the caller.")
    organization = OrganizationAnswer()
    role = Choice(choices=[role.value for role in Role])
    permissions = TextList(max_length=100)
    sees_everything = serializers.BooleanField(help_text="Whether the caller sees the whole organization's cost.")
    scopes = ScopeForm(many=True, help_text="What the caller sees otherwise.")


class WishForm(Form):
    """Whether the caller wants letters of a kind."""

    kind = Choice(choices=sorted(KINDS))
    is_wanted = serializers.BooleanField()


class WishesForm(Form):
    """What the caller wants letters about. A kind that is left out stays as it is."""

    items = WishForm(many=True)


class Me(Resource):
    """The caller."""

    @operation("overview.read", answers=MeAnswer, operation_id="read_me", tags=["Access"])
    def get(self, call: Call) -> dict[str, Any]:
        """Tell who the caller is, in which organization, and what they may do and see."""
        return {
            "name": call.actor.name,
            "organization": call.organization,
            "role": call.membership.role,
            "permissions": sorted(permission for permission in ALLOWED if call.membership.may(permission)),
            "sees_everything": call.membership.sees_everything,
            "scopes": [{"dimension": dimension, "value": value} for dimension, value in call.membership.named_scopes()],
        }


class MyNotifications(Resource):
    """What letters the caller wants."""

    @operation("overview.read", answers=WishesForm, operation_id="read_my_notifications", tags=["Access"])
    def get(self, call: Call) -> dict[str, Any]:
        """Tell which letters the person wants; a key has no address and gets none."""
        return _wishes(call)

    @operation(
        "overview.read", body=WishesForm, answers=WishesForm, operation_id="put_my_notifications", tags=["Access"]
    )
    def put(self, call: Call) -> dict[str, Any]:
        """Choose which letters the person wants."""
        for wish in call.body["items"]:
            subscription = _subscription(call, wish["kind"])
            if wish["is_wanted"]:
                subscribe_again(subscription)
            else:
                unsubscribe(subscription, at=call.at)
        return _wishes(call)


def _wishes(call: Call) -> dict[str, Any]:
    return {"items": [{"kind": kind, "is_wanted": not is_unsubscribed(_subscription(call, kind))} for kind in KINDS]}


def _subscription(call: Call, kind: str) -> Subscription:
    if call.actor.id is None:
        raise ProblemError("not_found", "A key has no address and gets no letters. Ask as a person, with a session.")
    return Subscription(organization_id=call.organization.id, email=call.actor.name, kind=kind)
