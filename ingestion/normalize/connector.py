"""What a kind of bill source is. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ingestion.delivery import ArchivedFile, Delivery, SourceSettings, Store, open_store
from ingestion.delivery.manifests import find_deliveries
from ingestion.focus.mapped_services import MappedService
from ingestion.normalize.contents import Limits, NormalizedDelivery, OtherBill, Progress
from ingestion.normalize.recommending import Recommending
from ingestion.normalize.run import Planner
from ingestion.normalize.run import normalize as normalize_files


class Discover(Protocol):
    """Look at a source's place and return the deliveries there, by name."""

    def __call__(self, settings: Any, /) -> tuple[Delivery, ...]:
        """:raises DeliveryError: the place cannot be read."""
        ...


class Normalize(Protocol):
    """Turn the files of one delivery into charges."""

    def __call__(
        self,
        files: Sequence[ArchivedFile],
        *,
        settings: SourceSettings,
        output: Path,
        limits: Limits,
        tag_keys: frozenset[str] | None,
        progress: Progress,
        mapped_services: Sequence[MappedService] = (),
    ) -> NormalizedDelivery:
        """Write `<output>/<YYYY-MM>/` for every billing period found.

        `tag_keys` are the keys that allocation may look at; None chooses those with few values. `mapped_services` say
        what charges are whose service has no category.

        :raises RejectedBillError: something is wrong with the files; nothing of them counts.
        """
        ...


def discover(settings: SourceSettings) -> tuple[Delivery, ...]:
    """Return the deliveries at a source's place."""
    return find_deliveries(open_store(settings))


PlannerOf = Callable[[Any], Planner]
"""The plan of files, as the settings of their source say."""


def planned(planner: Planner) -> Normalize:
    """Return how a kind turns files into charges whose plan looks at nothing but the files."""
    return settled(lambda _settings: planner)


def settled(planner_of: PlannerOf) -> Normalize:
    """Return how a kind turns files into charges whose plan looks at the settings of the source too."""

    def normalize(
        files: Sequence[ArchivedFile],
        *,
        settings: SourceSettings,
        output: Path,
        limits: Limits,
        tag_keys: frozenset[str] | None,
        progress: Progress,
        mapped_services: Sequence[MappedService] = (),
    ) -> NormalizedDelivery:
        return normalize_files(
            files,
            planner=planner_of(settings),
            output=output,
            limits=limits,
            tag_keys=tag_keys,
            progress=progress,
            mapped_services=mapped_services,
        )

    return normalize


def nothing_else(settings: SourceSettings) -> str:  # noqa: ARG001 - kinds share one signature
    """Return that the charges depend on the files alone."""
    return ""


@dataclass(frozen=True, kw_only=True)
class ConnectorKind:
    """A kind of bill source.

    `label` and `description` are what people read; `params` validates a source's settings. `open` gives the place that
    the deliveries' files are read from. `access` says in paragraphs what to permit, and how, where that is not reading
    a bucket. With a `planner`, or a `planner_of` settings, a file can be previewed: which of its columns becomes what.

    Where settings name columns, `recognize` gives of a file's titles the one that each of these settings finds by
    itself, '' for none.

    `basis` says in a text what the charges depend on besides the files: when it changes, the same files are read again.
    A *register* tells all there is of its source: months that it no longer has are withdrawn, and months of which it
    says the same as before keep their revision. The latter holds too for a kind that `tells_months_again`, with every
    delivery, though not all there are. A kind that `reuses_files` does not fetch files of a bucket a second time that a
    bill in force came from, though others beside them have changed. `recommending` says how lists of what the provider
    recommends to save cost are read.

    `beside` gives the settings with which a delivery is read beside the bills that other sources of its kind and of the
    same `book` have in force, for what these count already; it is read anew when they change.
    """

    label: str
    params: type[SourceSettings]
    discover: Discover
    normalize: Normalize
    open: Callable[[Any], Store] = open_store
    description: str = ""
    access: tuple[str, ...] = ()
    planner: Planner | None = None
    planner_of: PlannerOf | None = None
    recognize: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    basis: Callable[[Any], str] = nothing_else
    is_register: bool = False
    tells_months_again: bool = False
    reuses_files: bool = False
    recommending: Recommending | None = None
    beside: Callable[[Any, Sequence[OtherBill]], Any] | None = None

    def planner_for(self, settings: SourceSettings) -> Planner | None:
        """Return how files of a source would be read, None where that cannot be told by column."""
        return self.planner_of(settings) if self.planner_of else self.planner
