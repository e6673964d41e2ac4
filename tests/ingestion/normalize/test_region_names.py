"""An organization's own names of regions: what has no name is given one, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.focus.mapped_regions import MappedRegion
from ingestion.normalize import Limits
from ingestion.normalize.region_names import with_region_names
from tests import duck
from tests.ingestion.normalize.bills import Bench, values

MOON = MappedRegion(provider="Google Cloud", called="moon-1", name="The Moon")
FILES = ("charges.parquet", "attribute_sets.parquet", "daily.parquet")


def delivered(bench: Bench):
    rows = [{"location.region": "moon-1", "cost": f"{number}.5"} for number in range(1, 4)]
    return bench.gcp(*rows, {"location.region": "europe-west1"}, {"location.region": ""}, rows[0])


def named(bench: Bench, delivery, *regions: MappedRegion):
    return with_region_names(
        delivery, regions, limits=Limits(temp_folder=bench.folder / "temp", memory=256 << 20, threads=1)
    )


def test_a_region_without_a_name_is_called_what_the_organization_calls_it(bench: Bench):
    delivery = delivered(bench)
    before = values(delivery, "* EXCLUDE (region_name)")

    found = named(bench, delivery, MOON, replace(MOON, called="mars-1", name="Mars"))

    assert values(found, "region_id, region_name") == [
        *[("moon-1", "The Moon")] * 3,
        ("europe-west1", "Belgium"),
        (None, None),
        ("moon-1", "The Moon"),
    ]
    assert found.bills[0].mapped_regions == (MOON,)
    assert values(found, "* EXCLUDE (region_name)") == before


@pytest.mark.parametrize(
    "other", [replace(MOON, provider="AWS"), replace(MOON, provider=""), replace(MOON, called="europe-west1")]
)
def test_what_has_a_name_or_is_of_another_cloud_keeps_its_bytes(bench: Bench, other: MappedRegion):
    delivery = delivered(bench)
    before = [(delivery.bills[0].folder / name).read_bytes() for name in FILES]

    found = named(bench, delivery, other)

    assert [(found.bills[0].folder / name).read_bytes() for name in FILES] == before
    assert found.bills[0].mapped_regions == ()


def types(charges: Path) -> list[tuple[str, ...]]:
    return duck.rows(f"DESCRIBE SELECT * FROM '{charges}'")


def test_charges_keep_their_columns_and_leave_no_file_behind(bench: Bench):
    delivery = delivered(bench)
    charges = delivery.bills[0].folder / FILES[0]
    described = types(charges)

    named(bench, delivery, MOON)

    assert types(charges) == described
    assert sorted(path.name for path in charges.parent.iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"called": "x" * 201}, "called"),
        ({"name": " Moon"}, "name"),
        ({"called": ""}, "called"),
    ],
)
def test_what_is_no_name_of_a_region_is_told(changes: dict[str, str], field: str):
    assert [name for name, _ in replace(MOON, **changes).problems()] == [field]
    assert not list(MOON.problems())
