"""What we hand out as FOCUS 1.2, held against the rules by the validator of FOCUS's makers: `make focus-validator`."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ingestion.exports import write_focus
from itfm.demo import company
from itfm.demo.services.server import serving
from tests.acceptance.focus_rules import FALSE, not_followed
from tests.demo.test_import import imported
from tests.demo.test_other_bills import imports

VALIDATOR = Path(os.environ.get("ITFM_FOCUS_VALIDATOR", ".venv/focus-validator")).absolute()
CLOUDS = ("aws-cur2", "aws-cur", "focus", "azure-ea", "gcp", "azure-mca", "aws-focus", "azure-focus")
OTHERS = (
    "contracts", "assets", "ledger", "opencost", "openai", "anthropic", "datadog", "github", "snowflake",
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not VALIDATOR.is_dir(), reason="focus-validator is not installed: make focus-validator, with Python 3.12"
    ),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return company.write(tmp_path_factory.mktemp("demo"), charges=3_000, months=2, last_month=date(2026, 10, 1))


@pytest.fixture(scope="module")
def services(demo):
    with serving(demo.folder) as address:
        yield address


def failures(charges: list[Path], work: Path) -> set[str]:
    """Return the rules that charges fail when handed out as FOCUS 1.2; not those that only gather others."""
    data, report = work / "focus.parquet", work / "report.xml"
    assert write_focus(charges, to=data, version="1.2") > 0
    [packages] = (VALIDATOR / "lib").glob("python*/site-packages")
    subprocess.run(
        [
            VALIDATOR / "bin" / "focus-validator", "--data-file", data, "--validate-version", "1.2", "--block-download",
            "--applicability-criteria", "ALL", "--output-type", "unittest", "--output-destination", report,
        ],
        cwd=packages,  # it looks for its list of currencies from there
        check=True,
        capture_output=True,
    )  # fmt: skip
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert len(cases) > 500
    told = (case.attrib["name"].split(" :: ") for case in cases if case.find("failure") is not None)
    return {rule for rule, kind in told if kind != "Composite"}


@pytest.mark.parametrize("name", CLOUDS)
def test_the_bills_of_clouds_fail_no_rule_but_those_listed(demo, name, tmp_path):
    [delivered] = [one for one in demo.deliveries if one.name == name]
    bill = imported(delivered, tmp_path)["2026-10"]

    assert failures([bill.folder / "charges.parquet"], tmp_path) - set(FALSE) == not_followed(name)


@pytest.mark.parametrize("name", OTHERS)
def test_the_bills_of_no_cloud_fail_no_rule_but_those_listed(demo, services, name, tmp_path):
    [other] = [one for one in demo.others if one.key == name]
    bills = [bill for delivery in imports(other, tmp_path, services=services) for bill in delivery.bills]
    charges = [bill.folder / "charges.parquet" for bill in bills if bill.billing_period == date(2026, 10, 1)]

    assert failures(charges, tmp_path) - set(FALSE) == not_followed(name)
