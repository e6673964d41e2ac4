"""What rules would catch in the bills in force of a period, without a run: attribute sets, charges and money.

Bills are immutable files, so a bill's sums by attribute set are worked out once per process and kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import duckdb
import pyarrow as pa

from allocation.bills import (
    NotYetWidenedError,
    WideningError,
    engine_revision,
    further_texts,
    lacking,
    own_columns,
    tags_left_out,
    widened_for_page,
)
from allocation.engine import attribute_sets
from allocation.engine.attribute_sets import AttributeSets, Coded
from allocation.engine.cells import classified
from allocation.engine.classification import Classifier
from allocation.engine.conditions import Subject
from allocation.engine.dimensions import Rule
from allocation.engine.further import looked_at
from allocation.engine.inputs import Revision
from allocation.engine.rules import RuleSet
from allocation.engine.tag_aliases import Spellings
from ingestion.focus.attributes import COLUMNS, FURTHER, may_be_looked_at
from ingestion.models import BillRevision
from ingestion.selectors import current_revisions
from itfm.core import money

if TYPE_CHECKING:
    from allocation.engine.attribute_sets import Codes

LIMITS: Final = {"memory_limit": "512MiB", "threads": 2}
_KEYS: Final = pa.schema([("spelling", pa.string()), ("key", pa.string())])
_LOOKED_AT: Final = (
    "service_name",
    "sub_account_id",
    "sub_account_name",
    "billing_account_id",
    "service_provider_name",
)
"""Columns by whose values uncaught cost is ranked; rules are suggested for the first two and for tag keys."""

# What one bill says of each attribute set. Grain: (attribute_set_id, billing_currency). Unrounded.
_SUMS: Final = """
SELECT attribute_set_id, billing_currency, SUM(effective_cost) AS cost, CAST(SUM(charge_count) AS BIGINT) AS charges
FROM read_parquet(?)
GROUP BY attribute_set_id, billing_currency
ORDER BY attribute_set_id, billing_currency
"""


@dataclass(frozen=True, kw_only=True)
class Catch:
    """How much meets a rule: distinct attribute sets, charges, and effective cost by currency."""

    sets: int = 0
    charges: int = 0
    costs: tuple[tuple[str, Decimal], ...] = ()

    def plus(self, other: Catch) -> Catch:
        """Return both together; they share no attribute set."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for currency, cost in (*self.costs, *other.costs):
            sums[currency] = money.CONTEXT.add(sums[currency], cost)
        return Catch(
            sets=self.sets + other.sets, charges=self.charges + other.charges, costs=tuple(sorted(sums.items()))
        )


@dataclass(frozen=True, kw_only=True)
class DimensionCatches:
    """What each rule of a dimension catches, in rule order, and what none does."""

    rules: tuple[Catch, ...]
    uncaught: Catch

    @property
    def total(self) -> Catch:
        """All there is in the period."""
        total = self.uncaught
        for rule in self.rules:
            total = total.plus(rule)
        return total


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Uncaught cost of one text of a column, or of the charges that carry a tag key."""

    subject: Subject
    text: str
    catch: Catch


class Month:
    """The bills in force of one billing period."""

    def __init__(
        self,
        revisions: Sequence[Revision],
        *,
        period: date,
        bills: Sequence[BillRevision] = (),
        refused: Iterable[str] = (),
        pending: Iterable[str] = (),
    ) -> None:
        self.revisions, self.period = tuple(revisions), period
        self._bills = tuple(bills)
        """The rows of these revisions, without which their attribute sets cannot be widened."""
        self.refused = tuple(refused)
        """Why attribute sets do not hold all that rules look at, in sentences; there, it is absent everywhere."""
        self.pending = tuple(pending)
        """The same where a worker is about to change that."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What figures of this month do not count, in sentences."""
        return (*self.refused, *self.pending)

    def under(self, *rules: RuleSet) -> Month:
        """Return the month with attribute sets that hold all that these rules look at, written where none were yet."""
        asked = [(looked_at(one, period=self.period), one.spellings()) for one in rules]
        found, refused, pending = list(self.revisions), list(self.refused), list(self.pending)
        for number, bill in enumerate(self._bills):
            by = found[number].further
            for subjects, spellings in asked:
                by = by.with_(lacking(bill, subjects, spellings=spellings))
            if by != found[number].further:
                try:
                    found[number] = widened_for_page(bill, by)
                except NotYetWidenedError as error:
                    pending.append(str(error))
                except WideningError as error:
                    refused.append(str(error))
        notes = {"refused": dict.fromkeys(refused), "pending": dict.fromkeys(pending)}
        return Month(found, period=self.period, bills=self._bills, **notes)

    def catches(self, rules: RuleSet, *, only: Iterable[str] | None = None) -> dict[str, DimensionCatches]:
        """Return what the rules of each dimension catch, or of some dimensions only."""
        if not self.revisions:
            return {one.key: DimensionCatches(rules=(Catch(),) * len(one.rules), uncaught=Catch())
                    for one in rules.dimensions}  # fmt: skip
        bills = self.under(rules)
        sets, _, caught = bills.classified(rules)
        wanted = [one for one in rules.dimensions if only is None or one.key in set(only)]
        with summed(
            bills.revisions, sets, {f"rule_{at}": caught[one.key] for at, one in enumerate(wanted)}
        ) as database:
            found = {}
            for at, dimension in enumerate(wanted):
                by_rule = catches_by(database, f"rule_{at}")
                found[dimension.key] = DimensionCatches(
                    rules=tuple(by_rule.get(number, Catch()) for number in range(len(dimension.rules))),
                    uncaught=by_rule.get(-1, Catch()),
                )
        return found

    def alone(self, rules: RuleSet, *, dimension: str, rule: Rule) -> Catch:
        """Return what a rule would catch if it were the only one of its dimension."""
        changed = tuple(
            one.model_copy(update={"rules": (rule,)}) if one.key == dimension else one for one in rules.dimensions
        )
        single = rules.model_copy(update={"dimensions": changed})
        # All rules together, whose attribute sets are there already.
        return self.under(rules, single).catches(single, only=[dimension])[dimension].rules[0]

    def uncaught(self, rules: RuleSet, *, dimension: str, limit: int) -> dict[str, list[Ranked]]:
        """Return the dearest texts of some columns, and tag keys (as `tags`), of what no rule of a dimension catches.

        Cost of several currencies is ranked by the currency that is dearest over all.
        """
        if not self.revisions:
            return {}
        bills = self.under(rules)
        shown = [Subject("column", name) for name in _LOOKED_AT]
        sets, _, caught = bills.classified(rules, more=shown)
        columns = {subject.key: sets.coded(subject) for subject in shown}
        with summed(bills.revisions, sets, {"rule": caught[dimension]}, columns) as database:
            database.execute("CREATE TABLE uncaught AS SELECT * FROM joined WHERE rule = -1")
            found = {}
            for name in columns:
                ranked = catches_by(database, name, table="uncaught")
                found[name] = dearest(
                    [Ranked(subject=Subject("column", name), text=str(text), catch=catch)
                     for text, catch in ranked.items() if text is not None], limit=limit,
                )  # fmt: skip
            found["tags"] = dearest(bills.uncaught_tags(database, rules.spellings()), limit=limit)
        return found

    def uncaught_tags(self, database: duckdb.DuckDBPyConnection, spellings: Spellings) -> list[Ranked]:
        """Return by tag key, in any spelling, what of the table `uncaught` carries it; two spellings count once."""
        by_key = spellings.by_key(self._spelled_keys())
        database.register("keys", pa.table({"spelling": list(by_key), "key": list(by_key.values())}, schema=_KEYS))
        tags = [
            f"SELECT {number} AS revision_number, attribute_set_id, unnest(json_keys(tags)) AS spelling"  # noqa: S608
            f" FROM read_parquet({_quoted(revision.attribute_sets)}) WHERE tags IS NOT NULL"
            for number, revision in enumerate(self.revisions)
        ]
        database.execute(
            "CREATE TABLE tagged AS SELECT DISTINCT keys.key, uncaught.* FROM uncaught"  # noqa: S608
            f" JOIN ({' UNION ALL '.join(tags)}) USING (revision_number, attribute_set_id) JOIN keys USING (spelling)"
        )
        return [
            Ranked(subject=Subject("tag", str(key)), text=str(key), catch=catch)
            for key, catch in catches_by(database, "key", table="tagged").items()
        ]

    def texts(self, subject: Subject, *, containing: str, limit: int, spellings: Spellings) -> list[str]:
        """Return texts of a column, or of a tag in any of its spellings, that contain a piece of text in any case."""
        if not self.revisions:
            return []
        found = self._further_texts(subject, containing=containing, limit=limit, spellings=spellings)
        if subject.kind == "tag":
            seen = _tag_texts(self.revisions, spellings.of(subject.key, among=self._spelled_keys()))
            return sorted({*found, *(text for text in seen if containing.lower() in text.lower())})[:limit]
        if subject.key not in COLUMNS:
            return sorted(found)[:limit]
        files = [str(revision.attribute_sets) for revision in self.revisions]
        with duckdb.connect(config=LIMITS) as database:  # type: ignore[arg-type]
            rows = database.execute(
                f"SELECT DISTINCT {subject.key} AS text FROM read_parquet(?, union_by_name = true)"  # noqa: S608 - a known column
                " WHERE text IS NOT NULL AND text <> '' AND contains(lower(text), lower(?)) ORDER BY text LIMIT ?",
                [files, containing, limit],
            ).fetchall()
        return [str(text) for (text,) in rows]

    def _further_texts(self, subject: Subject, *, containing: str, limit: int, spellings: Spellings) -> set[str]:
        """Return texts that attribute sets do not have, from the lines themselves."""
        if subject.kind == "column" and not may_be_looked_at(subject.key):
            return set()
        lack = [(bill, lacking(bill, [subject], spellings=spellings)) for bill in self._bills]
        return {text for bill, by in lack for text in further_texts(bill, by, containing=containing, limit=limit)}

    def tag_keys(self, spellings: Spellings, *, more: Iterable[str] = ()) -> list[str]:
        """Return the tag keys that occur, and some more, each once whatever its spellings, sorted."""
        left_out = {key for bill in self._bills for key in tags_left_out(bill)}
        return sorted(set(spellings.by_key({*self._spelled_keys(), *left_out, *more}).values()))

    def columns(self) -> tuple[str, ...]:
        """Return the columns that rules may look at: those of FOCUS, and what the bills have of their sources' own."""
        own = {name for bill in self._bills for name in own_columns(bill)}
        return (*COLUMNS, *FURTHER, *sorted(own))

    def _spelled_keys(self) -> tuple[str, ...]:
        return _tag_keys(tuple(str(revision.attribute_sets) for revision in self.revisions))

    def classified(
        self, rules: RuleSet, *, more: Iterable[Subject] = ()
    ) -> tuple[AttributeSets, dict[str, Coded], dict[str, Codes]]:
        """Return the attribute sets, and by dimension the value of each and the index of the rule that caught it."""
        classifier = Classifier(rules, period=self.period)
        needed = {subject for dimension in classifier.dimensions for subject in dimension.subjects}
        plain = {subject for subject in needed if subject.kind != "dimension"}
        sets = attribute_sets.read(
            self.revisions,
            subjects=[*plain, *more],
            spellings=classifier.spellings,
            account_tags=classifier.account_tags,
        )
        return sets, *classified(classifier, sets)


def month(organization_id: UUID, *, period: date) -> Month:
    """Return the bills in force of an organization's billing period."""
    bills = current_revisions(period).filter(organization_id=organization_id).select_related("bill__source")
    return Month([engine_revision(bill) for bill in bills], period=period, bills=tuple(bills))


def summed(
    revisions: Sequence[Revision], sets: AttributeSets, numbers: dict[str, Codes], texts: dict[str, Coded] | None = None
) -> duckdb.DuckDBPyConnection:
    """Return a database whose `joined` has the sums of every attribute set beside these columns."""
    columns = {
        "revision_number": pa.array(sets.revision_numbers, pa.int32()),
        "attribute_set_id": pa.array(sets.attribute_set_ids, pa.int32()),
        **{name: pa.array(codes, pa.int64()) for name, codes in numbers.items()},
        **{name: _dictionary(coded) for name, coded in (texts or {}).items()},
    }
    database = duckdb.connect(config=LIMITS)  # type: ignore[arg-type]
    database.register("sets", pa.table(columns))
    database.register("sums", sums_of_all(revisions))
    database.execute("CREATE TABLE joined AS SELECT * FROM sets JOIN sums USING (revision_number, attribute_set_id)")
    return database


@lru_cache(maxsize=64)
def sums_of(daily: str) -> pa.Table:
    """Return a bill's effective cost and charges by attribute set and currency."""
    with duckdb.connect(config=LIMITS) as database:  # type: ignore[arg-type]
        return database.sql(_SUMS, params=[daily]).to_arrow_table()


def sums_of_all(revisions: Sequence[Revision]) -> pa.Table:
    """Return the sums of several bills, each with the number of its revision among these."""
    tables = [sums_of(str(revision.daily)) for revision in revisions]
    return pa.concat_tables(
        table.append_column("revision_number", pa.array([number] * table.num_rows, pa.int32()))
        for number, table in enumerate(tables)
    )


@lru_cache(maxsize=64)
def _tag_keys(files: tuple[str, ...]) -> tuple[str, ...]:
    if not files:
        return ()
    with duckdb.connect(config=LIMITS) as database:  # type: ignore[arg-type]
        found = database.execute(
            "SELECT DISTINCT unnest(json_keys(tags)) AS key FROM read_parquet(?, union_by_name = true)"
            " WHERE tags IS NOT NULL ORDER BY key",
            [list(files)],
        ).fetchall()
    return tuple(str(key) for (key,) in found)


@lru_cache(maxsize=64)
def _tag_texts(revisions: tuple[Revision, ...], spelled: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts that rules see in a tag key with these spellings, sorted."""
    subject = Subject("tag", spelled[0])
    seen = attribute_sets.read(revisions, subjects=[subject], spellings=Spellings({spelled[0]: spelled[1:]}))
    return tuple(text for text in seen.coded(subject).values if text is not None)


def catches_by(database: duckdb.DuckDBPyConnection, column: str, *, table: str = "joined") -> dict[Any, Catch]:
    """Return what each value of a column of a table has."""
    counted = database.execute(
        f"SELECT {column}, COUNT(DISTINCT (revision_number, attribute_set_id)) FROM {table} GROUP BY {column}"  # noqa: S608
    ).fetchall()
    found = {value: Catch(sets=count) for value, count in counted}
    rows = database.execute(
        f"SELECT {column}, billing_currency, SUM(cost), CAST(SUM(charges) AS BIGINT) FROM {table}"  # noqa: S608
        f" GROUP BY {column}, billing_currency"
    ).fetchall()
    for value, currency, cost, charges in rows:
        found[value] = found[value].plus(Catch(charges=charges, costs=((currency, cost),)))
    return found


def dearest(ranked: Sequence[Ranked], *, limit: int) -> list[Ranked]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for one in ranked:
        for currency, cost in one.catch.costs:
            totals[currency] = money.CONTEXT.add(totals[currency], cost)
    leading = max(totals, key=lambda currency: totals[currency], default="")
    cost_of = {one.text: dict(one.catch.costs).get(leading, Decimal(0)) for one in ranked}
    return sorted(ranked, key=lambda one: (-cost_of[one.text], one.text))[:limit]


def _dictionary(coded: Coded) -> pa.Array:
    """Return a coded column with its texts written once."""
    indices = pa.array(coded.codes - 1, pa.int32(), mask=coded.codes == 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(coded.values[1:], pa.string()))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
