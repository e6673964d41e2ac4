"""The made-up company's Kubernetes cluster: its nodes in the main cloud's bill, and what OpenCost tells of it. Pure.

The export splits what the nodes cost among namespaces, by day. The nodes stay in the cloud's bill and belong to the
platform team there; so each charge of the export is taken from that team again, and the bill as a whole is zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np

from itfm.core.periods import next_period, period_name
from itfm.demo import catalog, organization, usage
from itfm.demo.cur import plain
from itfm.demo.other_bill import Control, OtherBill, write_csv
from itfm.demo.resources import MICRO, Resource
from itfm.demo.usage import THOUSAND, Month

KEY: Final = "opencost"
NAME: Final = "meridian-prod"
NODES: Final = 6
NODE_BUDGET: Final = 6_300
"""What a node is aimed to cost in the last month, in whole dollars."""
NODE_TAGS: Final = (("env", "prod"), ("product", "shared-platform"), ("team", "platform"))
SPLIT_PERCENT: Final = 85
"""How much of that the export tells of; OpenCost knows nothing of the nodes' volumes and traffic."""
MICRO_DIGITS: Final = 6
SYSTEM: Final = ("kube-system", "DaemonSet", "kube-proxy", 40)
IDLE: Final = ("__idle__", "", "", 190)
"""Namespace, kind and name of the controller, and parts of a thousand."""
WORKLOADS: Final = (
    ("search", "search-api", 140), ("recommendations", "ranker", 160), ("checkout", "checkout-api", 120),
    ("pricing", "price-engine", 90), ("inventory", "stock-levels", 80), ("notifications", "mailer", 50),
    ("machine-learning", "feature-store", 95), ("developer-portal", "backstage", 35),
)  # fmt: skip
TITLES: Final = (
    "Date", "ClusterID", "Namespace", "ControllerKind", "ControllerName", "CPUCost", "RAMCost", "TotalCost",
)  # fmt: skip


def nodes(first_number: int) -> list[Resource]:
    """Return the nodes as resources of the platform team's account, numbered on from those there are."""
    platform = organization.SHARED_TEAMS[0]
    meter = next(one for one in catalog.AWS_METERS if one.family == "Compute Instance" and not one.commitment)
    return [
        Resource(
            first_number + number, platform.tag, meter, platform.account, catalog.REGIONS[0],
            f"i-0c1u57e2{number:09x}", NODE_TAGS, NODE_BUDGET * MICRO,
        )
        for number in range(NODES)
    ]  # fmt: skip


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write the export of each month."""
    totals = {}
    for month in calendar:
        rows = list(_rows(month, np.random.default_rng([seed, 12, month.first_day.year, month.first_day.month])))
        period = f"{month.first_day:%Y%m%d}-{next_period(month.first_day):%Y%m%d}"
        texts = ([*names, *(plain(cost, MICRO_DIGITS) for cost in (cpu, ram, cpu + ram))] for *names, cpu, ram in rows)
        write_csv(folder / KEY / period / "allocation.csv", TITLES, texts)
        moved = Decimal(sum(cpu + ram for *_, cpu, ram in rows)).scaleb(-MICRO_DIGITS)
        totals[period_name(month.first_day)] = Control(Decimal(0), Decimal(0), moved=moved)
    tags = ", ".join(f"{name}={value}" for name, value in NODE_TAGS)
    settings = {"path": str(folder / KEY), "currency": "USD", "nodes_billed": "elsewhere", "node_tags": tags}
    return OtherBill("opencost", KEY, "Kubernetes cluster", settings, totals)


def _rows(month: Month, random: np.random.Generator) -> Iterator[tuple[str, str, str, str, str, int, int]]:
    """Yield what each workload takes on each day: day, cluster, names, and millionths for processor and memory."""
    parts = [*((namespace, "Deployment", name, part) for namespace, name, part in WORKLOADS), SYSTEM, IDLE]
    daily = usage.shrunk(NODES * NODE_BUDGET * MICRO, months=month.age) * SPLIT_PERCENT // 100 // 31
    noise = random.integers(850, THOUSAND + 1, size=(month.days, len(parts))).tolist()
    for day in range(month.days):
        on = month.first_day + timedelta(days=day)
        for (namespace, kind, name, part), factor in zip(parts, noise[day], strict=True):
            cost = daily * part // THOUSAND * factor // THOUSAND
            cpu = cost * 62 // 100
            yield on.isoformat(), NAME, namespace, kind, name, cpu, cost - cpu
