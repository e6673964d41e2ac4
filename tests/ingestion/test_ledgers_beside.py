"""Postings that stand in files of several ledger sources: in all they count once, whatever comes, changes and goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from ingestion.models import Bill, BillRevision, BillSource, Finding, ImportRun
from ingestion.services import beside, create_source, queue_due, remove_source, restore_source, run_import, uploads
from itfm.accounts.models import Organization
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member
from tests.ingestion import pulls
from tests.ingestion.normalize.bills import POSTING_ROW, csv_text
from tests.ingestion.pulls import pull

Row = dict[str, str]
in_force = partial(pulls.in_force, currency="EUR")


@pytest.fixture
def ledgers(acme: Organization, tmp_path: Path) -> Callable[..., BillSource]:
    def ledger(key: str, *rows: Mapping[str, str], **settings: str) -> BillSource:
        """Connect a ledger source of these postings, or give it these from now on."""
        folder = tmp_path / key
        folder.mkdir(exist_ok=True)
        titles = dict.fromkeys((title for row in rows for title in row), "")
        (folder / "postings.csv").write_text(csv_text([{**titles, **POSTING_ROW, **row} for row in rows]))
        with tenant(acme.id):
            found = BillSource.objects.filter(key=key).first()
            return found or create_source(
                organization_id=acme.id,
                key=key,
                name=key.title(),
                kind="ledger",
                settings={"path": str(folder), **settings},
                at=NOW,
            )

    return ledger


def posting(number: int, amount: str = "", **changes: str) -> Row:
    return {"posting_id": f"p{number}", "amount": amount or f"{number}.01", **changes}


def total(organization: Organization) -> Decimal:
    with tenant(organization.id):
        bills = Bill.objects.filter(current_revision__isnull=False).select_related("current_revision")
        return sum((Decimal(one.current_revision.totals["EUR"]["billed_cost"]) for one in bills), Decimal(0))


def union(*lists: Iterable[Row]) -> Decimal:
    """Return what the postings of several lists come to, each counted once."""
    every = {tuple(sorted(row.items())) for rows in lists for row in rows}
    return sum((Decimal(dict(row)["amount"]) for row in every), Decimal(0))


def settle(organization: Organization) -> int:
    """Run what the sweep queues until nothing is due any more; return how many imports that were."""
    for count in range(20):
        with tenant(organization.id):
            due = list(ImportRun.objects.filter(state="queued").values_list("id", flat=True))
        runs = due or queue_due(organization.id, at=timezone.now())
        if not runs:
            return count
        for run in runs:
            assert run_import(organization.id, run_id=run, retries=False).state in {"imported", "unchanged"}
    raise AssertionError("it never settles")


def found(source: BillSource) -> list[tuple[str, str]]:
    with tenant(source.organization_id):
        run = ImportRun.objects.filter(source=source).order_by("-queued_at", "-id")[0]
        return list(Finding.objects.filter(run=run).order_by("number").values_list("code", "message"))


def test_what_another_source_counts_is_left_out_and_told_with_its_amount(ledgers, acme):
    erp = ledgers("erp", posting(1, "1000"), posting(2, "234.56"))
    by_hand = ledgers("hand", posting(2, "234.56"), posting(3, "5"))
    pull(erp)
    pull(by_hand)

    assert (in_force(erp), in_force(by_hand)) == ([("2026-10", 1, "1234.56")], [("2026-10", 1, "5")])
    message = (
        "1 postings of 234.56 EUR stand in the source Erp as well, by their ids, and were not counted a second time."
    )
    assert ("postings_elsewhere", message) in found(by_hand)
    with tenant(acme.id):
        kept = BillRevision.objects.get(bill__source=by_hand).read_beside
    told = {"source": "erp", "match": "same", "is_left_out": True, "currency": "EUR", "count": 1, "amount": "234.56"}
    assert kept["postings"] == [told]
    assert settle(acme) == 1  # the first is held against the second, too
    assert total(acme) == Decimal("1239.56")
    assert pull(by_hand).state == "unchanged"


OCTOBER = [posting(1), posting(2), posting(3)]
NOVEMBER = [posting(7, date="2026-11-03"), posting(8, date="2026-11-03")]
OVERLAPPING = ([*OCTOBER, NOVEMBER[0]], [posting(2), posting(4), *NOVEMBER], [posting(4), posting(9), posting(1)])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_total_is_that_of_the_union_in_whatever_order_they_come(ledgers, acme, order):
    for number in order:
        pull(ledgers(f"gl-{number}", *OVERLAPPING[number]))
    assert total(acme) == union(*OVERLAPPING)
    settle(acme)
    assert total(acme) == union(*OVERLAPPING)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("changed", [0, 1])
def test_what_a_restated_source_says_no_more_comes_back_with_the_other(ledgers, acme, first, changed):
    lists = [[posting(1), posting(2), posting(3)], [posting(2), posting(3), posting(4)]]
    for number in (first, 1 - first):
        pull(ledgers(f"gl-{number}", *lists[number]))
    lists[changed] = [posting(3), posting(5)]

    pull(ledgers(f"gl-{changed}", *lists[changed]))
    assert pull(ledgers(f"gl-{1 - changed}", *lists[1 - changed])).state in {"imported", "unchanged"}
    settle(acme)

    assert total(acme) == union(*lists)


@pytest.mark.parametrize("gone", [0, 1])
@pytest.mark.parametrize("by_sweep", [False, True])
def test_a_source_that_is_removed_leaves_its_postings_to_the_other_and_back_they_count_once(
    ledgers, acme, gone, by_sweep
):
    lists = [[posting(1), posting(2)], [posting(2), posting(3)]]
    sources = [ledgers(f"gl-{number}", *rows) for number, rows in enumerate(lists)]
    for source in sources:
        pull(source)
    settle(acme)

    with tenant(acme.id):
        remove_source(sources[gone], withdraws_bills=True, at=NOW)
    assert (settle(acme) if by_sweep else pull(sources[1 - gone]).state) in {1, "imported", "unchanged"}
    assert total(acme) == union(lists[1 - gone])

    with tenant(acme.id):
        restore_source(sources[gone], at=NOW)
    settle(acme)
    assert total(acme) == union(*lists)


def test_a_source_whose_postings_another_counts_all_has_a_bill_of_nothing_and_takes_over(ledgers, acme):
    erp, again = ledgers("erp", *OCTOBER), ledgers("again", *OCTOBER)
    pull(erp)

    assert pull(again).state == "imported"
    assert in_force(again) == [("2026-10", 1, "0")]
    with tenant(acme.id):
        remove_source(erp, withdraws_bills=True, at=NOW)
    settle(acme)
    assert in_force(again) == [("2026-10", 2, "6.03")]


def test_equal_rows_count_as_often_as_the_source_that_has_most(ledgers, acme):
    once, thrice = [posting(1)], [posting(1)] * 3
    for names in (("a", "b"), ("c", "d")):
        with tenant(acme.id):
            Bill.objects.update(current_revision=None)
        rows = dict(zip(names, (once, thrice) if names[0] == "a" else (thrice, once), strict=True))
        for name in names:
            pull(ledgers(name, *rows[name]))
        assert total(acme) == Decimal("3.03")
        for name in names:
            pull(ledgers(name, *rows[name]))
            assert total(acme) == Decimal("3.03")


def test_the_same_id_with_another_amount_counts_in_both_and_is_a_warning(ledgers, acme):
    pull(ledgers("erp", posting(1, "100")))
    by_hand = ledgers("hand", posting(1, "120"))
    pull(by_hand)

    assert total(acme) == Decimal(220)
    ((_, message),) = [one for one in found(by_hand) if one[0] == "postings_differ_elsewhere"]
    assert message.startswith("1 postings of 120 EUR have ids of postings that the source Erp counts with another day")


def test_documents_of_two_companies_are_two_and_ids_of_a_system_one_whatever_the_company(ledgers, acme):
    line = {"document": "J-1", "line": "1", "amount": "10"}
    pull(ledgers("one", {**line, "company": "Acme"}))
    pull(ledgers("two", {**line, "company": "Acme Ltd"}))
    assert total(acme) == Decimal(20)

    pull(ledgers("three", {**line, "company": "Acme"}, posting(1, "1", company="Acme")))
    pull(ledgers("four", posting(1, "1")))
    assert total(acme) == Decimal(21)


def test_sap_numbers_are_the_same_with_and_without_zeros(ledgers, acme, tmp_path):
    titles = "Company Code,Posting Date,Document Number,Line item,Account,Amount in local currency,Local Currency\n"
    sources = [ledgers(key, {}) for key in ("long", "short")]
    (tmp_path / "long" / "postings.csv").write_text(f"{titles}1000,2026-10-05,0000490001,001,0000610000,5,EUR\n")
    (tmp_path / "short" / "postings.csv").write_text(f"{titles}1000,2026-10-05,490001,1,610000,5,EUR\n")
    for source in sources:
        pull(source)

    assert total(acme) == Decimal(5)


def test_without_ids_all_count_with_a_warning_until_the_source_says_that_they_are_the_same(ledgers, acme):
    rows = [{"amount": "10"}, {"amount": "10"}, {"amount": "7", "document": "J-9"}]
    pull(ledgers("erp", *rows[:2]))
    by_hand = ledgers("hand", *rows)
    pull(by_hand)

    assert total(acme) == Decimal(47)
    ((_, message),) = [one for one in found(by_hand) if one[0] == "postings_alike_elsewhere"]
    assert message.startswith("2 postings of 20 EUR are like those that the source Erp counts, and no ids tell")

    with tenant(acme.id):
        by_hand.settings = {**by_hand.settings, "alike": "leave_out"}
        by_hand.save(update_fields=["settings"])
    pull(by_hand)
    settle(acme)
    assert total(acme) == Decimal(27)
    assert [code for code, _ in found(by_hand)].count("postings_alike_left_out") == 1


def test_another_document_or_company_is_not_alike(ledgers, acme):
    pull(ledgers("erp", {"document": "J-1", "company": "Acme"}))
    by_hand = ledgers("hand", {"document": "J-2", "company": "Acme"}, {"document": "J-1", "company": "Other"})
    pull(by_hand)

    assert [code for code, _ in found(by_hand) if "elsewhere" in code] == []


def test_sources_of_different_books_are_not_compared(ledgers, acme):
    pull(ledgers("erp", posting(1)))
    japan = ledgers("japan", posting(1), book="Japan")
    pull(japan)

    assert total(acme) == Decimal("2.02")
    assert [code for code, _ in found(japan) if "elsewhere" in code] == []


def test_bills_that_came_in_before_postings_had_ids_are_read_again_by_themselves(ledgers, acme):
    erp, by_hand = ledgers("erp", *OCTOBER), ledgers("hand", *OCTOBER[:2])
    for source in (erp, by_hand):
        pull(source)
    with tenant(acme.id):
        BillRevision.objects.update(read_beside={})

    assert settle(acme) >= 1
    assert total(acme) == union(OCTOBER)


def test_the_look_at_an_upload_tells_what_another_source_counts_before_it_is_imported(ledgers, acme):
    pull(ledgers("erp", *OCTOBER))
    titles = {"posting_id": ""}
    content = csv_text([{**titles, **POSTING_ROW, **row} for row in OCTOBER[:2]]).encode()
    with tenant(acme.id):
        upload = uploads.take_upload(
            [content],
            organization_id=acme.id,
            name="october.csv",
            kind="ledger",
            settings={},
            uploaded_by=member(acme, Role.OWNER).id,
            at=timezone.now(),
        )
    uploads.check_upload(acme.id, upload_id=upload.id)

    with tenant(acme.id):
        upload.refresh_from_db()
    assert [one["message"] for one in upload.preview["findings"] if one["code"] == "postings_elsewhere"] == [
        "2 postings of 3.02 EUR stand in the source Erp as well, by their ids, and were not counted a second time."
    ]


def test_another_organization_has_its_own(ledgers, acme, globex, tmp_path):
    pull(ledgers("erp", *OCTOBER))
    with tenant(globex.id):
        theirs = create_source(
            organization_id=globex.id,
            key="erp",
            name="Theirs",
            kind="ledger",
            settings={"path": str(tmp_path / "erp")},
            at=NOW,
        )
    pull(theirs)

    assert in_force(theirs) == [("2026-10", 1, "6.03")]


def test_one_that_cannot_be_read_again_is_asked_for_once(ledgers, acme, monkeypatch):
    erp, by_hand = ledgers("erp", *OCTOBER), ledgers("hand", *OCTOBER)
    for source in (erp, by_hand):
        pull(source)
    settle(acme)
    monkeypatch.setattr("ingestion.services.reading_again._archived", lambda revision: 1 / 0)
    with tenant(acme.id):
        remove_source(erp, withdraws_bills=True, at=NOW)

    (run,) = queue_due(acme.id, at=timezone.now())
    assert run_import(acme.id, run_id=run, retries=False).state == "failed"
    assert queue_due(acme.id, at=timezone.now()) == []

    monkeypatch.undo()
    assert pull(by_hand).state == "imported"
    assert total(acme) == union(OCTOBER)


def test_a_source_that_changes_while_another_is_read_has_that_read_once_more(ledgers, acme, monkeypatch):
    erp, by_hand = ledgers("erp", *OCTOBER), ledgers("hand", *OCTOBER)
    snapshot, asked = beside.read_beside, []

    def meanwhile(*args, **options):
        found = snapshot(*args, **options)
        if not asked:
            asked.append(1)
            pull(erp)
        return found

    monkeypatch.setattr(beside, "read_beside", meanwhile)
    pull(by_hand)

    assert asked
    assert (in_force(erp), in_force(by_hand)) == ([("2026-10", 1, "6.03")], [("2026-10", 1, "0")])


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_total_of_the_living_is_that_of_their_union(ledgers, acme, seed):
    chance = Random(seed)
    lists: dict[str, list[Row]] = {}
    for _ in range(8):
        key = chance.choice(["a", "b", "c"])
        with tenant(acme.id):
            source = BillSource.objects.filter(key=key).first()
            if source is not None and source.removed_at is not None:
                restore_source(source, at=NOW)
            elif source is not None and chance.random() < 0.3:
                remove_source(source, withdraws_bills=True, at=NOW)
        if source is None or source.removed_at is None:
            lists[key] = [posting(number) for number in chance.sample(range(1, 8), chance.randint(1, 6))]
            assert pull(ledgers(key, *lists[key])).state in {"imported", "unchanged"}
        settle(acme)
        with tenant(acme.id):
            living = set(BillSource.objects.filter(removed_at=None).values_list("key", flat=True))
        assert total(acme) == union(*(rows for key, rows in lists.items() if key in living))
