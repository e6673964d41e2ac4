"""The settings every kind of source has, whatever it reads. Pure but for looking up an endpoint's address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from ingestion.delivery.reach import PrivateAddressError, Reach, public_address
from ingestion.delivery.stores import DeliveryError


def _plain_address(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("An endpoint begins with https:// or http:// and names a host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("An endpoint carries no user, password, query or fragment.")
    return url


Endpoint = Annotated[str | None, AfterValidator(_plain_address)]
"""The address of a service that a user names."""


class SourceSettings(BaseModel):
    """What every source is told; kinds add their own fields.

    `path` is a file, or a folder laid out as the provider delivers it; when it is named it is read and nothing else.
    Without it the fields of `needed` must be given. `reading` are the fields that say how files are read, wherever they
    come from. A stored secret stays while none of `locks` changes, and only
    beside the field `secret_owner`, where there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needed: ClassVar[tuple[str, ...]] = ()
    reading: ClassVar[tuple[str, ...]] = ()
    locks: ClassVar[tuple[str, ...]] = ("endpoint_url",)
    secret_owner: ClassVar[str] = ""

    path: Path | None = Field(default=None, title="Folder")
    _reach: Reach = PrivateAttr(default=Reach())

    def model_post_init(self, context: Any, /) -> None:
        """Take from the context of validation, never from the settings themselves, what reading may do."""
        if isinstance(context, Reach):
            self._reach = context

    @property
    def reach(self) -> Reach:
        """What reading from the place may do."""
        return self._reach

    @property
    def endpoint(self) -> str | None:
        """The address that a user chose to read from, None where the provider's own is read."""
        return getattr(self, "endpoint_url", None)

    @property
    def is_confined(self) -> bool:
        """Whether connections may go to public addresses only: a user chose the host."""
        return self.endpoint is not None and not self.reach.allows_private

    @classmethod
    def title(cls, name: str) -> str:
        """Return what people call a field."""
        return cls.model_fields[name].title or name.replace("_", " ").capitalize()

    @classmethod
    def keeps_secrets(cls, settings: Mapping[str, Any]) -> bool:
        """Return whether secrets that are stored already belong to these settings."""
        return not cls.secret_owner or bool(settings.get(cls.secret_owner))


def check_endpoint(settings: SourceSettings) -> None:
    """Tell early and plainly of an endpoint that no connection will be made to.

    :raises DeliveryError: it is not public and must be, or is unknown.
    """
    if not settings.is_confined:
        return
    try:
        parts = urlsplit(settings.endpoint or "")
        public_address(parts.hostname or "", parts.port or 443)
    except PrivateAddressError as error:
        raise DeliveryError("private_address", f"The endpoint cannot be used: {error} Name a public host.") from error
    except (OSError, UnicodeError, ValueError) as error:
        raise DeliveryError("unreachable", "The endpoint's host is not known. Check its spelling.") from error
