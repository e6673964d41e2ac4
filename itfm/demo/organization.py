"""Who works at Meridian Retail (demo), which is made up: departments, teams, products and accounts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NAME: Final = "Meridian Retail (demo)"


@dataclass(frozen=True)
class Team:
    """A team that owns cloud resources: its tag value, display name, cost center and monthly budget in whole units."""

    tag: str
    name: str
    cost_center: str
    product: str
    department: str
    budget: int
    misspelt: str = ""


@dataclass(frozen=True)
class Department:
    """A department: cost center code, name, and the account numbers of its production and other environments."""

    code: str
    name: str
    production_account: str
    other_account: str
    teams: tuple[Team, ...]


@dataclass(frozen=True)
class SharedTeam:
    """A team whose cost is shared out: its tag value, name, cost center, own account and monthly budget."""

    tag: str
    name: str
    cost_center: str
    account: str
    budget: int


_TEAMS: Final[dict[str, list[tuple[str, int, str]]]] = {
    "1000 Storefront": [
        ("web-shop", 64, "webshop"), ("mobile-app", 41, ""), ("search", 58, "serach"),
        ("recommendations", 72, "recomendations"),
        ("catalog", 37, "catalogue"), ("content", 18, ""),
    ],
    "2000 Commerce": [
        ("payments", 66, "paymnts"), ("checkout", 53, "chekout"), ("pricing", 29, "pricng"), ("promotions", 24, ""),
        ("fraud", 45, ""), ("marketplace", 33, "market-place"),
    ],
    "3000 Supply Chain": [
        ("inventory", 47, "inventroy"), ("warehouse", 38, ""), ("forecasting", 52, "forcasting"),
        ("logistics", 35, "logisitcs"),
        ("suppliers", 16, ""), ("returns", 14, ""),
    ],
    "4000 Data": [
        ("data-platform", 95, "dataplatform"), ("analytics", 61, ""), ("machine-learning", 88, "machine-lerning"),
        ("experimentation", 21, "experimentaton"), ("data-governance", 11, ""),
    ],
    "5000 Customer": [
        ("accounts", 27, ""), ("loyalty", 31, "loyality"), ("notifications", 22, "notifcations"),
        ("contact-center", 26, ""),
        ("personal-data", 9, ""),
    ],
    "6000 Stores": [
        ("point-of-sale", 49, "pointofsale"), ("store-devices", 28, ""), ("workforce", 17, "workfroce"),
        ("signage", 8, ""),
    ],
    "7000 Corporate": [
        ("finance-systems", 23, "finance-sytems"), ("people-systems", 13, ""), ("legal-archive", 7, ""),
        ("intranet", 10, ""),
    ],
    "8000 Engineering Enablement": [
        ("developer-portal", 19, ""), ("build-systems", 43, "buildsystems"), ("test-automation", 25, "test-automaton"),
        ("quality", 12, "qualtiy"),
    ],
}  # fmt: skip
"""Tag value, monthly budget in thousands, and how its people sometimes misspell it."""


def _team(department: str, number: int, given: tuple[str, int, str]) -> Team:
    tag, budget, misspelt = given
    return Team(
        tag=tag,
        name=tag.replace("-", " ").title().replace(" Of ", " of "),
        cost_center=str(int(department[:4]) + 10 * (number + 1)),
        product=f"{tag}-service",
        department=department[5:],
        budget=budget * 1_000,
        misspelt=misspelt,
    )


def _department(position: int, title: str) -> Department:
    teams = tuple(_team(title, number, given) for number, given in enumerate(_TEAMS[title]))
    first = 410_000_000_000 + 1_000_003 * (position + 1)
    return Department(title[:4], title[5:], str(first), str(first + 7), teams)


DEPARTMENTS: Final = tuple(_department(position, title) for position, title in enumerate(_TEAMS))
TEAMS: Final = tuple(team for department in DEPARTMENTS for team in department.teams)

SHARED_TEAMS: Final = (
    SharedTeam("platform", "Platform", "9010", "410900000011", 128_000),
    SharedTeam("observability", "Observability", "9020", "410900000022", 74_000),
    SharedTeam("network", "Network", "9030", "410900000033", 46_000),
    SharedTeam("security", "Security", "9040", "410900000044", 39_000),
)
"""Teams whose cost the rules share out over the others."""

SHARED_CODE: Final = "9000"
CORPORATE: Final = ("Corporate Cloud", "9090")
"""The pool that takes commitments, credits and taxes, and its cost center."""

FACILITIES: Final = ("Facilities", "9093")
"""The pool of rent and power, which the rules share out by headcount, and its cost center."""

PAYER_ACCOUNT: Final = "410000000001"
SUBSIDIARY_ACCOUNT: Final = "520000000009"
SUBSIDIARY: Final = "Harbor & Pine (demo)"
CARE_PAYER: Final = ("530000000006", "Meridian Customer Care (demo)")
CARE_ACCOUNTS: Final = {"530000000014": "Customer care production", "530000000022": "Customer care non-production"}
"""The payer and the accounts of a second AWS organization, kept apart for what it knows of people."""
AZURE_ENROLLMENT: Final = ("87000001", "Meridian Retail offices (demo)")
"""The number and name of the Enterprise Agreement with Microsoft."""
AZURE_PROFILE: Final = ("DEMO-SHOP-BG7-MER", "Meridian Retail stores (demo)")
"""The id and name of the billing profile that the Customer Agreement with Microsoft invoices."""
AZURE_FOCUS_PROFILE: Final = ("DEMO-LOGI-BG7-MER", "Meridian Retail supply chain (demo)")
"""The billing profile whose cost is exported in FOCUS."""
GOOGLE_ACCOUNT: Final = "01DE30-00DA7A-00DE30"
"""The billing account with Google Cloud."""
SANDBOX_ACCOUNT: Final = "410900000099"
SANDBOX_BUDGET: Final = 45_000
FOCUS_SANDBOX: Final = ("nw-lab", 6_000)
"""What nobody tagged, in an account nobody maps: it stays unallocated on purpose. The second cloud has its own."""

SUBSIDIARY_TEAMS: Final = (
    "catalog",
    "payments",
    "inventory",
    "warehouse",
    "analytics",
    "point-of-sale",
    "loyalty",
    "intranet",
)
"""The teams that run what came with the subsidiary."""

ENVIRONMENTS: Final = ("prod", "staging", "dev")
ENVIRONMENT_SPELLINGS: Final = {
    "prod": ("Production", "PROD", "prd"),
    "staging": ("Stage", "stg"),
    "dev": ("Development", "DEV"),
}


def account_name(account: str) -> str:
    """Return the name of an account as the bill shows it."""
    for department in DEPARTMENTS:
        if account == department.production_account:
            return f"{department.name} production"
        if account == department.other_account:
            return f"{department.name} non-production"
    shared = {team.account: f"Shared {team.name.lower()}" for team in SHARED_TEAMS}
    others = {PAYER_ACCOUNT: NAME, SUBSIDIARY_ACCOUNT: SUBSIDIARY, SANDBOX_ACCOUNT: "Sandbox"}
    return (shared | others)[account]
