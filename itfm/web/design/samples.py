"""Sample values of every part: ordinary ones, and those that break a layout. Pure; no figure here is a real cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from itfm.web.components import (
    Change,
    Choice,
    Combobox,
    Empty,
    Filter,
    FilterBar,
    Link,
    Pagination,
    Progress,
    State,
    Step,
    Tab,
    TreeNode,
)
from itfm.web.design.page import DeltaSample, MoneySample, SortableSample
from itfm.web.shell.page import PeriodChoice
from itfm.web.suggestions import Suggestion

LONG_NAME: Final = (
    "Customer-facing checkout and payment orchestration including the regional failover of the settlement gateway"
)
UNBROKEN_NAME: Final = "arn:aws:elasticloadbalancing:eu-central-1:000000000000:loadbalancer/app/checkout/50dc6c495c"
HEBREW_NAME: Final = "\u05e6\u05d5\u05d5\u05ea \u05ea\u05e9\u05dc\u05d5\u05de\u05d9\u05dd"
"""`Payments team` in Hebrew: text that runs from right to left inside a line that does not."""

MONEY: Final = (
    MoneySample(name="Ordinary", amount=Decimal("41280.5")),
    MoneySample(name="Zero", amount=Decimal(0)),
    MoneySample(name="Negative: a credit", amount=Decimal("-1203.75")),
    MoneySample(name="Smaller than a cent", amount=Decimal("0.000000000000000001")),
    MoneySample(name="Huge", amount=Decimal("987654321098765.43")),
    MoneySample(name="No decimals", amount=Decimal(1204500), currency="JPY"),
    MoneySample(name="Three decimals", amount=Decimal("98.7655"), currency="KWD"),
    MoneySample(name="Unknown", amount=None),
)
DELTAS: Final = (
    DeltaSample(name="Increase", change=Change(amount=Decimal("2370"), percent=Decimal("6.1"))),
    DeltaSample(name="Saving", change=Change(amount=Decimal("-810.4"), percent=Decimal("-12.25"))),
    DeltaSample(name="No change", change=Change(amount=Decimal(0), percent=Decimal(0))),
    DeltaSample(name="New: nothing before", change=Change(amount=Decimal("55.1"))),
    DeltaSample(name="Hardly any", change=Change(amount=Decimal("0.01"), percent=Decimal("0.0001"))),
    DeltaSample(name="Huge", change=Change(amount=Decimal("98765432.1"), percent=Decimal("12345.678"))),
    DeltaSample(name="No month to compare with", change=Change(amount=None)),
)
STATES: Final = (
    State(label="Draft"),
    State(label="Running", tone="active"),
    State(label="Reconciled", tone="good"),
    State(label="Late", tone="caution", icon="clock"),
    State(label="Rejected", tone="bad", icon="cross"),
    State(label="Waiting for the second approval of somebody else", tone="caution", icon="clock"),
)
PROGRESS: Final = (
    Progress(label="Queued", state=State(label="Queued", icon="clock"), ratio=Decimal(0)),
    Progress(label="Payer account", ratio=Decimal("0.42"), step="Reading 3 of 7 files"),
    Progress(label="Allocating October 2026", step="How long this takes is not known yet"),
    Progress(label="Northwind, October", ratio=Decimal(1), state=State(label="Imported", tone="good")),
    Progress(
        label=LONG_NAME,
        ratio=Decimal("0.8"),
        step="Stopped: file 5 ends in the middle of a row. Nothing of it was kept.",
        state=State(label="Rejected", tone="bad", icon="cross"),
    ),
)
PERIOD: Final = PeriodChoice(
    shown=date(2026, 11, 1), available=(date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 1))
)
FIELDS: Final = (
    Choice(value="service_name", label="Service", is_chosen=True),
    Choice(value="team", label="Team"),
    Choice(value="region_id", label="Region"),
)
EMPTIES: Final = (
    Empty(
        title="No bill covers January 2025",
        text="Choose another billing period, or import the bill.",
        action=Link(label="See the bills", url="#empty"),
    ),
    Empty(
        title="No rules yet",
        text="Rules say who caused a cost. Publish the first ones from a file:",
        command="itfm rules apply rules.yaml",
        icon="split",
    ),
)
TABS: Final = (
    Tab(label="Dimensions", url="#tabs", is_current=True, count=4),
    Tab(label="Splits", url="#tabs", count=12),
    Tab(label="Drivers", url="#tabs"),
    Tab(label="Coverage", url="#tabs"),
    Tab(label="Runs", url="#tabs", count=12345),
)
SEGMENTS: Final = (
    Tab(label="Day", url="#tabs"),
    Tab(label="Week", url="#tabs", is_current=True),
    Tab(label="Month", url="#tabs"),
)
PAGINATIONS: Final = (
    Pagination(first=51, last=100, total=12345, previous_url="#pagination", next_url="#pagination"),
    Pagination(first=1, last=50, next_url="#pagination", noun="bill lines"),
    Pagination(first=0, last=0, total=0, noun="values"),
)
STEPPERS: Final = (
    (
        Step(label="Choose the kind", state="done", url="#stepper"),
        Step(label="Give access", state="current", note="A role that may only read"),
        Step(label="Test the connection"),
        Step(label="First import"),
    ),
    (
        Step(label="Draft", state="done"),
        Step(label="Review", state="done", note="by Ada, 3 Nov"),
        Step(label="Publish", state="failed", note="Two drivers match nothing"),
    ),
)
TREE: Final = (
    TreeNode(
        label="Engineering",
        amount=Decimal("41280.5"),
        currency="USD",
        is_open=True,
        children=(
            TreeNode(
                label="Payments", url="#tree-payments", amount=Decimal("23100.25"), currency="USD", is_current=True
            ),
            TreeNode(
                label=LONG_NAME,
                url="#tree-checkout",
                amount=Decimal("-180.25"),
                currency="USD",
                children=(TreeNode(label="Fraud checks", url="#tree-fraud", amount=Decimal(0), currency="USD"),),
            ),
        ),
    ),
    TreeNode(
        label="Sales",
        url="#tree-sales",
        amount=Decimal("987654321.1"),
        currency="USD",
        children=(TreeNode(label=HEBREW_NAME, url="#tree-hebrew", amount=None),),
    ),
)
SORTABLE: Final = (
    SortableSample(id="production", label="Tag env is production"),
    SortableSample(id="shared", label="Account is Shared services"),
    SortableSample(id="long", label=LONG_NAME),
    SortableSample(id="rest", label="Everything else"),
)
SERVICES: Final = tuple(
    f"{provider} {service}"
    for provider in ("Amazon", "Google", "Microsoft")
    for service in ("Block Storage", "Compute", "Containers", "Data Transfer", "Functions", "Logs", "Queue", "SQL")
)


def services_like(text: str) -> list[Suggestion]:
    """Return the sample services whose name contains the text in any case."""
    return [
        Suggestion(value=name, hint=name.split()[0]) for name in SERVICES if text.strip().casefold() in name.casefold()
    ]


def filter_bars(suggest_url: str) -> tuple[FilterBar, ...]:
    """Return bars with none, with several, and with hopeless filters."""
    several = (
        Filter(field="Service", value="Amazon Compute", remove_url="#filter"),
        Filter(field="Team", relation="is not", value=LONG_NAME, remove_url="#filter"),
        Filter(field="Region", value=HEBREW_NAME, remove_url="#filter"),
        Filter(field="Account", value="000000000000, which no bill names", remove_url="#filter", is_invalid=True),
    )
    return (
        FilterBar(filters=(), fields=FIELDS, suggest_url=suggest_url),
        FilterBar(filters=several, fields=FIELDS, suggest_url=suggest_url, clear_url="#filter"),
    )


def comboboxes(suggest_url: str) -> tuple[Combobox, ...]:
    """Return fields that suggest: empty, filled, wrong, and one whose server does not answer."""
    return (
        Combobox(id="service", name="service", label="Service", url=suggest_url, hint="Type a part of its name."),
        Combobox(
            id="service-filled", name="filled", label="Chosen", url=suggest_url, value="Amazon Logs", is_required=True
        ),
        Combobox(
            id="service-wrong",
            name="wrong",
            label="Wrong",
            url=suggest_url,
            value="Quantum",
            error="No bill names the service 'Quantum'. Choose one of the list.",
        ),
        Combobox(id="service-silent", name="silent", label="Without an answer", url="/nowhere"),
    )
