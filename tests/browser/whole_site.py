"""An organization that has something on every page of the site, by the line itself: bills, rules, runs, people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from django.urls import reverse
from django.utils import timezone

from allocation.drafts.operations import RenameDimension
from allocation.engine.rules import parse
from allocation.services import allocate, publish_rules
from allocation.services.drafts import change_draft
from allocation.services.reallocations import cancel_reallocation, request_reallocation
from ingestion.focus.mapped_regions import MappedRegion
from ingestion.focus.mapped_services import MappedService
from ingestion.models import BillSource
from ingestion.payables.facts import InvoiceFacts
from ingestion.payables.order_facts import OrderFacts
from ingestion.services import create_source, request_import, run_import
from ingestion.services.invoices import enter_invoice
from ingestion.services.mappings import map_region, map_service
from ingestion.services.purchase_orders import enter_order
from ingestion.services.uploads import check_upload, take_upload
from itfm.accounts.models import Membership, User
from itfm.accounts.services import create_organization, invite
from itfm.audit.services import Actor
from itfm.core.periods import parse_period
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.preferences import Subscription, unsubscribe_token
from itfm.web.models import SavedView
from showback.branches import branches
from showback.services import replace_cost_centers
from tests.conftest import NOW, key_of, member
from tests.ingestion.focus_files import line, write_bill
from tests.ingestion.recommended import keep_list

OWNER = "ada@acme.example"
RULES = """
version: 1
cost_centers:
- {code: "2000", name: Commerce, children: [{code: "2010", name: Payments}, {code: "2020", name: Search}]}
lookups: {team_names: {pay: Payments, srch: Search}}
dimensions:
- key: team
  name: Team
  rules:
  - {name: cards, when: {column: service_name, equals: Cards}, value: Payments}
  - {name: by tag, when: {tag: team, exists: true}, value: {tag: team, transforms: [{lookup: team_names}]}}
  - {name: shared, when: {column: service_name, equals: Shared}, value: Platform}
- key: cost_center
  name: Cost center
  rules:
  - {when: {dimension: team, equals: Payments}, value: "2010"}
  - {when: {dimension: team, equals: Search}, value: "2020"}
splits:
- key: platform
  name: Platform to teams
  stage: 1
  pool: {dimension: team, equals: Platform}
  receivers: {dimension: team}
  method: {kind: metric, driver: seats}
  window: {kind: billing_period}
  fallback: {kind: even}
drivers:
- key: seats
  name: Seats
  dimension: team
  unit: seats
  values:
  - {date: 2026-10-01, value: Payments, quantity: "3"}
  - {date: 2026-10-01, value: Search, quantity: "1"}
"""


def whole_site(folder: Path) -> dict[str, str]:
    """Save the organization; return the addresses that no link of the site leads to, by name."""
    acme = create_organization("Acme", slug="acme")
    owner = member(acme, Role.OWNER, OWNER)
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    colleague = member(acme, Role.FINANCE, "fin@acme.example")
    key_of(acme, Role.FINANCE)
    _ledgers(acme, folder)
    with tenant(acme.id):
        place = Membership.objects.get(user=colleague)
        actor = Actor(id=owner.pk, name=owner.email)
        _, token = invite("new@acme.example", organization=acme, role=Role.VIEWER, by=actor, at=timezone.now())
        SavedView.objects.create(organization=acme, owner=owner, name="By team", params="by=team")
        again = request_reallocation(None, last=None, organization_id=acme.id, by=actor, at=timezone.now())
        cancel_reallocation(again.id, by=actor, at=timezone.now())
        change_draft(
            RenameDimension(key="team", name="Squad"), lock=0, organization_id=acme.id, by=owner, at=timezone.now()
        )
        upload = take_upload(
            [b"Invoice date,Item,Amount,Currency,Team\n2026-10-31,Mail,7,EUR,shop\n"],
            organization_id=acme.id,
            name="october.csv",
            kind="invoice_file",
            settings={"vendor": "Acme Mail"},
            uploaded_by=owner.pk,
            at=timezone.now(),
        )
        invoice = InvoiceFacts(
            issuer="Cloud",
            number="C-7",
            billing_period=date(2026, 10, 1),
            currency="USD",
            amount=Decimal("1497.75"),
            purchase_order="PO-7",
        )
        enter_invoice(invoice, organization_id=acme.id, by=actor, at=timezone.now())
        order = OrderFacts(
            vendor="Cloud", number="PO-7", currency="USD", amount=Decimal(5000), order_date=date(2026, 1, 1)
        )
        enter_order(order, organization_id=acme.id, by=actor, at=timezone.now())
        service = MappedService(
            provider="Cloud", called="Cards", name="Cards", category="Web", subcategory="Application Platforms"
        )
        map_service(service, organization_id=acme.id, by=actor, at=timezone.now())
        region = MappedRegion(provider="Cloud", called="moon-1", name="Moon")
        map_region(region, organization_id=acme.id, by=actor, at=timezone.now())
        source = BillSource.objects.get(key="cloud")
        keep_list(
            source, {}, {"action": "Stop", "current_summary": "m5.large, idle", "estimated_monthly_savings": "70.08"}
        )
    check_upload(acme.id, upload_id=upload.id)
    letters = Subscription(organization_id=acme.id, email=OWNER, kind="showback")
    return {
        "design": reverse("design"),
        "member_remove": reverse("member_remove", args=[place.id]),
        "member_transfer": reverse("member_transfer", args=[place.id]),
        "settings_leave": reverse("settings_leave"),
        "invitation": reverse("invitation", args=[token]),
        "upload": reverse("upload", args=[upload.id]),
        "unsubscribe": reverse("unsubscribe", args=[unsubscribe_token(letters)]),
    }


def _ledgers(acme, folder):
    write_bill(
        folder / "bills.csv",
        line("900", service="Cards", month=9),
        line("1000.25", service="Cards"),
        line("400", service="Search", tags='"{""team"":""srch""}"'),
        line("90", service="Shared", day=2),
        line("7.5", day=3),
    )
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="cloud", name="Cloud", kind="focus", settings={"path": str(folder)}, at=NOW
        )
        run, _ = request_import(source, trigger="person", at=timezone.now())
    run_import(acme.id, run_id=run.id)
    rules = parse(RULES)
    with tenant(acme.id):
        publish_rules(rules, organization_id=acme.id, published_by=None, at=NOW)
        replace_cost_centers(branches(rules.cost_centers), organization_id=acme.id)
    for month in ("2026-09", "2026-10"):
        allocate(acme.id, period=parse_period(month))
