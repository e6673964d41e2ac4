"""Azure's regions, under the many spellings in which bills name them. Pure.

Source: Microsoft's open data on FinOps (github.com/microsoft/finops-toolkit, src/open-data, Regions.csv, May 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TABLE: Final = """
Asia Pacific | asiapacific |
Australia | australia |
Australia Central | australiacentral | au central, aucentral, australiac, cbr
Australia Central 2 | australiacentral2 | au central 2, aucentral2, australiac2, canberra2, cbr2
Australia East | australiaeast | au east, aue, aueast, eau, sy, syd, sydney
Australia Southeast | australiasoutheast | au southeast, ausoutheast, melbourne, ml, seau
Austria East | austriaeast | at east, ate, austriae
Azure Stack | azurestack |
Belgium Central | belgiumcentral | be central, bec, belgiumc
Brazil South | brazilsouth | br south, brsouth, bso, cq, sao paulo, saopaulo, sbr
Brazil Southeast | brazilsoutheast | br southeast, brazilse, brse
Canada Central | canadacentral | ca central, cac, cacentral, canandacentral, cc, centralcanada, toronto, yt
Canada East | canadaeast | ca east, cae, caeast, eastcanada, montreal, quebeccity, yq
Central India | centralindia | in central, inc, incentral, indiacentral, pn
Central US | centralus | cu, cus, dm, us central, uscentral
Central US EUAP | centraluseuap |
Chile Central | chilecentral | chilec, cl central, clc
China East | chinaeast | cn east, sh
China East 2 | chinaeast2 | chinae2, cn east 2, sha
China East 3 | chinaeast3 | chinae3, cn east 3, cne3
China North | chinanorth | bj, chnorth, cn north
China North 2 | chinanorth2 | bjs, chinan2, cn north 2
China North 3 | chinanorth3 | chinan3, cn north 3, cnn3
Denmark East | denmarkeast | denmarke, dke
East Asia | eastasia | ap east, apeast, ase, asiaeast, ea, eas, hk, hkg, hong kong, hongkong
East US | eastus | bl, eu, eus, us east, us_east, useast
East US 2 | eastus2 | bn, eastsu2, eu2, eus2, us east 2, us2, useast2
East US 2 EUAP | eastus2euap |
East US 3 | eastus3 | us east 3
Finland Central | finlandcentral | fi central, finlandc, flc
France Central | francecentral | fr central, francec, frc, frcentral, par, paris
France South | francesouth | fr south, frances, frsouth, mrs
Germany Central | germanycentral | de central, decentral, fr
Germany North | germanynorth | de north, den, germanyn
Germany NorthEast | germanynortheast | de northeast, lg
Germany West Central | germanywestcentral | de west central, dewc, dewestcentral, dwc, germanywc, germanywcentral
Global | global | unassigned
Greece Central | greececentral | gr central
India South Central | indiasouthcentral | in south central, indiasc, insc
Indonesia Central | indonesiacentral | id central, idc, indonesiac
Israel Central | israelcentral | il central, ilc, israelc
Italy North | italynorth | it north, italyn, itn
Japan | japan |
Japan East | japaneast | eastjapan, ja east, jaeast, jpe, tokyo, ty
Japan West | japanwest | ja west, jawest, jpw, os, osaka
Jio India Central | jioindiacentral | in central jio, jinc, jioinc
Jio India West | jioindiawest | in west jio, jinw, jioinw
Korea Central | koreacentral | kr central, krc, krcentral, se
Korea South | koreasouth | kr south, krs, krsouth, ps
Malaysia South | malaysiasouth |
Malaysia West | malaysiawest | malaysiaw, my west, myw
Mexico Central | mexicocentral | mexicoc, mx central, mxc
New Zealand North | newzealandnorth | newzealandn, nz north, nzn
North Central US | northcentralus | ch, chicago, ncus, us north central, usnorth, usnorthcentral
North Europe | northeurope | db, dublin, eu north, eunorth, europenorth, ne, neu
Norway East | norwayeast | no east, noe, noeast, norwaye
Norway West | norwaywest | no west, norwayw, now
Poland Central | polandcentral | pl central, plc, polandc
Qatar Central | qatarcentral | qa central, qac, qatarc, qatarentral
Saudi Arabia East | saudiarabiaeast | sa east
Singapore Central | singaporecentral | singaporec, singc
South Africa North | southafricanorth | jnb, johannesburg, san, sanorth, southafrican, za north, zanorth
South Africa West | southafricawest | cpt, sawest, southafricaw, za west, zawest
South Central US | southcentralus | sanantonio, scus, sn, us south central, ussouth, ussouthcentral
South Central US 2 | southcentralus2 |
South Central US STG | southcentralusstg | usstagesc, ustsc
South India | southindia | in south, indiasouth, ins, insouth, ma, sin
Southeast Asia | southeastasia | ap southeast, apsoutheast, asiasoutheast, sea, seas, sg, singapore, southsoutheastasia
Southeast US | southeastus |
Spain Central | spaincentral | es central, esc, spainc
Sweden Central | swedencentral | se central, sec, swedenc
Sweden South | swedensouth | se south, ses, swedens
Switzerland North | switzerlandnorth | ch north, chn, switzerlandn
Switzerland West | switzerlandwest | ch west, chw, switzerlandw
Taiwan North | taiwannorth | taiwann, tw north, twn
Taiwan Northwest | taiwannorthwest |
UAE Central | uaecentral | ae central, auh, uaec
UAE North | uaenorth | ae north, aen, aenorth, dubai, dxb, uaen
UK North | uknorth | mm
UK South | uksouth | gbs, ln, london, uks, unitedkingdomsouth, unitedkingdomsouth2
UK South 2 | uksouth2 | lo
UK West | ukwest | cw, ukw
US East 2 EUAP | useast2euap |
US South Central | ussouthcentral | dallas
USDoD Central | usdodcentral | dd
USDoD East | usdodeast | bd
USGov Arizona | usgovarizona | phx, us gov az, usa, usgovaz, usgovsouthwest, usgovsw, ussgovarizona
USGov Iowa | usgoviowa | usgovcentral
USGov Texas | usgovtexas | us gov tx, usgov south central, usgovsc, usgovsouthcentral, usgovtx
USGov Virginia | usgovvirginia | usgoveast, usv
USGov Wyoming | usgovwyoming | usgovwc
USSec East | usseceast | usse, ussece
USSec West | ussecwest | ussecw, ussw
USSec West Central | ussecwestcentral | ussecwc, usswc
United States | unitedstates |
West Central US | westcentralus | cy, us west central, uswestcentral, wcu, wcus
West Europe | westeurope | am, am2, amsterdam, eu west, europe, europewest, euwest, we, weu
West India | westindia | bm, in west, indiawest, inw, inwest, mumbai, mumbai2
West US | westus | by, silicon valley, siliconvalley, us west, us_west, uswest, wu, wus
West US 2 | westus2 | mwh, seattle, us west 2, uswest2, wu2, wus2
West US 3 | westus3 | us west 3, usw3, uswest3, wus3
"""


@dataclass(frozen=True)
class Region:
    """A region as FOCUS names it: RegionId and RegionName."""

    id: str
    name: str


def region(text: str) -> Region:
    """Return the region that a bill writes so; one that nobody knows keeps its name.

    >>> region("US East 2"), region("west_europe").name, region("Mars 1").id
    (Region(id='eastus2', name='East US 2'), 'West Europe', 'mars1')
    """
    spelled = text.strip().lower()
    squeezed = re.sub(r"[ _]", "", spelled)
    return _SPELLINGS.get(spelled) or IDS.get(squeezed) or Region(squeezed, text.strip())


def _regions() -> tuple[dict[str, Region], dict[str, Region]]:
    spellings: dict[str, Region] = {}
    ids: dict[str, Region] = {}
    for line in _TABLE.strip().splitlines():
        name, region_id, others = (cell.strip() for cell in line.split("|"))
        ids[region_id] = Region(region_id, name)
        spellings |= {spelling: ids[region_id] for spelling in others.split(", ") if spelling}
    return spellings, ids


_SPELLINGS, IDS = _regions()
