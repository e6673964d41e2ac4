"""Finding the deliveries in a store: which files make up each bill now. Pure but for reading manifests.

Where there are manifests, they say it. What they do not name is either history (an earlier version of a period, or a
later one whose manifest is still to come) or ignored, and then it is listed as such. Where there are none, a folder
named for a period is one delivery, and all other files together are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from ingestion.delivery import tree
from ingestion.delivery.contents import DeliveredFile, Delivery
from ingestion.delivery.manifest_files import COST_EXPORT, MANIFEST_ENDING, Manifest, read_manifest
from ingestion.delivery.matching import FilesByName, by_name, named_files
from ingestion.delivery.stores import DeliveryError, Store


@dataclass(frozen=True, kw_only=True)
class _Named:
    """A delivery by manifest, and where its files belong.

    `export` is the folder of all periods of the report; `areas` are the folders in which this one's files lie;
    `versions` are the names of the versions in force.
    """

    delivery: Delivery
    export: str
    areas: frozenset[str]
    versions: frozenset[str]


def find_deliveries(store: Store) -> tuple[Delivery, ...]:
    """Look at a store and return its deliveries, by billing period and name.

    :raises DeliveryError: the store cannot be read, or a manifest cannot be trusted.
    """
    files = store.files()
    found = [file for file in files if file.name.endswith(MANIFEST_ENDING) or file.name == COST_EXPORT]
    in_force = _manifests_in_force(found, store=store)
    index = by_name(files)
    read = [(read_manifest(store, file), home) for file, home in in_force]
    named = [_named(manifest, home=home, files=index) for manifest, home in read if manifest]
    strangers = {file.path for (file, _), (manifest, _) in zip(in_force, read, strict=True) if manifest is None}
    found = [file for file in found if file.path not in strangers]
    _refuse_shared_files(item.delivery for item in named)
    claimed = {file.path for item in named for file in item.delivery.files} | {file.path for file in found}
    rest = [file for file in files if file.path not in claimed]
    superseded = _superseded_versions(found, [file for file, _ in in_force])
    deliveries = _by_manifest(named, rest, superseded=superseded) if named else _by_folder(rest)
    return tuple(sorted(deliveries, key=lambda delivery: (delivery.billing_period or date.min, delivery.name)))


def _home(path: str) -> str:
    """Return the folder in which a manifest's versions lie: that of its period, or without one the nearest."""
    if place := tree.period_folder(path):
        return place
    place = tree.folder(path)
    return tree.folder(place) if tree.is_version(place.rpartition("/")[2]) else place


def _manifests_in_force(found: Iterable[DeliveredFile], *, store: Store) -> list[tuple[DeliveredFile, str]]:
    """Return the manifests that count, each with its home: the one right in a home, else its newest version's."""
    rivals: dict[tuple[str, str], list[DeliveredFile]] = defaultdict(list)
    for file in found:
        rivals[_home(file.path), file.name].append(file)
    chosen = []
    for (home, name), files in rivals.items():
        if name == COST_EXPORT:
            chosen.append((_newest_run(files, home=home, store=store), home))
            continue
        versions = {tree.version_below(file.path, home): file for file in files}
        folders = [version for version in versions if version is not None]
        chosen.append((versions[None if None in versions else tree.newest(folders, place=home)], home))
    return chosen


def _newest_run(files: Sequence[DeliveredFile], *, home: str, store: Store) -> DeliveredFile:
    """Return the manifest of an Azure export's latest run: by its folder where that is a time, else by what it says.

    Manifests of years of daily runs are thus not read.
    """
    versions = {version for file in files if (version := tree.version_below(file.path, home))}
    if len(versions) > 1:
        with suppress(DeliveryError):  # names that do not tell are no fault: the manifests do
            latest = tree.newest(versions, place=home)
            files = [file for file in files if tree.version_below(file.path, home) == latest]
    if len(files) == 1:
        return files[0]
    runs = [manifest for file in files if (manifest := read_manifest(store, file))]
    times = sorted(manifest.submitted_at for manifest in runs)
    if len(times) > 1 and (not times[-1] or times[-1] == times[-2]):
        paths = " and ".join(manifest.file.path for manifest in runs[:3])
        raise DeliveryError("ambiguous_versions", f"Nothing says which is newer: {paths}. Leave only one of them.")
    return next((run.file for run in runs if run.submitted_at == times[-1]), files[0])


def _superseded_versions(found: Iterable[DeliveredFile], in_force: Sequence[DeliveredFile]) -> frozenset[str]:
    versions = (tree.version_below(file.path, _home(file.path)) for file in found if file not in in_force)
    return frozenset(version for version in versions if version)


def _named(manifest: Manifest, *, home: str, files: FilesByName) -> _Named:
    matched = named_files(manifest, files=files)
    there = [file for file in matched.values() if file]
    delivery = Delivery(
        name=f"{home}/{manifest.file.name}" if home else manifest.file.name,
        manifest=manifest.kind,
        billing_period=manifest.billing_period,
        files=tuple(there),
        missing=tuple(key for key, file in matched.items() if file is None),
        dataset=manifest.dataset,
    )
    areas = {home, _data_folder(home), *(tree.period_folder(file.path) or tree.folder(file.path) for file in there)}
    versions = {part for key in manifest.keys for part in key.split("/")[:-1]}
    return _Named(delivery=delivery, export=_export_folder(home), areas=frozenset(areas), versions=frozenset(versions))


def _data_folder(home: str) -> str:
    """Return where AWS Data Exports puts the data whose manifest lies in `home`; `home` itself elsewhere."""
    parts = home.split("/")
    if len(parts) > 1 and parts[-2] == "metadata":
        parts[-2] = "data"
    return "/".join(parts)


def _export_folder(period_folder: str) -> str:
    """Return the folder that holds all periods of a report or export, of its data or metadata folder."""
    place = tree.folder(period_folder)
    return tree.folder(place) if place.rpartition("/")[2] in {"data", "metadata"} else place


def _refuse_shared_files(deliveries: Iterable[Delivery]) -> None:
    owners: dict[str, str] = {}
    for delivery in deliveries:
        for file in delivery.files:
            if (owner := owners.setdefault(file.path, delivery.name)) != delivery.name:
                raise DeliveryError(
                    "ambiguous_manifest",
                    f"Both {owner} and {delivery.name} name {file.path}, which would count twice. Remove one of them.",
                )


def _by_manifest(
    named: Sequence[_Named], rest: Iterable[DeliveredFile], *, superseded: frozenset[str]
) -> Iterator[Delivery]:
    """Yield the named deliveries with what was ignored beside them, and periods that no manifest speaks of yet."""
    ignored: dict[str, list[str]] = defaultdict(list)
    unnamed: dict[str, list[DeliveredFile]] = defaultdict(list)
    for file in rest:
        if not tree.is_data(file.path):
            continue
        owner, area = _owner(file.path, named)
        place = tree.period_folder(file.path)
        if area is None and place:
            unnamed[place].append(file)
        elif not _is_history(file.path, owner, area=area or "", superseded=superseded):
            ignored[owner.delivery.name].append(file.path)
    for item in named:
        yield replace(item.delivery, ignored=tuple(ignored[item.delivery.name]))
    for place, files in unnamed.items():
        yield _waiting(place, named) or _unnamed(files, place=place, others=())


def _owner(path: str, named: Sequence[_Named]) -> tuple[_Named, str | None]:
    """Return the delivery to which a file that no manifest names is closest, and its area when the file lies in one.

    A period's area does not reach into the folder of another period.
    """
    place = tree.period_folder(path) or ""
    areas = [
        (len(area), -number, area)
        for number, item in enumerate(named)
        for area in item.areas
        if tree.lies_in(path, area) and tree.lies_in(area, place)
    ]
    if areas:
        _, number, area = max(areas)
        return named[-number], area
    return max(named, key=lambda item: tree.lies_in(path, item.export)), None


def _is_history(path: str, owner: _Named, *, area: str, superseded: frozenset[str]) -> bool:
    """Return whether a file belongs to a version of the period that is not the one in force."""
    version = tree.version_below(path, area)
    if version is None or version in owner.versions:
        return False
    return tree.is_version(version) or version in superseded


def _waiting(place: str, named: Sequence[_Named]) -> Delivery | None:
    """Return a period that waits for its manifest, as AWS writes it after all files; None when none is to come.

    One is to come where another period of the same export has one.
    """
    sibling = next((item for item in named if item.export == _export_folder(place)), None)
    period = tree.folder_period(place.rpartition("/")[2])
    if sibling is None or period is None:
        return None
    name = sibling.delivery.name.rpartition("/")[2]
    parts = place.split("/")
    if len(parts) > 1 and parts[-2] == "data":
        parts[-2] = "metadata"
    manifest = "/".join([*parts, name])
    return Delivery(
        name=manifest, manifest=sibling.delivery.manifest, billing_period=period, files=(), missing=(manifest,)
    )


def _by_folder(rest: Iterable[DeliveredFile]) -> Iterator[Delivery]:
    """Yield one delivery for each folder named for a period, and one for all data files outside of them."""
    places: dict[str, list[DeliveredFile]] = defaultdict(list)
    others: dict[str, list[str]] = defaultdict(list)
    for file in rest:
        place = tree.period_folder(file.path) or ""
        if tree.is_data(file.path):
            places[place].append(file)
        else:
            others[place].append(file.path)
    # What lies where there are no data files is told with the first delivery.
    strays = [path for place, paths in others.items() if place not in places for path in paths]
    for number, (place, files) in enumerate(sorted(places.items())):
        yield _unnamed(files, place=place, others=[*others[place], *(strays if number == 0 else ())])


def _unnamed(files: Sequence[DeliveredFile], *, place: str, others: Iterable[str]) -> Delivery:
    """Return the delivery of a folder without manifest; of several versions of it, the newest."""
    versions = {version for file in files if (version := tree.version_below(file.path, place))}
    versions = {version for version in versions if tree.is_version(version)}
    ignored = list(others)
    if versions:
        latest = tree.newest(versions, place=place)
        inside = [file for file in files if tree.version_below(file.path, place) == latest]
        ignored += [file.path for file in files if tree.version_below(file.path, place) not in versions]
    else:
        inside = list(files)
    return Delivery(
        name=place or (inside[0].path if len(inside) == 1 else "all files"),
        manifest="none",
        billing_period=tree.folder_period(place.rpartition("/")[2]),
        files=tuple(inside),
        ignored=tuple(sorted(ignored)),
    )
