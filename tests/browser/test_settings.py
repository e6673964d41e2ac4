"""Settings in a real browser: reachable, readable, and usable without script."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from itfm.accounts.keys import KeyGrant, create_key
from itfm.accounts.models import FormerMember, Membership, Scope
from itfm.accounts.services import invite
from itfm.audit.services import Actor
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from showback.services import CostCenterBranch, replace_cost_centers
from tests.browser.conftest import assert_accessible, log_in
from tests.browser.northwind import northwind
from tests.conftest import PASSWORD, member, person

PATHS = (
    "settings",
    "settings/members",
    "settings/members?q=nobody",
    "settings/keys",
    "settings/audit",
    "settings/audit?action=key.created",
    "settings/audit?from=yesterday",
    "settings/account",
    "settings/leave",
    "settings/close",
    "settings/notifications",
    "account/password/change/",
    "account/email/",
    "account/sessions/",
    "account/2fa/",
    "account/2fa/webauthn/",
)


def furnished():
    """A company with a colleague, somebody invited, somebody removed, a key, and cost centers."""
    company = northwind()
    organization = company.organization
    engineer = member(organization, Role.ENGINEER, "grace@northwind.example")
    with tenant(organization.id):
        place = Membership.objects.get(user=engineer)
        replace_cost_centers(
            [CostCenterBranch(code="1100", name="Payments"), CostCenterBranch(code="1200", name="Search")],
            organization_id=organization.id,
        )
        Scope.objects.create(organization=organization, membership=place, dimension="team", value="Payments")
        FormerMember.objects.create(
            organization=organization, user=person("old@northwind.example"), role="viewer", removed_at=timezone.now()
        )
        invite(
            "new@northwind.example",
            organization=organization,
            role=Role.VIEWER,
            by=Actor(id=company.owner.pk, name=company.owner.email),
            at=timezone.now(),
        )
        create_key(
            "nightly export",
            organization_id=organization.id,
            grant=KeyGrant(role=Role.VIEWER),
            giver=None,
            by=Actor(id=None, name="command line"),
            expires_at=None,
        )
    return company, place


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_every_settings_page_is_accessible_and_fits(site, new_page, width, theme):
    _, place = furnished()
    page = new_page(width=width, theme=theme)
    log_in(page, site, "ada@northwind.example")

    for path in (*PATHS, *(f"settings/members/{place.id}{end}" for end in ("", "/remove", "/transfer"))):
        page.goto(f"{site}/{path}")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert_accessible(page)


def test_an_admin_gives_a_colleague_a_scope_found_while_typing(site, new_page):
    _, place = furnished()
    page = new_page()
    log_in(page, site, "ada@northwind.example")
    page.goto(f"{site}/settings/members/{place.id}")

    page.get_by_label("Name or code").press_sequentially("sear")
    expect(page.locator("#found li")).to_have_count(1)
    page.get_by_role("button", name="Add 1200 Search").click()

    expect(page.get_by_text("cost_center = 1200").first).to_be_visible()
    page.goto(f"{site}/settings/audit")
    expect(page.get_by_role("row", name=re.compile("Member: scope added"))).to_contain_text("cost_center = 1200")


def test_a_key_is_copied_the_one_time_it_is_shown(site, new_page):
    furnished()
    page = new_page()
    log_in(page, site, "ada@northwind.example")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site}/settings/keys")
    page.get_by_label("Name").fill("dashboard")
    page.get_by_role("button", name="Create key").click()
    secret = page.locator("#secret").inner_text()

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert_accessible(page)


def test_members_are_managed_without_script(site, chromium):
    furnished()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/account/login/")
    page.get_by_label("Email").fill("ada@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()

    page.goto(f"{site}/settings/members")
    page.get_by_role("link", name="grace@northwind.example").click()
    page.get_by_label("Finance").check()
    page.get_by_role("button", name="Save role").click()
    expect(page.get_by_text("The role is now finance.")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Remove")).click()
    page.get_by_role("button", name=re.compile("^Remove")).click()
    expect(page.get_by_text("You can bring them back within 30 days")).to_be_visible()
    page.get_by_role("button", name="Bring back grace@northwind.example").click()

    expect(page.get_by_text("grace@northwind.example is back, as finance.")).to_be_visible()
    context.close()


def test_an_owner_closes_the_organization_and_restores_it(site, new_page):
    furnished()
    page = new_page(width="phone")
    log_in(page, site, "ada@northwind.example")
    page.goto(f"{site}/settings")

    page.get_by_role("link", name=re.compile("^Close")).click()
    page.get_by_label("Type northwind to confirm").fill("northwind")
    page.get_by_role("button", name=re.compile("^Close")).click()
    expect(page.get_by_role("heading", name="Your organization is closed")).to_be_visible()
    assert_accessible(page)
    page.goto(f"{site}/explore")
    expect(page).to_have_url(f"{site}/organizations")
    page.get_by_role("button", name=re.compile("^Restore")).click()

    expect(page).to_have_url(f"{site}/overview")


def test_somebody_logs_in_with_a_passkey(site, new_page):
    furnished()
    page = new_page()
    address = site.replace("127.0.0.1", "localhost")
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    log_in(page, address, "ada@northwind.example")
    page.goto(f"{address}/account/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    assert_accessible(page)
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name=re.compile("Recovery Codes|Security Keys"))).to_be_visible()
    page.goto(f"{address}/account/logout/")
    page.get_by_role("button", name="Log out", exact=True).click()

    page.goto(f"{address}/account/login/")
    page.get_by_role("button", name="Log in with a passkey").click()

    page.wait_for_url("**/overview")
