"""`itfm keys create`: an API key for a program."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from itfm.accounts.keys import KeyGrant, create_key
from itfm.audit.services import Actor
from itfm.cli.command import Answer, Command, organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant


class Command(Command):  # type: ignore[no-redef]
    """Makes API keys."""

    help = "Make API keys."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        actions = parser.add_subparsers(dest="action", required=True, parser_class=type(parser))
        creating = actions.add_parser("create", help="Make a key; its secret is shown this once.")
        creating.add_argument("--organization", required=True, metavar="SLUG")
        creating.add_argument("--name", required=True, help="What the key is for.")
        creating.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER.value)
        creating.add_argument("--days", type=int, default=365, help="How long it lives.")
        self.add_json(creating)

    def answer(self, *_args: Any, **options: Any) -> Answer:
        """Make a key and show it."""
        owner = organization(options["organization"])
        expires_at = timezone.now() + timedelta(days=options["days"])
        with tenant(owner.id):
            key, secret = create_key(
                options["name"],
                organization_id=owner.id,
                grant=KeyGrant(role=Role(options["role"])),
                giver=None,
                by=Actor(id=None, name="itfm keys create"),
                expires_at=expires_at,
            )
        data = {"id": str(key.id), "name": key.name, "secret": secret, "expires_at": expires_at.isoformat()}
        return Answer(data=data, text=f"{secret}\nKeep it now; it is not stored and not shown again.")
