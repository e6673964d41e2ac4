"""Finding the files that a manifest names in a store that may be any part of the provider's tree. Pure.

A manifest names paths in the provider's bucket: `bills/cur/20261001-20261101/7f3e/cur-1.csv.gz`. A store may hold that
tree from any depth (`7f3e/cur-1.csv.gz`) and below any folder of its own (`copy/of/7f3e/cur-1.csv.gz`). So a file is
the one named when its path, without such a lead, is the end of the named path:

| manifest                            | file                                | named | because |
|---|---|---|---|
| 20261001-20261101/cur-Manifest.json | 20261001-20261101/7f3e/cur-1.csv.gz | yes   | it ends the named path |
| my/7f3e/cur-Manifest.json           | my/7f3e/cur-1.csv.gz                | yes   | `my` leads to the manifest too |
| 20261001-20261101/cur-Manifest.json | 20261001-20261101/0a11/cur-1.csv.gz | no    | `0a11` is another version |
| 20261001-20261101/cur-Manifest.json | 20261001-20261101/cur-1.csv.gz      | no    | `7f3e` lacks |
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from ingestion.delivery import tree
from ingestion.delivery.contents import DeliveredFile
from ingestion.delivery.manifest_files import Manifest
from ingestion.delivery.stores import DeliveryError

FilesByName = Mapping[str, list[DeliveredFile]]


def by_name(files: Iterable[DeliveredFile]) -> FilesByName:
    """Return the files by the last part of their paths."""
    found: dict[str, list[DeliveredFile]] = defaultdict(list)
    for file in files:
        found[file.name].append(file)
    return found


def named_files(manifest: Manifest, *, files: FilesByName) -> dict[str, DeliveredFile | None]:
    """Return for each named path the file of the store, None when it is not there.

    :raises DeliveryError: ambiguous_manifest, when one file answers to two named paths.
    """
    found = {key: _named_file(key, manifest=manifest, files=files) for key in manifest.keys}
    counts = Counter(file.path for file in found.values() if file)
    if twice := next((path for path, count in counts.items() if count > 1), None):
        raise DeliveryError(
            "ambiguous_manifest",
            f"The manifest {manifest.file.path} names several files that could each be {twice}."
            " Copy the files together with their folders.",
        )
    return found


def _named_file(key: str, *, manifest: Manifest, files: FilesByName) -> DeliveredFile | None:
    best: tuple[int, int] = (0, 0)
    chosen = None
    for file in files.get(key.rpartition("/")[2], ()):
        lead, matched = _split(file.path, key=key)
        if not tree.lies_in(tree.folder(manifest.file.path), lead):
            continue
        if tree.period_of(key) and tree.period_of(f"{lead}/-"):
            continue
        # Between equals, the file nearest to the manifest, which is the one with the longer lead.
        if (matched, len(lead)) > best:
            best, chosen = (matched, len(lead)), file
    return chosen


def _split(path: str, *, key: str) -> tuple[str, int]:
    """Return the path's lead, and how many parts after it are the end of the key."""
    parts, named = path.split("/"), key.split("/")
    matched = 0
    while matched < min(len(parts), len(named)) and parts[-1 - matched] == named[-1 - matched]:
        matched += 1
    return "/".join(parts[: len(parts) - matched]), matched
