"""The settings every kind of source has, whatever it reads. Pure but for looking up an endpoint's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Place:
    """One of the places that a source's files may be at: what people call it, and its settings, its name first."""

    title: str
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """The setting that names the place; without it the others mean nothing."""
        return self.fields[0]


class SourceSettings(BaseModel):
    """What every source is told; kinds add their own fields.

    `path` is a file, or a folder laid out as the provider delivers it; when it is named it is read and nothing else.
    Without it the fields of `needed` must be given, and one of `places`, where there are several. `reading` are the
    fields that say how files are read, wherever they come from. A stored secret stays while none of `locks` changes,
    and only beside the field that `secret_owners` tells for it, and while none of those that `secret_rivals` tells for
    it is given. `endpoint_fields` hold addresses that a user chooses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    needed: ClassVar[tuple[str, ...]] = ()
    reading: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[tuple[Place, ...]] = ()
    locks: ClassVar[tuple[str, ...]] = ("endpoint_url",)
    secret_owners: ClassVar[Mapping[str, str]] = {}
    secret_rivals: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    endpoint_fields: ClassVar[tuple[str, ...]] = ("endpoint_url",)

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
    def endpoints(self) -> dict[str, str]:
        """The addresses that a user chose, by the fields that hold them."""
        chosen = {name: getattr(self, name, None) for name in self.endpoint_fields}
        return {name: address for name, address in chosen.items() if address}

    @property
    def is_confined(self) -> bool:
        """Whether connections may go to public addresses only: a user chose the host."""
        return bool(self.endpoints) and not self.reach.allows_private and not self.is_sample

    @property
    def is_sample(self) -> bool:
        """Whether it is the sample company's services that are read."""
        return bool(self.endpoints) and all(map(self.reach.is_sample, self.endpoints.values()))

    @classmethod
    def title(cls, name: str) -> str:
        """Return what people call a field."""
        return cls.model_fields[name].title or name.replace("_", " ").capitalize()

    @classmethod
    def keeps_secret(cls, name: str, settings: Mapping[str, Any]) -> bool:
        """Return whether a secret that is stored already belongs to these settings."""
        owner = cls.secret_owners.get(name)
        rivals = cls.secret_rivals.get(name, ())
        return (owner is None or bool(settings.get(owner))) and not any(settings.get(rival) for rival in rivals)


def check_endpoint(settings: SourceSettings) -> None:
    """Tell early and plainly of an endpoint that no connection will be made to.

    :raises DeliveryError: it is not public and must be, or is unknown.
    """
    if settings.is_confined:
        for address in settings.endpoints.values():
            check_address(address)


def check_address(address: str) -> None:
    """Hold an address that a user chose to being public.

    :raises DeliveryError: it is not, or is unknown.
    """
    try:
        parts = urlsplit(address)
        public_address(parts.hostname or "", parts.port or 443)
    except PrivateAddressError as error:
        raise DeliveryError("private_address", f"The endpoint cannot be used: {error} Name a public host.") from error
    except (OSError, UnicodeError, ValueError) as error:
        raise DeliveryError("unreachable", "The endpoint's host is not known. Check its spelling.") from error
