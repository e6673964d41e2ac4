"""Letters: their figures are the page's, they go to whom they are due, once, and say nothing a reader could not see."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from html import unescape
from html.parser import HTMLParser
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core import mail
from django.db import connections
from django.urls import reverse

from allocation.selectors import EVERYTHING
from ingestion.models import BillRevision, ImportRun
from itfm.accounts.models import Membership, Scope
from itfm.accounts.services import create_organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify import services
from itfm.notify.models import OutboxMessage
from itfm.notify.preferences import Subscription, unsubscribe, unsubscribe_token
from itfm.notify.services import send_queued
from itfm.pipeline import sweep_organization
from itfm.web.showback.letter import letter_of
from itfm.web.showback.movers import mover_address
from showback.letters import addressees, queue_letters
from showback.models import CostCenter, LetterSchedule
from showback.statements import statement
from tests.conftest import member
from tests.showback.advised import SAVINGS, advised, told
from tests.showback.ledgers import OCTOBER, ledgers

LEAD = "lead@acme.example"
DUE = datetime(2026, 11, 4, 9, tzinfo=UTC)
SPACE, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


def tags_of(html):
    """Return the elements a browser would see; a name inside an attribute is none."""
    found = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.add(tag)
    parser.feed(html)
    return found


def scheduled(organization):
    ledgers(organization, owner_email=LEAD)
    with tenant(organization.id):
        LetterSchedule.objects.create(organization=organization, is_on=True, business_day=3, hour=9)
    return organization


def scoped(organization, code, email):
    user = member(organization, Role.ENGINEER, email)
    with tenant(organization.id):
        place = Membership.objects.get(user=user)
        Scope.objects.create(organization=organization, membership=place, dimension="cost_center", value=code)
    return user


def written(organization, code="2010"):
    with tenant(organization.id):
        return letter_of(CostCenter.objects.get(code=code), OCTOBER, LEAD)


def outbox(organization):
    with tenant(organization.id):
        return list(OutboxMessage.objects.filter(kind="showback").order_by("recipient"))


def queued(organization, at=DUE):
    return queue_letters(organization.id, at=at, write=letter_of)


def test_subject_and_text_carry_the_figures_of_the_page(acme):
    ledgers(acme)

    letter = written(acme)

    # 1,225 against 1,200: 25 / 1,200 = 2.08 %
    assert letter.subject == f"Payments, October: 1,225.00{SPACE}USD (+2.1{SPACE}%)"
    for line in (
        f"Direct cost: 1,200.00{SPACE}USD",
        f"Logging: 75.00{SPACE}USD = 75.0{SPACE}% of this pool, by Ingested log volume",
        f"Credits: {MINUS}50.00{SPACE}USD",
        f"Total: 1,225.00{SPACE}USD",
        f"month before 1,200.00{SPACE}USD, average of the three before 700.00{SPACE}USD",
        f"{MINUS}250.00{SPACE}Storage (gone), +200.00{SPACE}Queue (new), +100.00{SPACE}Compute, {MINUS}25.00{SPACE}other.",
        "Complete, data through 28 October 2026, rules version 3.",
        "nothing changed, both months stand on version 3.",
    ):
        assert line in letter.text


def test_the_html_has_the_same_figures_and_reads_without_its_picture(acme):
    ledgers(acme)

    letter = written(acme)

    for figure in ("1,225.00", "1,200.00", "700.00", "75.00", "Ingested log volume", "Storage (gone)"):
        assert figure in letter.html
    assert 'src="cid:trend"' in letter.html
    assert 'alt="Cost per month: October 2026 1,225.00 USD; September 2026 1,200.00 USD' in letter.html
    assert "prefers-color-scheme" in letter.html
    assert "fonts.googleapis" not in letter.html
    assert letter.images[0].png.startswith(b"\x89PNG")


def test_hostile_names_stay_text_and_start_no_header(acme):
    ledgers(acme)
    with tenant(acme.id):
        CostCenter.objects.filter(code="2010").update(name="<script>alert(1)</script>\r\nBcc: all@evil.example\x07")

    letter = written(acme)
    with tenant(acme.id):
        services.queue_letter(letter, organization_id=acme.id, key="x", recipient=LEAD)
    send_queued(acme.id, at=DUE)

    assert "script" not in tags_of(letter.html)
    assert "&lt;script&gt;alert(1)" in letter.html
    sent = message_from_bytes(mail.outbox[0].message().as_bytes())
    assert sent["Bcc"] is None
    assert "\n" not in mail.outbox[0].subject
    assert mail.outbox[0].recipients() == [LEAD]


def test_letters_go_to_owners_and_to_members_whose_scope_names_the_cost_center(acme):
    scheduled(acme)
    member(acme, Role.OWNER)
    scoped(acme, "2020", "check@acme.example")
    scoped(acme, "9999", "nowhere@acme.example")

    with tenant(acme.id):
        assert [(one.center.code, one.email) for one in addressees()] == [
            ("2010", LEAD),
            ("2020", "check@acme.example"),
        ]
    assert queued(acme) == 2
    letters = outbox(acme)
    assert [letter.recipient for letter in letters] == ["check@acme.example", LEAD]
    assert "Payments" not in letters[0].text


def test_nothing_goes_out_before_it_is_due_or_while_the_schedule_is_off(acme):
    scheduled(acme)
    with tenant(acme.id):
        LetterSchedule.objects.update(is_on=False)
    assert queued(acme) == 0

    with tenant(acme.id):
        LetterSchedule.objects.update(is_on=True)
    queued(acme, at=DUE - timedelta(seconds=1))
    assert [one.about["period"] for one in outbox(acme)] == ["2026-09"]


def test_letters_wait_for_the_last_bill(acme):
    scheduled(acme)
    with tenant(acme.id):
        BillRevision.objects.update(imported_at=datetime(2026, 10, 31, tzinfo=UTC))
        ImportRun.objects.update(finished_at=datetime(2026, 10, 31, tzinfo=UTC))
    assert queued(acme) == 0

    with tenant(acme.id):
        ImportRun.objects.update(finished_at=DUE)
    assert queued(acme) == 1


def test_who_has_unsubscribed_gets_none(acme):
    scheduled(acme)
    unsubscribe(Subscription(organization_id=acme.id, email=LEAD, kind="showback"), at=DUE)

    assert queued(acme) == 0


def test_a_letter_is_written_once_by_many_sweeps_at_the_same_time(committed_db):
    acme = scheduled(create_organization("Acme", slug="acme"))

    def write(_):
        try:
            return queued(acme)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(4))) == 1
    assert queued(acme) == 0
    assert len(outbox(acme)) == 1


def test_the_sweep_hints_at_letters_that_are_due(acme):
    scheduled(acme)
    with patch("itfm.pipeline._hint") as hint, patch("itfm.pipeline.timezone.now", return_value=DUE):
        sweep_organization(acme.id)
    assert "itfm.pipeline.write_letters" in [call.args[0].name for call in hint.call_args_list]


def test_a_sender_killed_between_sending_and_marking_leaves_the_letter_uncertain(acme, monkeypatch):
    scheduled(acme)
    queued(acme)
    with monkeypatch.context() as killed:
        killed.setattr(services, "_mark", lambda message, **fields: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            send_queued(acme.id, at=DUE)

    assert send_queued(acme.id, at=DUE + timedelta(minutes=11)) == queued(acme) == 0
    assert [letter.state for letter in outbox(acme)] == ["uncertain"]
    assert len(mail.outbox) == 1


def test_the_mail_has_its_picture_inside_and_a_way_to_stop(acme):
    scheduled(acme)
    queued(acme)
    send_queued(acme.id, at=DUE)

    sent = message_from_bytes(mail.outbox[0].message().as_bytes())

    assert sent.get_content_type() == "multipart/related"
    assert [part.get_content_type() for part in sent.walk()][1:] == [
        "multipart/alternative", "text/plain", "text/html", "image/png",
    ]  # fmt: skip
    assert [part["Content-ID"] for part in sent.walk() if part.get_content_type() == "image/png"] == ["<trend>"]
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/unsubscribe/" in sent["List-Unsubscribe"]
    assert outbox(acme)[0].images == []


def test_one_click_stops_the_letters_without_a_login_and_can_be_undone(client, acme):
    scheduled(acme)
    client.handler.enforce_csrf_checks = True
    token = unsubscribe_token(Subscription(organization_id=acme.id, email=LEAD, kind="showback"))
    address = reverse("unsubscribe", args=[token])

    asked = client.get(address)
    with tenant(acme.id):
        assert len(addressees()) == 1
    stopped = client.post(address, {"List-Unsubscribe": "One-Click"})
    with tenant(acme.id):
        assert addressees() == []
    client.post(address, {"again": "yes"})

    assert (asked.status_code, stopped.status_code) == (200, 200)
    with tenant(acme.id):
        assert len(addressees()) == 1


def test_a_link_that_was_changed_stops_nothing(client, acme):
    token = unsubscribe_token(Subscription(organization_id=acme.id, email=LEAD, kind="showback"))

    assert client.post(reverse("unsubscribe", args=[token[:-1] + "_"])).status_code == 404


def test_the_preview_is_the_letter_under_a_policy_of_its_own(client, acme):
    ledgers(acme)
    client.force_login(member(acme, Role.OWNER))

    page = client.get(reverse("letter", args=["2010"]), {"period": "2026-10"})
    frame = client.get(reverse("letter_html", args=["2010"]), {"period": "2026-10"})

    assert f"Payments, October: 1,225.00{SPACE}USD" in page.content.decode()
    assert frame["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert 'src="data:image/png;base64,' in frame.content.decode()


def test_a_test_letter_goes_to_oneself_only(client, acme):
    ledgers(acme, owner_email=LEAD)
    client.force_login(member(acme, Role.OWNER, "me@acme.example"))

    client.post(reverse("letter_test", args=["2010"]) + "?period=2026-10")
    send_queued(acme.id, at=DUE)

    assert [letter.to for letter in mail.outbox] == [["me@acme.example"]]


def test_only_a_failed_letter_is_sent_again(client, acme):
    scheduled(acme)
    queued(acme)
    client.force_login(member(acme, Role.FINANCE))
    (letter,) = outbox(acme)
    with tenant(acme.id):
        OutboxMessage.objects.update(state="uncertain")
    client.post(reverse("letter_again", args=[letter.id]))
    assert outbox(acme)[0].state == "uncertain"

    with tenant(acme.id):
        OutboxMessage.objects.update(state="failed", attempts=5)
    client.post(reverse("letter_again", args=[letter.id]))

    assert outbox(acme)[0].state == "queued"
    assert LEAD in client.get(reverse("letters")).content.decode()


def test_the_schedule_is_saved_and_written_down(client, acme):
    client.force_login(member(acme, Role.FINANCE))
    wanted = {"is_on": "on", "business_day": "2", "hour": "8", "time_zone": "Europe/Berlin"}

    client.post(reverse("letters_schedule"), wanted)
    refused = client.post(reverse("letters_schedule"), {**wanted, "business_day": "31"})

    with tenant(acme.id):
        saved = LetterSchedule.objects.get()
    assert (saved.is_on, saved.business_day, saved.hour, saved.time_zone) == (True, 2, 8, "Europe/Berlin")
    assert refused.status_code == 422


def test_each_change_leads_to_the_page_with_the_figure_and_the_month_before(client, acme):
    ledgers(acme, owner_email=LEAD)
    client.force_login(member(acme, Role.OWNER, "links@acme.example"))
    with tenant(acme.id):
        found = statement(CostCenter.objects.get(code="2010"), period=OCTOBER, visibility=EVERYTHING)
        text = letter_of(CostCenter.objects.get(code="2010"), OCTOBER, LEAD).text

    [currency] = found.currencies
    assert currency.top_movers
    for mover in currency.top_movers:
        path = mover_address(mover, found, currency=currency.currency)
        part = client.get(path).context["page"].parts[0]
        assert (part.total, part.comparison) == (mover.now, mover.before)
        assert f"{settings.SITE_URL.rstrip('/')}{path}\n" in text


def test_the_letter_tells_what_would_save_the_most_as_the_page_does(client, acme):
    advised(acme)
    client.force_login(member(acme, Role.OWNER, "links@acme.example"))
    rows = client.get(reverse("scorecard", args=["2010"]), {"period": "2026-10"}).context["page"].actions

    letter = written(acme)

    assert len(rows) == 2
    assert "What would save the most each month, as your providers estimate it:" in letter.text
    for row in rows:
        saving, cost = row.action.estimated_monthly_savings, row.action.cost
        assert f"- {row.what}, {row.resource} ({row.where}): {saving:.2f}{SPACE}USD a month\n" in letter.text
        assert f"  It cost {cost:.2f}{SPACE}USD in October 2026. AWS, 31 October 2026.\n" in letter.text
        assert f"  {settings.SITE_URL.rstrip('/')}{row.url}\n" in letter.text
        assert f">{row.resource}</a>" in letter.html
        assert f"{saving:.2f}{SPACE}USD" in unescape(letter.html)


def test_a_resource_without_a_cost_in_that_currency_is_told_without_a_link(acme):
    advised(acme)

    letter = written(acme, "9020")

    assert f"- Rightsize, logs (Ec2Instance, Payments): 20.00{SPACE}USD a month\n" in letter.text
    assert "It cost" not in letter.text
    assert ">logs</a>" not in letter.html


def test_what_a_list_says_is_text_in_the_letter(acme):
    source = advised(acme)
    bad = {
        "resource_id": "disk",
        SAVINGS: "70",
        "action": "<b>Stop</b>",
        "current_summary": "<script>alert(1)</script>",
    }
    told(source, bad, told_on=date(2026, 11, 2))

    letter = written(acme, "2020")

    assert '<html lang="en" dir="ltr"' in letter.html
    assert "<b>Stop</b>, disk" in letter.text
    assert "script" not in tags_of(letter.html)
    assert "&lt;b&gt;Stop&lt;/b&gt;" in letter.html
