"""The resources of the made-up company: who owns each, what it is metered by and how it is tagged. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from itfm.demo import organization
from itfm.demo.catalog import Meter

MICRO: Final = 1_000_000
PER_OWNER_AT_LEAST: Final = 3


@dataclass(frozen=True)
class Owner:
    """Who a resource belongs to, with the monthly budget in whole currency units; `tag` is empty for nobody."""

    tag: str
    product: str
    cost_center: str
    misspelt: str
    production_account: str
    other_account: str
    budget: int


@dataclass(frozen=True)
class Resource:
    """One metered thing. `budget` is its aimed cost of the last month in 10^-6 currency units."""

    number: int
    owner: str
    meter: Meter
    account: str
    region: str
    name: str
    tags: tuple[tuple[str, str], ...]
    budget: int


def team_owners(teams: Sequence[organization.Team], *, percent: int, account: str = "") -> list[Owner]:
    """Return the teams as owners with a part of their budget; `account` replaces their departments' accounts."""
    departments = {department.name: department for department in organization.DEPARTMENTS}
    return [
        Owner(
            tag=team.tag,
            product=team.product,
            cost_center=team.cost_center,
            misspelt=team.misspelt,
            production_account=account or departments[team.department].production_account,
            other_account=account or departments[team.department].other_account,
            budget=team.budget * percent // 100,
        )
        for team in teams
    ]


def shared_owners() -> list[Owner]:
    """Return the shared teams, and nobody with the sandbox account."""
    owners = [
        Owner(team.tag, f"shared-{team.tag}", team.cost_center, "", team.account, team.account, team.budget)
        for team in organization.SHARED_TEAMS
    ]
    nobody = Owner(
        "", "", "", "", organization.SANDBOX_ACCOUNT, organization.SANDBOX_ACCOUNT, organization.SANDBOX_BUDGET
    )
    return [*owners, nobody]


def resources(
    owners: Sequence[Owner], *, meters: Sequence[Meter], regions: Sequence[str], count: int, random: np.random.Generator
) -> list[Resource]:
    """Return about `count` resources, at least three per owner; budgets are shared out to the last millionth."""
    made: list[Resource] = []
    for position, owner in enumerate(owners):
        size = max(PER_OWNER_AT_LEAST, count // len(owners) + (position < count % len(owners)))
        draws = random.integers(0, 1000, size=(size, 5)).tolist()
        chosen = [meters[(number + position) % len(meters)] for number in range(size)]
        weights = [
            meter.share * (50 + draw[0] // 10) * (3 if draw[1] < 600 else 1)
            for meter, draw in zip(chosen, draws, strict=True)
        ]
        budgets = _shares(owner.budget * MICRO, weights)
        for number, (meter, draw, budget) in enumerate(zip(chosen, draws, budgets, strict=True)):
            made.append(_resource(len(made), number, owner, meter, regions, draw, budget))
    return made


def _shares(total: int, weights: Sequence[int]) -> list[int]:
    """Return `total` shared by weight; what rounding leaves goes to the first."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    shares[0] += total - sum(shares)
    return shares


def _resource(
    number: int, of_owner: int, owner: Owner, meter: Meter, regions: Sequence[str], draw: list[int], budget: int
) -> Resource:
    environment = "prod" if draw[1] < 600 else "staging" if draw[1] < 800 else "dev"
    account = owner.production_account if environment == "prod" else owner.other_account
    region = regions[0] if draw[2] < 650 else regions[1 + draw[2] % (len(regions) - 1)]
    stem = meter.resource.format(region=region, account=account, name=owner.product or "trial")
    tags = tuple(sorted(_tags(owner, environment, of_owner, draw).items()))
    return Resource(
        number, owner.tag, meter, account, region, f"{stem}{(number + 1) * 2654435761 % 2**40:010x}", tags, budget
    )


def _tags(owner: Owner, environment: str, of_owner: int, draw: list[int]) -> dict[str, str]:
    """Return the tags people set: mostly right, some missing, misspelt or in the wrong case."""
    if not owner.tag:
        return {"env": "dev"} if draw[3] < 300 else {}
    tags = {"team": owner.tag, "product": owner.product}
    if draw[3] >= 50:
        spellings = organization.ENVIRONMENT_SPELLINGS[environment]
        tags["env"] = spellings[draw[3] % len(spellings)] if draw[3] < 150 else environment
    if draw[4] % 2:
        tags["cost_center"] = owner.cost_center
    if of_owner == 1 or draw[4] < 60:
        tags["team"] = owner.misspelt or owner.tag.upper()
    elif draw[4] < 100:
        tags["team"] = owner.tag.title()
    elif draw[4] < 115:
        tags["team"] = f" {owner.tag} "
    elif draw[4] < 140:
        del tags["team"]
    elif draw[4] < 150:
        tags = {"cost_center": owner.cost_center}
    return tags
