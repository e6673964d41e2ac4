"""Explaining a slice of the ledger: from the files of its run to every part, rule, share and line."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from allocation.bills import bills_of_run
from allocation.engine.attribute_sets import tags_of
from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.inputs import Revision
from allocation.engine.relations import DIRECT, IN, KEPT, OUT
from allocation.engine.rules import RuleSet
from allocation.engine.run_files import files_of
from allocation.engine.widening import files_of_lines
from allocation.explain.answer import (
    BillLine,
    CaughtCost,
    Classification,
    Explanation,
    HandedOn,
    Received,
    Receiver,
    RunFacts,
    Share,
)
from allocation.explain.ledger import Caught, LedgerSlice, Moved, Part
from allocation.explain.rules import RULES_FILE, condition_words, kept_words, rules_of, split_facts, value_words
from allocation.explain.slices import Slice, mart_sum
from allocation.models import AllocationRun
from allocation.selectors import Visibility
from itfm.core import lake, money

SHARES: Final = 12
RECEIVERS: Final = 12
LINES: Final = 20
_MEMORY: Final = "512MB"


class NothingToExplainError(LookupError):
    """There is no run of the period, or its files are not kept; the message says which."""


@dataclass(frozen=True, kw_only=True)
class _Revision:
    bill: Revision
    source_name: str
    file_names: tuple[str, ...]


def explain(
    wanted: Slice, *, visibility: Visibility, part: Visibility | None = None, run_id: UUID | None = None
) -> Explanation:
    """Explain a slice of the current organization's ledger in force, or of an earlier run by its own rules.

    :raises NothingToExplainError: there is no such run with files.
    :raises SliceError: a filter names what the run's rules do not know.
    """
    run = _run(wanted, run_id)
    folder = lake.organization_folder(run.organization_id) / run.folder
    rule_set = rules_of(folder / RULES_FILE)
    wanted.check_dimensions(dimension.key for dimension in rule_set.dimensions)
    revisions = _revisions(run)
    with _opened(run, folder, wanted=wanted, visibility=part or visibility, revisions=revisions) as ledger:
        parts = ledger.parts()
        own = next((part for part in parts if part.entry == DIRECT), None)
        is_in_force = run.state == AllocationRun.State.PUBLISHED
        return Explanation(
            slice=wanted,
            run=_run_facts(run, wanted, is_in_force=is_in_force),
            figure=mart_sum(wanted, visibility=part or visibility)
            if is_in_force
            else money.total(part.amount for part in parts),
            direct=own.amount if own else Decimal(0),
            charge_count=ledger.charge_count() if own else 0,
            received=_received(ledger, parts, rule_set),
            handed_on=_handed_on(ledger, parts, rule_set, names_receivers=visibility.sees_everything),
            classifications=_classifications(ledger, revisions, rule_set) if own else (),
            lines=_lines(ledger, revisions, rule_set) if own else (),
            row_count=sum(part.row_count for part in parts),
        )


def _run(wanted: Slice, run_id: UUID | None) -> AllocationRun:
    runs = AllocationRun.objects.filter(billing_period=wanted.period).select_related("rule_set__published_by")
    run = (
        runs.filter(state=AllocationRun.State.PUBLISHED).first()
        if run_id is None
        else runs.filter(pk=run_id, state__in=[AllocationRun.State.PUBLISHED, AllocationRun.State.REPLACED]).first()
    )
    if run is None:
        raise NothingToExplainError(f"No run has allocated {wanted.period:%Y-%m}.")
    folder = lake.organization_folder(run.organization_id) / run.folder
    if not run.folder or not all(file.is_file() for file in (*files_of(folder), folder / RULES_FILE)):
        raise NothingToExplainError(f"The files of the run that allocated {wanted.period:%Y-%m} are not kept.")
    return run


def _revisions(run: AllocationRun) -> list[_Revision]:
    return [
        _Revision(
            bill=bill, source_name=revision.bill.source.name, file_names=tuple(file["name"] for file in revision.files)
        )
        for revision, bill in bills_of_run(run)
    ]


@contextmanager
def _opened(
    run: AllocationRun, folder: Path, *, wanted: Slice, visibility: Visibility, revisions: Sequence[_Revision]
) -> Iterator[LedgerSlice]:
    """Yield the slice in a database that reaches only the files of this run and its bills."""
    reads = files_of(folder)
    for revision in revisions:
        reads += [revision.bill.daily, *files_of_lines(revision.bill)]
    with lake.scratch(run.organization_id) as scratch:
        backend = DuckDB(memory_limit=_MEMORY, threads=settings.ENGINE_THREADS)
        with connect(backend, reads=reads, writes=scratch) as connection:
            yield LedgerSlice(connection, folder=folder, wanted=wanted, visibility=visibility)


def _run_facts(run: AllocationRun, wanted: Slice, *, is_in_force: bool) -> RunFacts:
    rule_set = run.rule_set
    steps = {step["name"]: step["sums"] for step in run.proof["measured"]["steps"]}
    return RunFacts(
        id=run.id,
        is_in_force=is_in_force,
        allocated_at=run.finished_at or run.started_at,
        rule_version=rule_set.version if rule_set else None,
        published_at=rule_set.published_at if rule_set else None,
        published_by=str(rule_set.published_by) if rule_set and rule_set.published_by else "",
        proof_holds=run.proof["holds"] is True,
        bill_total=_sum(steps["bill"], wanted),
        ledger_total=_sum(steps["ledger"], wanted),
    )


def _sum(sums: dict[str, dict[str, str]], wanted: Slice) -> Decimal:
    return Decimal(sums.get(wanted.currency, {}).get(wanted.cost, "0"))


def _by_split(moves: Sequence[Moved]) -> dict[int, list[Moved]]:
    found: dict[int, list[Moved]] = defaultdict(list)
    for move in moves:
        found[move.split_number].append(move)
    return found


def _dimensions(rule_set: RuleSet) -> list[str]:
    return [split.receivers.dimension for split in rule_set.splits]


def _received(ledger: LedgerSlice, parts: Sequence[Part], rule_set: RuleSet) -> tuple[Received, ...]:
    incoming = [part for part in parts if part.entry == IN and part.split_number is not None]
    if not incoming:
        return ()
    moves = _by_split(ledger.moved_in(_dimensions(rule_set)))
    pools: dict[int, list[str]] = defaultdict(list)
    for number, pool in ledger.pools(_dimensions(rule_set)):
        pools[number].append(pool or "")
    return tuple(
        Received(
            split=split_facts(rule_set, part.split_number or 0),
            amount=part.amount,
            pools=tuple(pools[part.split_number or 0]),
            shares=tuple(map(_share, moves[part.split_number or 0][:SHARES])),
            other_share_count=len(moves[part.split_number or 0][SHARES:]),
            other_amount=money.total(move.amount for move in moves[part.split_number or 0][SHARES:]),
        )
        for part in incoming
    )


def _share(move: Moved) -> Share:
    return Share(
        receiver=move.receiver or "",
        quantity=move.quantity,
        total=move.total,
        fallback=move.fallback,
        first_day=move.first_day,
        last_day=move.last_day,
        pool_amount=move.pool_amount,
        amount=move.amount,
    )


def _handed_on(
    ledger: LedgerSlice, parts: Sequence[Part], rule_set: RuleSet, *, names_receivers: bool
) -> tuple[HandedOn, ...]:
    outgoing = [part for part in parts if part.entry == OUT and part.split_number is not None]
    if not outgoing:
        return ()
    amounts: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for move in ledger.moved_out(_dimensions(rule_set)):
        given = amounts[move.split_number]
        given[move.receiver or ""] = money.CONTEXT.add(given[move.receiver or ""], move.amount)
    kept = {part.split_number: part.amount for part in parts if part.entry == KEPT}
    return tuple(
        HandedOn(
            split=split_facts(rule_set, part.split_number or 0),
            amount=money.CONTEXT.add(part.amount, kept.get(part.split_number, Decimal(0))),
            kept=kept.get(part.split_number, Decimal(0)),
            kept_words=kept_words(rule_set, part.split_number or 0, kept=kept.get(part.split_number)),
            receiver_count=len(amounts[part.split_number or 0]),
            receivers=_largest(amounts[part.split_number or 0]) if names_receivers else (),
        )
        for part in outgoing
    )


def _largest(amounts: dict[str, Decimal]) -> tuple[Receiver, ...]:
    ordered = sorted(amounts.items(), key=lambda one: (one[1].copy_abs().copy_negate(), one[0]))
    return tuple(Receiver(name=name, amount=amount) for name, amount in ordered[:RECEIVERS])


def _classifications(
    ledger: LedgerSlice, revisions: Sequence[_Revision], rule_set: RuleSet
) -> tuple[Classification, ...]:
    groups = [(json.loads(one.rules), one) for one in ledger.caught([revision.bill for revision in revisions])]
    found = []
    for dimension in rule_set.dimensions:
        by_rule: dict[int | None, list[Caught]] = defaultdict(list)
        for rules, one in groups:
            by_rule[rules.get(dimension.key)].append(one)
        caught = [_caught(rule_set, dimension.key, index, ones) for index, ones in by_rule.items()]
        order = sorted(caught, key=lambda one: (one.cost.copy_abs().copy_negate(), one.rule_number or 0))
        found.append(Classification(dimension=dimension.name, caught=tuple(order)))
    return tuple(found)


def _caught(rule_set: RuleSet, dimension: str, index: int | None, ones: Sequence[Caught]) -> CaughtCost:
    rules = next(one.rules for one in rule_set.dimensions if one.key == dimension)
    rule = None if index is None else rules[index]
    spellings = rule_set.spellings()
    return CaughtCost(
        rule_number=None if index is None else index + 1,
        rule_name=(rule.name or "") if rule else "",
        condition=condition_words(rule.when, spellings=spellings) if rule else "",
        value=value_words(rule, spellings=spellings) if rule else "",
        owner=(rule.owner or "") if rule else "",
        cost=money.total(one.cost for one in ones),
        charge_count=sum(one.charge_count for one in ones),
    )


def _lines(ledger: LedgerSlice, revisions: Sequence[_Revision], rule_set: RuleSet) -> tuple[BillLine, ...] | None:
    if not all(revision.bill.charges.is_file() for revision in revisions):
        return None
    by_source = {revision.bill.source_id: revision for revision in revisions}
    account_tags = rule_set.account_tags()
    return tuple(
        BillLine(
            source_name=by_source[line.source_id].source_name,
            file_name=by_source[line.source_id].file_names[line.file_number],
            row_number=line.row_number,
            charge_date=line.charge_date,
            service=line.service or "",
            description=line.description or "",
            resource=line.resource or "",
            cost=line.cost,
            inherited=account_tags.inherited(tags_of(line.tags), account=line.account),
        )
        for line in ledger.largest_lines(
            [revision.bill for revision in revisions], limit=LINES, with_tags=bool(account_tags.by_account)
        )
    )
