"""What Azure's units of measure count, and how many at a time. Pure.

Source: Microsoft's open data on FinOps (github.com/microsoft/finops-toolkit, src/open-data, PricingUnits.csv, May
2026): block size and unit by UnitOfMeasure. Most of it follows from the text, `100 Hours`; below is how the rest is
spelled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TABLE: Final = """
APIs |
Actions |
Activities |
Agents |
Apps/Day | daily app
Authentications |
Calls | per call
Certificates | certificate
Checks |
Configurations | concurrent dvc
Connections | connection
Connections/Day | daily connection, daily connections
Connections/Hour | hourly connection
Count |
Cubic Meters/Month | cubic meter/month
DB Hours |
DBU Hours |
Data Points |
Days | day
Devices | device
Domains/Year | annual domain, annual domains
Endpoints | service endpoints
Events |
Executions |
Faces |
GB |
GB Hours | gb hour
GB Seconds | gb second
GB/Day |
GB/Hour | gb/hora
GB/Month | gb/月, gb/mes, gb / month
GiB |
GiB Hours | gib hour
GiB Minutes | gib minute
GiB Seconds | gib second
GiB/Day |
GiB/Hour |
GiB/Month |
Hours | 1 hour, content hours, hour, hora, 小时, instance hours, core hours, core hrs, relay hours, relay hrs
IOPS/Month |
Keys | key, key use
Licenses |
MB |
MB/Day |
MB/Month |
Maps |
Mbps |
Messages | text
Million |
Minutes | minute, virtual user minutes, callingminutes, minute(s)
Months | month, por mes
Nodes | node
Operations |
PB Seconds | pb second
PB/Hour |
Packs/Day | daily pack
PiB Seconds |
PiB/Hour |
Pipelines | pipeline
Plans | plan
Policies |
Predictions |
Pushes |
Queries |
Renders |
Requests | api calls, per request, per privacy subject rights request, print job
Resources | resource
Rotation |
Rotations |
Routers | border routers
Runs | activity runs
Seconds | second
Sites |
Subscriptions | subscription
Subscriptions/Year | annual subscriptions
TB |
TB Hours | tb hour
TB Seconds | tb second
TB/Day |
TB/Hour |
TB/Month |
TiB |
TiB Hours | tib hour
TiB/Hour |
TiB/Month |
Transactions |
Transactions in Thousands | 1,000s
Unit Hours |
Units | database unit, database units (du), messaging unit, unit, operation units, unassigned
Units/10 Days | /10 days
Units/3 Months | /3 months
Units/6 Months | /6 months
Units/Day | /day, daily reserved unit, daily reserved units, daily unit, daily units
Units/Hour | /hour, hourly unit, hourly units, /小时
Units/Minute | /minute
Units/Month | /month
Units/Second | /second
Units/Year | /year
Users | named users, user
Users/Day | daily user
Users/Month | maus
Virtual Machines | vm, virtual machine
Websites | website
Zones | hosted zones
"""


@dataclass(frozen=True)
class PricingUnit:
    """What is counted, and how many of it a price is for."""

    block_size: int
    unit: str

    @property
    def name(self) -> str:
        """The unit as FOCUS writes it, blocks included (FOCUS, UnitFormat): `10000 Units`."""
        return self.unit if self.block_size == 1 else f"{self.block_size} {self.unit}"


_NUMBER: Final = re.compile(r"(\d+)(?:([KMB])(?![A-Za-z]))?(.*)")
_LETTERS: Final = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_WHOLE: Final = {"10000s": PricingUnit(1, "Transactions")}
"""Texts whose number means something else."""
_UNITS: Final = {
    spelling.strip(): unit.strip()
    for unit, _, spellings in (line.partition(" |") for line in _TABLE.strip().splitlines())
    for spelling in (unit.lower(), *spellings.split(", "))
}


def pricing_unit(text: str) -> PricingUnit:
    """Return what a UnitOfMeasure counts; a unit that nobody knows keeps its name.

    >>> pricing_unit("10K"), pricing_unit("1 GB/Month").unit, pricing_unit("100 Hours").name
    (PricingUnit(block_size=10000, unit='Units'), 'GB/Month', '100 Hours')
    """
    plain = text.replace("\xa0", " ").strip()
    if whole := _WHOLE.get(plain):
        return whole
    found = _NUMBER.fullmatch(plain)
    number, letter, rest = (found[1], found[2] or "", found[3].strip()) if found else ("1", "", plain)
    unit = "Units" if not rest else _UNITS.get(re.sub("^/ ", "/", rest.lower()), rest)
    return PricingUnit(max(1, int(number) * _LETTERS[letter]), unit)
