"""Contracts that end soon, as the newest bill of a list of contracts has them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ingestion.amortization import calendar
from ingestion.renewals import coming_renewals
from ingestion.selectors import source_statuses
from ingestion.services import create_source
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.conftest import NOW
from tests.ingestion.normalize.bills import CONTRACT_ROW, csv_text
from tests.ingestion.pulls import pull

TODAY = date(2026, 10, 20)
DESIGN = {
    "contract_id": "FIG-1", "vendor": "Figma", "contract_name": "Figma Organization", "start_date": "2025-12-01",
    "end_date": "2026-11-30", "amount": "34572.8", "currency": "USD", "seats": "64", "seats_active": "31",
    "renewal_notice_date": "2026-09-01", "auto_renews": "yes",
}  # fmt: skip
SUPPORT = {
    "contract_id": "ORA-1", "vendor": "Oracle", "contract_name": "Support", "start_date": "2026-02-01",
    "end_date": "2027-01-31", "amount": "100.000000000000000001", "currency": "EUR", "seats": "5", "seats_active": "",
    "renewal_notice_date": "2026-11-02", "auto_renews": "no",
}  # fmt: skip
LATER = {**SUPPORT, "contract_id": "MS-1", "vendor": "Microsoft", "end_date": "2027-05-31"}


@pytest.fixture
def deliver(acme, tmp_path, monkeypatch):
    """Return a function that imports a list of contracts."""
    monkeypatch.setattr(calendar, "today", lambda: TODAY)
    titles = dict.fromkeys([*CONTRACT_ROW, *DESIGN, *SUPPORT], "")

    def delivered(*rows, key="contracts"):
        folder = tmp_path / key
        folder.mkdir(exist_ok=True)
        (folder / "list.csv").write_text(csv_text([{**titles, **CONTRACT_ROW, **row} for row in rows]))
        with tenant(acme.id):
            source = create_source(
                organization_id=acme.id, key=key, name=key, kind="contracts", settings={"path": str(folder)}, at=NOW
            )
        assert pull(source).state == "imported"
        return source

    return delivered


def coming(organization, today=TODAY):
    with tenant(organization.id):
        return coming_renewals(source_statuses(at=NOW), today=today)


def test_what_is_to_be_decided_first_stands_first(acme, deliver):
    source = deliver(SUPPORT, DESIGN, LATER)

    design, support = coming(acme)

    assert (design.contract, design.name, design.vendor) == ("FIG-1", "Figma Organization", "Figma")
    assert (design.ends_on, design.notice_by, design.renews_by_itself) == (date(2026, 11, 30), date(2026, 9, 1), True)
    assert (design.amounts, design.seats, design.seats_active) == ({"USD": Decimal("34572.8")}, 64, 31)
    assert (design.source_id, design.period) == (source.id, date(2026, 10, 1))
    assert support.amounts == {"EUR": Decimal("100.000000000000000001")}
    assert (support.decide_by, support.renews_by_itself, support.seats_active) == (date(2026, 11, 2), False, None)


def test_lines_of_a_contract_add_up_by_currency_and_their_seats_are_not_told(acme, deliver):
    other = {**DESIGN, "line_id": "2", "amount": "0.2", "renewal_notice_date": "2026-08-31"}
    deliver(DESIGN, other, {**DESIGN, "line_id": "3", "currency": "EUR", "amount": "7"})

    (one,) = coming(acme)

    assert one.amounts == {"EUR": Decimal(7), "USD": Decimal(34573)}
    assert (one.seats, one.seats_active, one.notice_by) == (None, None, date(2026, 8, 31))


@pytest.mark.parametrize(
    ("today", "count"),
    [(date(2026, 11, 30), 1), (date(2026, 12, 1), 0), (date(2026, 11, 30) - timedelta(120), 1), (date(2026, 8, 1), 0)],
)
def test_a_term_counts_from_120_days_before_its_end_to_its_last_day(acme, deliver, today, count):
    deliver(DESIGN)

    assert len(coming(acme, today)) == count


def test_a_contract_that_says_nothing_of_its_renewal_is_decided_on_by_its_end(acme, deliver):
    deliver(
        {**DESIGN, "renewal_notice_date": "", "auto_renews": "", "contract_name": "", "seats": "", "seats_active": ""}
    )

    (one,) = coming(acme)

    assert (one.notice_by, one.decide_by, one.renews_by_itself) == (None, date(2026, 11, 30), None)
    assert (one.name, one.seats) == ("FIG-1", None)


def test_all_lists_count_and_those_of_others_do_not(acme, globex, deliver):
    deliver(DESIGN)
    deliver({**SUPPORT, "contract_id": "FIG-1", "vendor": "Figma"}, key="more")

    assert [(one.ends_on, one.vendor) for one in coming(acme)] == [
        (date(2026, 11, 30), "Figma"),
        (date(2027, 1, 31), "Figma"),
    ]
    assert coming(globex) == []


def test_a_bill_that_is_not_kept_tells_none(acme, deliver):
    deliver(DESIGN)
    for file in lake.organization_folder(acme.id).rglob("charges.parquet"):
        file.unlink()

    assert coming(acme) == []
