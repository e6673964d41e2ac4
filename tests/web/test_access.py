"""Every address of the site, tried by everybody: owner, colleague without scope, stranger, member of another."""

from uuid import uuid4

import pytest
from django.urls import reverse

from ingestion.models import Bill, BillSource, BillUpload, Invoice, PurchaseOrder, RegionMapping, ServiceMapping
from itfm.accounts.models import ApiKey, FormerMember, Invitation, Membership, Scope
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.models import OutboxMessage
from itfm.notify.services import _mail
from itfm.web.models import SavedView
from showback.models import CostCenter
from tests.architecture.test_layout import own_views
from tests.conftest import NOW, member, person
from tests.ingestion.recommended import keep_list
from tests.web.walk import WALK

CANARY = "Canary-7f3a"


@pytest.fixture
def acme_source(acme):
    with tenant(acme.id):
        source = BillSource.objects.create(organization=acme, key="aws", name=CANARY, kind="aws_cur")
        bill = Bill.objects.create(organization=acme, source=source, billing_period="2026-10-01")
    keep_list(source, {"sub_account_name": CANARY})
    return source, bill


@pytest.fixture
def acme_papers(acme):
    """An uploaded bill, an invoice, a purchase order and what a service is."""
    with tenant(acme.id):
        upload = BillUpload.objects.create(
            organization=acme, kind="focus", file_name=CANARY, file="", size=1, sha256="", uploaded_at=NOW
        )
        invoice = Invoice.objects.create(
            organization=acme,
            issuer=CANARY,
            number=CANARY,
            billing_period="2026-10-01",
            currency="EUR",
            amount=1,
            entered_by=CANARY,
            entered_at=NOW,
            changed_at=NOW,
        )
        order = PurchaseOrder.objects.create(
            organization=acme,
            vendor=CANARY,
            number=CANARY,
            vendor_key=CANARY.lower(),
            number_key=CANARY.lower(),
            currency="EUR",
            amount=1,
            order_date="2026-10-01",
            entered_by=CANARY,
            entered_at=NOW,
            changed_at=NOW,
        )
        mapping = ServiceMapping.objects.create(
            organization=acme,
            called=CANARY,
            name=CANARY,
            category="Web",
            subcategory="Other (Web)",
            mapped_by=CANARY,
            mapped_at=NOW,
        )
        region = RegionMapping.objects.create(
            organization=acme, called=CANARY, name=CANARY, mapped_by=CANARY, mapped_at=NOW
        )
    return {
        "upload": upload.id,
        "invoice": invoice.id,
        "order": order.id,
        "mapping": mapping.id,
        "region_mapping": region.id,
    }


@pytest.fixture
def acme_center(acme, sink):
    with tenant(acme.id):
        center = CostCenter.objects.create(organization=acme, code="2010", name=CANARY)
        letter = OutboxMessage.objects.create(
            organization=acme, key=CANARY, kind="showback", recipient="a@b.example", subject=CANARY, html=CANARY
        )
    _mail(letter).send()
    return {"center": center.address, "letter": letter.id}


@pytest.fixture
def people(acme, globex):
    return {
        "owner": member(acme, Role.OWNER),
        "engineer": member(acme, Role.ENGINEER),
        "foreign": member(globex, Role.OWNER),
        "stranger": person("stranger@example.com"),
        "nobody": None,
    }


@pytest.fixture
def acme_view(acme, people):
    with tenant(acme.id):
        return SavedView.objects.create(organization=acme, owner=people["owner"], name=CANARY, params=f"is={CANARY}")


@pytest.fixture
def acme_people(acme):
    """A colleague with a scope, somebody removed and somebody invited."""
    canary, gone = member(acme, Role.VIEWER, f"{CANARY}@acme.example"), person("gone@example.com")
    with tenant(acme.id):
        place = Membership.objects.get(user=canary)
        scope = Scope.objects.create(organization=acme, membership=place, dimension="team", value=CANARY)
        former = FormerMember.objects.create(organization=acme, user=gone, role=Role.VIEWER, removed_at=NOW)
        invitation = Invitation.objects.create(
            organization=acme, email="new@example.com", role=Role.VIEWER, secret_sha256=CANARY, expires_at=NOW
        )
        key = ApiKey.objects.create(organization=acme, name=CANARY, role=Role.VIEWER, secret_sha256=CANARY)
    return {"key": key.id, "member": place.id, "scope": scope.id, "former": former.id, "invitation": invitation.id}


def addresses():
    from django.urls import get_resolver

    return {pattern.name for pattern in get_resolver().url_patterns if getattr(pattern, "name", None)}


def test_the_walk_covers_every_address():
    pages = [address for address, _ in own_views() if not address.startswith("api/")]

    assert addresses() == set(WALK)
    assert len(pages) == len(WALK)


@pytest.mark.parametrize("who", ["owner", "engineer", "foreign", "nobody", "stranger"])
@pytest.mark.parametrize("name", WALK)
def test_everybody_gets_what_is_theirs_and_nothing_else(
    client, people, acme_source, acme_papers, acme_people, acme_center, acme_view, name, who
):
    source, bill = acme_source
    arguments, method, expected = WALK[name]
    values = {
        "bill": bill.id,
        "source": source.id,
        "token": f"{uuid4().hex}.guess",
        "number": 7,
        "organization": source.organization_id,
        "kind": "focus",
        "view": acme_view.id,
        **acme_papers,
        **acme_center,
        **acme_people,
    }
    if people[who]:
        client.force_login(people[who])

    response = getattr(client, method)(reverse(name, args=[values[key] for key in arguments]))

    assert response.status_code == expected[who]
    if who != "owner":
        assert CANARY not in response.content.decode()


@pytest.mark.parametrize(("name", "method"), [("bill", "get"), ("pull", "post")])
def test_a_foreign_id_answers_exactly_as_an_unknown_one(client, people, acme_source, name, method):
    source, bill = acme_source
    foreign_id = {"bill": bill.id, "pull": source.id}[name]
    client.force_login(people["foreign"])

    foreign = getattr(client, method)(reverse(name, args=[foreign_id]))
    unknown = getattr(client, method)(reverse(name, args=[uuid4()]))

    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)


def test_an_organization_in_a_form_field_changes_nothing(client, people, acme, acme_source):
    client.force_login(people["foreign"])

    shown = client.get(reverse("bills"), {"organization": acme.id, "organization_id": acme.id})
    chosen = client.post(reverse("organizations"), {"organization": str(acme.id)})

    assert CANARY not in shown.content.decode()
    assert chosen.status_code == 404
    assert CANARY not in client.get(reverse("bills")).content.decode()


def test_a_session_left_over_from_another_organization_opens_nothing(client, people, acme, acme_source):
    client.force_login(people["foreign"])
    session = client.session
    session["organization_id"] = str(acme.id)
    session.save()

    assert CANARY not in client.get(reverse("bills")).content.decode()
