"""The bills the made-up company gets: which provider, which resources, in which layout. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from itfm.demo import catalog, cluster, cur, cur2, focus_columns, focus_export, legacy_cur, organization
from itfm.demo.catalog import Meter
from itfm.demo.cur import Payer
from itfm.demo.cur_lines import Report, Written
from itfm.demo.resources import Owner, Resource, resources, shared_owners, team_owners
from itfm.demo.usage import Month

MOST_RESOURCES: Final = 30_000
CHARGES_PER_RESOURCE: Final = 28


class Write(Protocol):
    """Writes one month of a source below a folder."""

    def __call__(self, folder: Path, month: Month, *, lines: int, random: np.random.Generator) -> Written: ...


@dataclass(frozen=True)
class Source:
    """One bill: the kind of its connector, its folder's name, its percent of the charges, and how it is written.

    `issuer` bills it, month by month under `invoice_number`.
    """

    kind: str
    name: str
    percent: int
    currency: str
    issuer: str
    invoice_number: Callable[[date], str]
    write: Write


def all_sources(charges: int, seed: int) -> list[Source]:
    """Return the sources of a company of so many charges in its last month; the first has the most."""
    return [_main_account(charges, seed), _subsidiary(charges, seed), _second_cloud(charges, seed)]


def _main_account(charges: int, seed: int) -> Source:
    owners = [*team_owners(organization.TEAMS, percent=70), *shared_owners()]
    made = _resources(owners, catalog.AWS_METERS, catalog.REGIONS, count=_size(charges, 70), seed=[seed, 1])
    made += cluster.nodes(len(made))
    payer = Payer(organization.PAYER_ACCOUNT, organization.NAME, _account_names(owners, organization.PAYER_ACCOUNT))
    report = Report(payer, made, cur2.LAYOUT)
    return _of_aws("aws-cur2", 70, payer, partial(_write_cur2, report=report))


def _subsidiary(charges: int, seed: int) -> Source:
    account = organization.SUBSIDIARY_ACCOUNT
    teams = [team for team in organization.TEAMS if team.tag in organization.SUBSIDIARY_TEAMS]
    owners = team_owners(teams, percent=35, account=account)
    made = _resources(owners, catalog.AWS_METERS, catalog.REGIONS, count=_size(charges, 18), seed=[seed, 2])
    payer = Payer(account, organization.SUBSIDIARY, _account_names(owners, account))
    report = Report(payer, made, legacy_cur.LAYOUT)
    return _of_aws("aws-cur", 18, payer, partial(_write_legacy, report=report))


def _of_aws(name: str, percent: int, payer: Payer, write: Write) -> Source:
    number = partial(cur.invoice_number, account=payer.account)
    return Source("aws_cur", name, percent, cur.CURRENCY, cur.SELLER, number, write)


def _second_cloud(charges: int, seed: int) -> Source:
    owners = [
        replace(
            owner,
            production_account=f"nw-{owner.cost_center[0]}000-prod",
            other_account=f"nw-{owner.cost_center[0]}000-test",
        )
        for owner in team_owners(organization.TEAMS, percent=15)
    ]
    sandbox, budget = organization.FOCUS_SANDBOX
    owners.append(Owner("", "", "", "", sandbox, sandbox, budget))
    regions = tuple(catalog.FOCUS_REGIONS)
    made = _resources(owners, catalog.FOCUS_METERS, regions, count=_size(charges, 12), seed=[seed, 3])
    number, write = focus_columns.invoice_number, partial(_write_focus, resources=made)
    return Source("focus", "focus", 12, focus_columns.CURRENCY, catalog.FOCUS_PROVIDER, number, write)


def _size(charges: int, percent: int) -> int:
    """Return how many resources a source with this part of the charges has."""
    return min(MOST_RESOURCES, charges // CHARGES_PER_RESOURCE) * percent // 100


def _resources(
    owners: list[Owner], meters: Sequence[Meter], regions: Sequence[str], *, count: int, seed: list[int]
) -> list[Resource]:
    random = np.random.default_rng([*seed, 0])
    return resources(owners, meters=meters, regions=regions, count=count, random=random)


def _write_cur2(folder: Path, month: Month, *, lines: int, random: np.random.Generator, report: Report) -> Written:
    return cur2.write(folder, report, month, lines=lines, random=random)


def _write_legacy(folder: Path, month: Month, *, lines: int, random: np.random.Generator, report: Report) -> Written:
    return legacy_cur.write(folder, report, month, lines=lines, random=random)


def _write_focus(
    folder: Path, month: Month, *, lines: int, random: np.random.Generator, resources: list[Resource]
) -> Written:
    return focus_export.write(folder, resources, month, lines=lines, random=random)


def _account_names(owners: list[Owner], payer: str) -> dict[str, str]:
    accounts = {owner.production_account for owner in owners} | {owner.other_account for owner in owners} | {payer}
    return {account: organization.account_name(account) for account in sorted(accounts)}
