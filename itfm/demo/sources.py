"""The bills the made-up company gets: which provider, which resources, in which layout. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from itfm.demo import (
    aws_focus,
    azure_catalog,
    azure_export,
    azure_focus,
    azure_ids,
    azure_rows,
    catalog,
    cluster,
    cur,
    cur2,
    focus_columns,
    focus_export,
    gcp_catalog,
    gcp_export,
    gcp_rows,
    legacy_cur,
    organization,
)
from itfm.demo.azure_rows import Agreement
from itfm.demo.catalog import Meter
from itfm.demo.cur import Payer
from itfm.demo.cur_lines import Report, Written
from itfm.demo.focus_lines import FocusBill
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
    return [
        _main_account(charges, seed),
        _subsidiary(charges, seed),
        _second_cloud(charges, seed),
        _azure_of_offices(charges, seed),
        _google_of_data(charges, seed),
        _azure_of_stores(charges, seed),
        _aws_of_care(charges, seed),
        _azure_of_supply_chain(charges, seed),
    ]


def main_report(charges: int, seed: int) -> Report:
    """Return the resources of the first source, and who pays for them."""
    owners = [*team_owners(organization.TEAMS, percent=70), *shared_owners()]
    made = _resources(owners, catalog.AWS_METERS, catalog.REGIONS, count=_size(charges, 51), seed=[seed, 1])
    made += cluster.nodes(len(made))
    payer = Payer(organization.PAYER_ACCOUNT, organization.NAME, _account_names(owners, organization.PAYER_ACCOUNT))
    return Report(payer, made, cur2.LAYOUT)


def _main_account(charges: int, seed: int) -> Source:
    report = main_report(charges, seed)
    return _of_aws("aws-cur2", 51, report.payer, partial(_write_cur2, report=report))


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


def _azure_of_offices(charges: int, seed: int) -> Source:
    departments = ("Corporate", "Engineering Enablement")
    agreement = azure_rows.enterprise(departments)
    return _of_azure("azure-ea", 5, agreement, _in_subscriptions(departments, percent=20), charges, seed=[seed, 4])


def _azure_of_stores(charges: int, seed: int) -> Source:
    departments = ("Stores",)
    agreement = azure_rows.customer(departments)
    return _of_azure("azure-mca", 4, agreement, _in_subscriptions(departments, percent=25), charges, seed=[seed, 6])


def _of_azure(
    name: str, percent: int, agreement: Agreement, owners: list[Owner], charges: int, *, seed: list[int]
) -> Source:
    regions = tuple(azure_catalog.REGIONS)
    made = _resources(owners, azure_catalog.METERS, regions, count=_size(charges, percent), seed=seed)
    write = partial(azure_export.write, resources=made, agreement=agreement)
    return Source("azure_export", name, percent, agreement.currency, azure_rows.ISSUER, agreement.invoice_number, write)


def _google_of_data(charges: int, seed: int) -> Source:
    """Return the billing account of Google Cloud that the Data department's projects are paid from."""
    teams = [team for team in organization.TEAMS if team.department == "Data"]
    owners = [
        replace(
            owner,
            production_account=gcp_rows.project(owner.tag, gcp_rows.PRODUCTION),
            other_account=gcp_rows.project(owner.tag, gcp_rows.OTHER),
        )
        for owner in team_owners(teams, percent=18)
    ]
    regions = tuple(gcp_catalog.REGIONS)
    made = _resources(owners, gcp_catalog.METERS, regions, count=_size(charges, 4), seed=[seed, 5])
    write = partial(gcp_export.write, resources=made)
    return Source("gcp_csv", "gcp", 4, gcp_rows.CURRENCY, gcp_rows.ISSUER, gcp_rows.invoice_number, write)


def _aws_of_care(charges: int, seed: int) -> Source:
    """Return the AWS organization of the Customer department, which exports FOCUS."""
    teams = [team for team in organization.TEAMS if team.department == "Customer"]
    production, other = organization.CARE_ACCOUNTS
    owners = [
        replace(owner, production_account=production, other_account=other) for owner in team_owners(teams, percent=15)
    ]
    regions = tuple(aws_focus.REGIONS)
    made = _resources(owners, aws_focus.METERS, regions, count=_size(charges, 3), seed=[seed, 7])
    bill = aws_focus.bill(made)
    return _in_focus("aws-focus", 3, bill, partial(aws_focus.write, bill=bill))


def _azure_of_supply_chain(charges: int, seed: int) -> Source:
    """Return the billing profile of Azure that exports FOCUS."""
    departments = ("Supply Chain",)
    owners = _in_subscriptions(departments, percent=12)
    regions = tuple(azure_catalog.REGIONS)
    made = _resources(owners, azure_focus.METERS, regions, count=_size(charges, 3), seed=[seed, 8])
    bill = azure_focus.bill(made, azure_ids.subscriptions(departments))
    return _in_focus("azure-focus", 3, bill, partial(azure_focus.write, bill=bill))


def _in_focus(name: str, percent: int, bill: FocusBill, write: Write) -> Source:
    biller = bill.biller
    return Source("focus", name, percent, biller.currency, biller.issuer, biller.invoice_number, write)


def _in_subscriptions(departments: Sequence[str], *, percent: int) -> list[Owner]:
    """Return the teams of departments as owners, in each department's two subscriptions of Azure."""
    teams = [team for team in organization.TEAMS if team.department in departments]
    return [
        replace(
            owner,
            production_account=azure_ids.subscription(team.department, azure_ids.PRODUCTION),
            other_account=azure_ids.subscription(team.department, azure_ids.OTHER),
        )
        for team, owner in zip(teams, team_owners(teams, percent=percent), strict=True)
    ]


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
