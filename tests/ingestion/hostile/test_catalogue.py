"""Every malformed or hostile bill of the catalogue is refused whole, in seconds, with one message that names the place."""

from __future__ import annotations

import pytest

from ingestion import connectors
from ingestion.focus.findings import Finding, RejectedBillError
from itfm.core.kinds import Registry
from tests.ingestion.hostile.defects import BAD, DAMAGES, NAME, BadValue, Damage, bad_values, sound
from tests.ingestion.hostile.formats import FORMATS, Format
from tests.ingestion.normalize.bills import Bench

DAMAGED = [pytest.param(shape, one, id=f"{shape.kind}-{one.label}") for shape in FORMATS for one in DAMAGES]
VALUED = [pytest.param(shape, one, id=f"{shape.kind}-{one.label}") for shape in FORMATS for one in bad_values(shape)]


def refused(bench: Bench, shape: Format, content: bytes | str, *, name: str = NAME) -> Finding:
    with pytest.raises(RejectedBillError) as caught:
        bench.normalized(shape.kind, bench.archived(content, name=name), **shape.settings)
    finding = caught.value.findings[0]
    assert finding.severity == "error"
    assert finding.file == name
    assert name in finding.message
    assert finding.message.endswith((".", "?"))
    assert not list((bench.folder / "temp").iterdir())
    return finding


@pytest.mark.parametrize("shape", FORMATS, ids=lambda shape: shape.kind)
def test_the_rows_that_are_spoiled_are_sound(bench: Bench, shape: Format):
    """The control: without the defect each of these files is taken."""
    delivery = bench.normalized(
        shape.kind, bench.archived("\ufeff" + sound(shape).replace("\n", "\r\n")), **shape.settings
    )

    assert sum(delivery.row_counts) == 3
    assert not [finding for finding in delivery.findings if finding.severity == "error"]


@pytest.mark.parametrize(("shape", "damage"), DAMAGED)
def test_what_is_no_bill_is_refused_with_its_place(bench: Bench, shape: Format, damage: Damage):
    finding = refused(bench, shape, damage.damaged(sound(shape)), name=damage.name)

    if damage.row is not None:
        assert finding.row == damage.row


@pytest.mark.parametrize(("shape", "bad"), VALUED)
def test_a_bad_value_is_told_with_its_row_and_column(bench: Bench, shape: Format, bad: BadValue):
    finding = refused(bench, shape, sound(shape, {}, {bad.column: bad.value}))

    assert (finding.row, finding.column) == (BAD, bad.column)
    assert f"row {BAD}" in finding.message


def test_the_catalogue_has_every_kind_and_is_as_long_as_promised():
    # What these two archive is Azure's CSV of costs and BigQuery's Parquet of texts; their rows are those of the exports.
    assert {shape.kind for shape in FORMATS} | {"azure_api", "gcp_bigquery"} == set(Registry(connectors))
    assert len(DAMAGED) + len(VALUED) >= 150
