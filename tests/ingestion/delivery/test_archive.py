"""What was fetched is kept byte for byte, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.delivery import DeliveryError, archive
from ingestion.delivery.stores import FolderStore
from tests.ingestion.delivery.trees import write

# `printf 'a bill' | sha256sum`
SHA256 = "d1ada271bbd1851c04850208cba3705e204487969f55d440767a7d070d44271d"


def kept_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_the_hash_of_its_bytes(tmp_path):
    store = FolderStore(tmp_path / "in")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bill.csv").write_bytes(b"a bill")

    kept = archive(store, store.files()[0], root=tmp_path / "lake")

    assert kept.name == "bill.csv"
    assert kept.sha256 == SHA256
    assert kept.size == 6
    assert kept.path == tmp_path / "lake" / "raw" / SHA256[:2] / SHA256
    assert kept.path.read_bytes() == b"a bill"


def test_the_same_bytes_under_two_names_are_kept_once(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "in" / name).write_bytes(b"a bill")
    store = FolderStore(tmp_path / "in")

    first, second = (archive(store, file, root=tmp_path / "lake") for file in store.files())

    assert first.path == second.path
    assert kept_files(tmp_path / "lake") == [first.path]


def test_a_file_of_several_blocks_is_kept_whole(tmp_path):
    content = bytes(range(256)) * 8192 + b"end"  # 2 MiB and 3 bytes: two full blocks and a part
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bill.csv").write_bytes(content)
    store = FolderStore(tmp_path / "in")

    kept = archive(store, store.files()[0], root=tmp_path / "lake")

    assert kept.path.read_bytes() == content


@pytest.mark.parametrize("difference", [-1, 1], ids=["grew", "shrank"])
def test_a_file_that_changed_since_it_was_listed_is_refused_and_leaves_nothing(tmp_path, difference):
    write(tmp_path / "in", "bill.csv")
    store = FolderStore(tmp_path / "in")
    (listed,) = store.files()

    with pytest.raises(DeliveryError, match="Pull again") as refused:
        archive(store, replace(listed, size=listed.size + difference), root=tmp_path / "lake")

    assert refused.value.code == "changed"
    assert kept_files(tmp_path / "lake") == []


def test_a_file_that_went_since_it_was_listed_leaves_nothing(tmp_path):
    write(tmp_path / "in", "bill.csv")
    store = FolderStore(tmp_path / "in")
    (listed,) = store.files()
    (tmp_path / "in" / "bill.csv").unlink()

    with pytest.raises(DeliveryError):
        archive(store, listed, root=tmp_path / "lake")

    assert kept_files(tmp_path / "lake") == []
