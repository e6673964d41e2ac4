"""Setting up the sample company: its files, its organization, its rules, and the imports of its bills.

The bills are then imported by the workers through the real connectors, and the letters sent by them from the outbox;
`left` tells what is left to do.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils.text import slugify

from allocation.engine.rules import parse
from allocation.models import AllocationRun
from allocation.selectors import allocated_periods
from allocation.services import due_periods, publish_rules
from allocation.services.rules import with_driver_files
from ingestion.models import BillSource, ImportRun
from ingestion.payables.facts import InvoiceFacts
from ingestion.payables.order_facts import OrderFacts
from ingestion.selectors import RUNNING
from ingestion.services import create_source, request_import
from ingestion.services.invoices import enter_invoice
from ingestion.services.purchase_orders import enter_order
from itfm.accounts.models import Membership, Organization, User
from itfm.accounts.services import create_organization
from itfm.audit.services import Actor
from itfm.core.periods import next_period, previous_period
from itfm.core.policy import Role
from itfm.core.tenancy import system, tenant
from itfm.demo import cost_optimization
from itfm.demo.company import Delivered, DemoCompany, Progress, cloud_invoices, write
from itfm.demo.organization import DEPARTMENTS
from itfm.demo.other_bill import AskedFor, OtherBill
from itfm.demo.purchases import Ordered, purchases
from itfm.demo.services.server import SERVICES
from itfm.notify.models import OutboxMessage
from itfm.notify.sink import is_in_use
from itfm.web.showback.letter import letter_of
from showback.branches import branches
from showback.letters import queue_letters_of
from showback.services import CostCenterBranch, replace_cost_centers

SLUG: Final = "demo"
RUN: Final = ImportRun.State
UNSENT: Final = (OutboxMessage.State.QUEUED, OutboxMessage.State.CLAIMED)
EMAIL: Final = "demo@example.com"
MONTHS: Final = 13
PULL_TIME: Final = time(3)
MAIL_DOMAIN: Final = "meridian.example"
"""Reserved for examples (RFC 2606): nobody has an address there."""
NAMES: Final = {
    "aws-cur2": "AWS organization",
    "aws-cur": "AWS of Harbor & Pine (acquired)",
    "focus": "Second cloud",
    "azure-ea": "Azure of the offices (Enterprise Agreement)",
    "gcp": "Google Cloud of the Data department",
    "azure-mca": "Azure of the stores (Customer Agreement)",
    "aws-focus": "AWS of customer care",
    "azure-focus": "Azure of the supply chain",
}
"""What people call the sources; their keys are the folders' names."""
COMPANY: Final = Actor(id=None, name="sample company")
DAYS_TO_PAY: Final = 30


@dataclass(frozen=True, kw_only=True)
class Left:
    """What the workers still have to do, and what went wrong."""

    imports: int
    periods: int
    letters: int
    step: str
    errors: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """Whether all bills are in and allocated, and all letters out."""
        return not (self.imports or self.periods or self.letters)


def existing_demo() -> Organization | None:
    """Return the sample company when it has been set up before."""
    with system():
        return Organization.objects.filter(slug=SLUG, is_demo=True).first()


def new_password(organization: Organization) -> str:
    """Give the sample company's user a new password, which is not stored, and return it."""
    password = secrets.token_urlsafe(12)
    user, _ = User.objects.get_or_create(email=EMAIL, defaults={"name": "Demo"})
    user.set_password(password)
    user.save()
    EmailAddress.objects.get_or_create(user=user, email=EMAIL, defaults={"verified": True, "primary": True})
    with tenant(organization.id):
        Membership.objects.get_or_create(organization=organization, user=user, defaults={"role": Role.OWNER})
    return password


def set_up(folder: Path, *, charges: int, at: datetime, progress: Progress) -> tuple[Organization, DemoCompany]:
    """Write the company's bills and connect them; their imports stand in the queue afterwards."""
    last_month = previous_period(date(at.year, at.month, 1))  # the newest month that can be complete
    company = write(folder, charges=charges, months=MONTHS, last_month=last_month, progress=progress)
    organization = create_organization(company.name, slug=SLUG, is_demo=True)
    rules = folder / "rules.yaml"
    rule_set = with_driver_files(parse(rules.read_text(encoding="utf-8")), folder=folder)
    with tenant(organization.id):
        tree = [_with_owners(branch) for branch in branches(rule_set.cost_centers)]
        replace_cost_centers(tree, organization_id=organization.id)
        publish_rules(rule_set, organization_id=organization.id, published_by=None, at=at)
        for delivered in company.deliveries:
            source = create_source(
                organization_id=organization.id,
                key=slugify(delivered.name),
                name=NAMES.get(delivered.name, delivered.name),
                kind=delivered.kind,
                settings={"path": str(delivered.folder), **_recommended(company, delivered)},
                at=at,
                pull_time=PULL_TIME,
            )
            request_import(source, trigger="command", at=at)
        for other in company.others:
            # Who serves no sample services has nobody to ask.
            if settings.SAMPLE_SERVICES or not other.is_asked_for:
                _connect(other, organization_id=organization.id, at=at)
        invoiced = _invoiced(company, last_month=last_month)
        bought = purchases((biller, asked) for biller, asked, _ in invoiced)
        for ordered in bought.orders:
            enter_order(_order(ordered), organization_id=organization.id, by=COMPANY, at=at)
        for _, asked, issue_date in invoiced:
            order = bought.named.get((asked.issuer, asked.number), "")
            facts = _facts(asked, issue_date=issue_date, purchase_order=order)
            enter_invoice(facts, organization_id=organization.id, by=COMPANY, at=at)
    return organization, company


def _recommended(company: DemoCompany, delivered: Delivered) -> dict[str, str]:
    """Lay what AWS recommends beside the bills that it is of, and return the setting that names its folder."""
    if delivered.name != company.restated.name:
        return {}
    shutil.copytree(company.recommendations.folder, delivered.folder / cost_optimization.FOLDER, dirs_exist_ok=True)
    return {"recommendations_prefix": cost_optimization.PREFIX}


def _connect(other: OtherBill, *, organization_id: UUID, at: datetime) -> None:
    """Connect a bill that no cloud writes, and queue its import."""
    source = create_source(
        organization_id=organization_id,
        key=other.key,
        name=other.name,
        kind=other.kind,
        settings=other.settings_at(settings.SAMPLE_SERVICES),
        at=at,
        pull_time=PULL_TIME,
    )
    request_import(source, trigger="command", at=at)


def move_services(organization_id: UUID) -> None:
    """Point the sources that ask a sample service to where the services are served now."""
    with tenant(organization_id):
        for source in BillSource.objects.filter(key__in=SERVICES, removed_at__isnull=True):
            source.settings["endpoint_url"] = f"{settings.SAMPLE_SERVICES}/{source.key}"
            source.save(update_fields=["settings"])


def _invoiced(company: DemoCompany, *, last_month: date) -> list[tuple[str, AskedFor, date]]:
    """Return the invoices of all bills that have some, with who bills each and its day of issue.

    The last month's are not there yet.
    """
    clouds = cloud_invoices(company.deliveries, company.restated)
    found = [(name, asked, next_period(asked.day) + timedelta(days=2)) for name, asked in clouds]
    for other in company.others:
        # These are known on the day: what is invoiced in advance, and what was bought.
        found += [(asked.issuer, asked, asked.day) for asked in other.invoices]
    return [one for one in found if one[1].day < last_month]


def _facts(asked: AskedFor, *, issue_date: date, purchase_order: str) -> InvoiceFacts:
    return InvoiceFacts(
        issuer=asked.issuer,
        number=asked.number,
        billing_period=asked.day.replace(day=1),
        currency=asked.currency,
        amount=asked.amount,
        issue_date=issue_date,
        due_date=issue_date + timedelta(days=DAYS_TO_PAY),
        payment_terms=f"Net {DAYS_TO_PAY}",
        purchase_order=purchase_order,
    )


def _order(ordered: Ordered) -> OrderFacts:
    return OrderFacts(
        vendor=ordered.vendor,
        number=ordered.number,
        currency=ordered.currency,
        amount=ordered.amount,
        order_date=ordered.start,
        start_date=ordered.start,
        end_date=ordered.end,
        description=ordered.description,
        cost_center=ordered.cost_center,
        status="closed" if ordered.is_closed else "open",
    )


def restate(organization_id: UUID, company: DemoCompany, *, at: datetime) -> None:
    """Lay the restated month over the first delivery, as the provider does, and queue another pull."""
    first = next(delivered for delivered in company.deliveries if delivered.name == company.restated.name)
    shutil.copytree(company.restated.folder, first.folder, dirs_exist_ok=True)
    with tenant(organization_id):
        source = BillSource.objects.get(key=slugify(company.restated.name))
        request_import(source, trigger="command", at=at)


def _with_owners(branch: CostCenterBranch) -> CostCenterBranch:
    """Return the branch with who is to get its letters; as in most companies, not every team has named somebody."""
    return replace(
        branch, owner_email=OWNERS.get(branch.code, ""), children=[_with_owners(child) for child in branch.children]
    )


def _owners() -> Iterator[tuple[str, str]]:
    for department in DEPARTMENTS:
        yield department.code, f"head-of-{slugify(department.name)}@{MAIL_DOMAIN}"
        if department.name == LETTERS_TO_TEAMS_OF:
            yield from ((team.cost_center, f"{team.tag}@{MAIL_DOMAIN}") for team in department.teams)


LETTERS_TO_TEAMS_OF: Final = "Commerce"
OWNERS: Final = dict(_owners())
"""Cost center -> whom its letters go to."""


def write_demo_letters(organization_id: UUID, *, at: datetime) -> int:
    """Put the letters of the newest month that is over into the outbox and return how many are new.

    Only where mail is kept here: the people it goes to are made up.
    """
    if not is_in_use():
        return 0
    with tenant(organization_id):
        this_month = date(at.year, at.month, 1)
        period = next((one for one in allocated_periods() if one < this_month), None)
    return queue_letters_of(period, organization_id=organization_id, write=letter_of) if period else 0


def left(organization_id: UUID) -> Left:
    """Return what is still to be done."""
    with tenant(organization_id):
        running = list(ImportRun.objects.filter(state__in=RUNNING).select_related("source").order_by("-started_at"))
        failed = ImportRun.objects.exclude(error_message="").values_list("error_message", flat=True)
        refused = AllocationRun.objects.filter(state=AllocationRun.State.REFUSED).values_list("error", flat=True)
        errors = (*failed, *refused)
        letters = OutboxMessage.objects.filter(state__in=UNSENT).count()
        step = "; ".join(
            f"{run.source.name} {run.progress_ratio:.0%}, {run.step}" for run in running if run.state == RUN.RUNNING
        )
    return Left(
        imports=len(running),
        periods=0 if running else len(due_periods(organization_id)),
        letters=letters,
        step=step or "Waiting for a worker",
        errors=errors,
    )
