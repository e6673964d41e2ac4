"""What each page shows: one frozen value per page, complete before the template starts. Pure.

Money is exact and unrounded; None means unknown, which is not zero. Ratios and differences are worked out here, so
that templates only loop.
"""

from itfm.web.pages.bills import (
    BillPage,
    BillRow,
    BillsPage,
    CurrencyTotals,
    FileRow,
    FindingRow,
    RevisionRow,
    RunningPart,
    RunRow,
    RunState,
    SourceRow,
)
from itfm.web.pages.overview import (
    CurrencyOverview,
    EmptyReason,
    Freshness,
    OverviewPage,
    Reconciliation,
    ValueCost,
    percent_of,
)
from itfm.web.pages.people import (
    InvitationPage,
    InvitationRow,
    MemberRow,
    MembersPage,
    OrganizationsPage,
)
from itfm.web.pages.shell import (
    NAVIGATION,
    Health,
    NavigationItem,
    OrganizationChoice,
    PeriodChoice,
    Section,
    Shell,
    organizations_of,
)

__all__ = [
    "NAVIGATION",
    "BillPage",
    "BillRow",
    "BillsPage",
    "CurrencyOverview",
    "CurrencyTotals",
    "EmptyReason",
    "FileRow",
    "FindingRow",
    "Freshness",
    "Health",
    "InvitationPage",
    "InvitationRow",
    "MemberRow",
    "MembersPage",
    "NavigationItem",
    "OrganizationChoice",
    "OrganizationsPage",
    "OverviewPage",
    "PeriodChoice",
    "Reconciliation",
    "RevisionRow",
    "RunRow",
    "RunState",
    "RunningPart",
    "Section",
    "Shell",
    "SourceRow",
    "ValueCost",
    "organizations_of",
    "percent_of",
]
