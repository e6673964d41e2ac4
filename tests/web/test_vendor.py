"""Which files of npm packages are served."""

from pathlib import Path

import pytest

from itfm.web.vendor import PackageFinder


@pytest.fixture
def packages(settings, tmp_path):
    """A folder of packages with one of ours, one stranger and a neighbor that is not served."""
    settings.BASE_DIR = tmp_path
    dist = tmp_path / "node_modules" / "htmx.org" / "dist"
    dist.mkdir(parents=True)
    for name in ("htmx.min.js", "htmx.min.js.map", "htmx.js", "package.json"):
        (dist / name).write_text(name)
    return dist


def test_a_listed_file_is_found_and_its_neighbors_are_not(packages: Path):
    finder = PackageFinder()

    assert finder.find("vendor/htmx/htmx.min.js") == str(packages / "htmx.min.js")
    assert finder.find("vendor/htmx/package.json") == []
    assert finder.find("vendor/htmx/../dist/htmx.min.js") == []


def test_collecting_takes_the_listed_files_under_their_prefix(packages: Path):
    found = [(storage.prefix, name) for name, storage in PackageFinder().list(None)]

    assert found == [("vendor/htmx", "htmx.min.js"), ("vendor/htmx", "htmx.min.js.map")]


def test_ignored_names_are_left_out(packages: Path):
    assert [name for name, _ in PackageFinder().list(["*.map"])] == ["htmx.min.js"]


def test_without_packages_nothing_is_found(settings, tmp_path: Path):
    settings.BASE_DIR = tmp_path

    assert PackageFinder().find("vendor/htmx/htmx.min.js") == []
    assert list(PackageFinder().list(None)) == []
