"""From a person's factors and sessions to the page of their own account."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import password_validators_help_texts

from itfm.accounts.models import Membership, User
from itfm.web.settings.page import AccountPage, SessionRow
from itfm.web.shell.page import Shell


def account_page(
    *, shell: Shell | None, membership: Membership | None, user: User, session_key: str | None
) -> AccountPage:
    """Return how the person logs in and where they are logged in."""
    factors = {factor.type: factor for factor in Authenticator.objects.filter(user=user)}
    recovery = factors.get(Authenticator.Type.RECOVERY_CODES)
    return AccountPage(
        shell=shell,
        tab="settings_security",
        email=user.email,
        has_totp=Authenticator.Type.TOTP in factors,
        passkey_count=Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count(),
        unused_recovery_code_count=len(recovery.wrap().get_unused_codes()) if recovery else None,
        is_factor_asked_for=bool(membership and membership.organization.requires_second_factor),
        password_rules=tuple(password_validators_help_texts()),
        sessions=tuple(
            SessionRow(
                id=session.pk,
                browser=browser_of(session.user_agent),
                ip=session.ip,
                began_at=session.created_at,
                is_current=session.session_key == session_key,
            )
            for session in sorted(
                UserSession.objects.purge_and_list(user), key=lambda session: session.created_at, reverse=True
            )
        ),
    )


BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str:
    """Return a browser's own description in words, as far as it is known: `Firefox on Linux`."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or user_agent[:60] or "Unknown browser"
