"""The bills the made-up company gets besides those of its clouds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from itfm.demo import cluster
from itfm.demo.other_bill import AskedFor, OtherBill
from itfm.demo.registers import assets, contracts, ledger
from itfm.demo.services import anthropic, databricks, datadog, github, openai, snowflake
from itfm.demo.usage import Month


def write(
    folder: Path, calendar: Sequence[Month], *, seed: int, cloud_invoices: Sequence[AskedFor]
) -> tuple[OtherBill, ...]:
    """Write the months of a calendar, each bill into a folder of its own; the ledger books the invoices of a cloud."""
    return (
        contracts.write(folder, calendar),
        assets.write(folder, calendar),
        ledger.write(folder, calendar, cloud_invoices),
        cluster.write(folder, calendar, seed=seed),
        *(
            service.write(folder, calendar, seed=seed)
            for service in (openai, anthropic, datadog, github, snowflake, databricks)
        ),
    )
