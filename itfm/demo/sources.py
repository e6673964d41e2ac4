"""The bills the made-up company gets: which provider, which resources, in which layout. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from itfm.demo import catalog, cur, cur2, organization
from itfm.demo.cur import Payer
from itfm.demo.cur_lines import Report, Written
from itfm.demo.resources import Owner, resources, shared_owners, team_owners
from itfm.demo.usage import Month

MOST_RESOURCES: Final = 30_000
CHARGES_PER_RESOURCE: Final = 28


class Write(Protocol):
    """Writes one month of a source below a folder."""

    def __call__(self, folder: Path, month: Month, *, lines: int, random: np.random.Generator) -> Written: ...


@dataclass(frozen=True)
class Source:
    """One bill: the kind of its connector, its folder's name, its percent of the charges, and how it is written."""

    kind: str
    name: str
    percent: int
    currency: str
    write: Write


def all_sources(charges: int, seed: int) -> list[Source]:
    """Return the sources of a company of so many charges."""
    return [_main_account(charges * 70 // 100, seed)]


def _size(charges: int) -> int:
    return min(MOST_RESOURCES * 70 // 100, charges // CHARGES_PER_RESOURCE)


def _main_account(charges: int, seed: int) -> Source:
    owners = [*team_owners(organization.TEAMS, percent=70), *shared_owners()]
    made = resources(
        owners,
        meters=catalog.AWS_METERS,
        regions=catalog.REGIONS,
        count=_size(charges),
        random=np.random.default_rng([seed, 1_000]),
    )
    payer = Payer(organization.PAYER_ACCOUNT, organization.NAME, _account_names(owners, organization.PAYER_ACCOUNT))
    report = Report(payer, made, cur2.LAYOUT)
    return Source("aws_cur", "aws-cur2", 100, cur.CURRENCY, partial(_write_cur2, report=report))


def _write_cur2(folder: Path, month: Month, *, lines: int, random: np.random.Generator, report: Report) -> Written:
    return cur2.write(folder, report, month, lines=lines, random=random)


def _account_names(owners: list[Owner], payer: str) -> dict[str, str]:
    accounts = {owner.production_account for owner in owners} | {owner.other_account for owner in owners} | {payer}
    return {account: organization.account_name(account) for account in sorted(accounts)}
