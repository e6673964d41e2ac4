"""What an organization calls the regions that no bill and no table of ours names. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ingestion.focus.mapped_services import text_problems


@dataclass(frozen=True, order=True, kw_only=True)
class MappedRegion:
    """A region as a bill has it, without a name, and what it is called.

    `provider` is HostProviderName, '' where charges name none; `called` is the RegionId they come with, `name` the
    RegionName that they get.
    """

    provider: str
    called: str
    name: str

    def fields(self) -> dict[str, str]:
        """Return what it says by name."""
        return asdict(self)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.provider, self.called

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what of it cannot be so: the field, and why."""
        return text_problems(self.fields())
