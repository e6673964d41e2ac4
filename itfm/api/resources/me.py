"""Who the caller is, and what they may do."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from itfm.api.fields import Choice, Form, Text, TextList
from itfm.api.operations import Call, Resource, operation
from itfm.core.policy import ALLOWED, Role


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
