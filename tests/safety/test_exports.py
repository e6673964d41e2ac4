"""Whatever stands in a bill, a name or an address: it leaves as text, in tables, pages, letters and logs."""

import csv
import io
import json
import logging
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from ingestion.models import Bill
from ingestion.services import create_source, request_import, run_import
from itfm.core.inert import inert
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.services import queue_message, send_queued
from tests.api.conftest import Program
from tests.conftest import NOW, key_of, member
from tests.ingestion.focus_files import line, write_bill
from tests.safety.addresses import addresses, paths
from tests.safety.plants import plant

TAG = "xss-canary"
HOSTILE = [f"""=1+1'"><{TAG} onload="x">""", f"@x</script></textarea></title><{TAG} onmouseover='x'>"]
SERVICES = ["=SUM(A1)", "+1", "-1", "@cmd", " =1", "\uff1d1", "1E5"]


class Elements(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.found = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(name for name, _ in attrs)}


def live_cells(content):
    """Return the cells of a CSV that a spreadsheet would run; a number is none."""
    return [
        cell for row in csv.reader(io.StringIO(content)) for cell in row if inert(cell) != cell and not is_number(cell)
    ]


def is_number(cell):
    try:
        Decimal(cell)
    except InvalidOperation:
        return False
    return True


def check(response, where):
    """Return what kind of answer it was, after looking for what is live in it."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    disposition = response.headers.get("Content-Disposition", "")
    assert not {"\r", "\n"} & set(disposition), where
    if kind == "text/html":
        assert not {TAG, "onload", "onmouseover"} & Elements(content.decode()).found, where
    elif kind == "text/csv":
        assert live_cells(content.decode("utf-8-sig")) == [], where
    elif "spreadsheet" in kind:
        for row in load_workbook(io.BytesIO(content)).active.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row), where
    return kind


@pytest.mark.parametrize("word", HOSTILE)
def test_a_hostile_word_in_every_text_is_live_on_no_page_and_in_no_file(client, acme, word):
    owner = member(acme, Role.OWNER)
    planted = plant(acme, user=owner, word=word)
    client.force_login(owner)
    client.raise_request_exception = False  # what is planted is no whole company; some pages miss a part of it
    kinds = set()

    for address in addresses():
        for path in paths(address, planted):
            kinds.add(check(client.get(path), path))
    for form in ("csv", "xlsx", "focus.csv"):
        answer = client.get(f"{reverse('explore_export')}?format={form}&by=service_name&first=2026-10&last=2026-10")
        kinds.add(check(answer, form))

    assert {"text/html", "text/csv", "application/json"} <= kinds
    assert any("spreadsheet" in kind for kind in kinds)


def test_the_charges_of_a_hostile_bill_leave_as_texts_and_numbers(client, acme, tmp_path):
    write_bill(tmp_path / "b" / "o.csv", *(line("-1.5", service=one, tags="") for one in SERVICES))
    with tenant(acme.id):
        source = create_source(
            organization_id=acme.id, key="k", name="=K", kind="focus", settings={"path": str(tmp_path / "b")}, at=NOW
        )
        run, _ = request_import(source, trigger="command", at=NOW)
    run_import(acme.id, run_id=run.id, retries=False)
    with tenant(acme.id):
        bill = Bill.objects.get()
    client.force_login(member(acme, Role.OWNER))
    files = [
        client.get(reverse("bill_charges_csv", args=[bill.id])),
        Program(key_of(acme, Role.OWNER)).get("charges/file?period=2026-10"),
    ]

    for answer in files:
        content = b"".join(answer.streaming_content).decode()
        answer.close()
        rows = list(csv.DictReader(io.StringIO(content)))
        assert live_cells(content) == []
        assert [row["ServiceName"] for row in rows] == [inert(one.strip() if one != " =1" else one) for one in SERVICES]
        assert {Decimal(row["BilledCost"]) for row in rows} == {Decimal("-1.5")}


def test_live_cells_are_found():
    assert live_cells("a,=1+1\r\n-5,+x\r\n") == ["=1+1", "+x"]


def test_a_letter_gets_no_header_from_a_word(acme, db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with tenant(acme.id):
        queue_message(
            organization_id=acme.id,
            key="x",
            recipient="ada@example.com",
            subject="Costs\r\nBcc: all@evil.example\r\n\r\n<b>",
            text="hello",
        )
    send_queued(acme.id, at=timezone.now())

    (letter,) = mail.outbox
    assert letter.recipients() == ["ada@example.com"]
    assert letter.message().get_all("Bcc") is None
    assert "\n" not in letter.subject


def test_a_word_starts_no_line_of_the_log(settings):
    from logging import StreamHandler
    from logging.config import dictConfig

    stream = io.StringIO()
    handler = StreamHandler(stream)
    dictConfig(settings.LOGGING)
    handler.setFormatter(logging.getLogger().handlers[-1].formatter)
    logger = logging.getLogger("tests.hostile")
    logger.addHandler(handler)
    logger.warning('failed for x\r\n{"event": "forged", "level": "info"}\x1b[2J')
    logger.removeHandler(handler)

    (only,) = stream.getvalue().splitlines()
    assert json.loads(only)["event"].startswith("failed for x\r\n")
