"""Every engine's SQL: expressions of a run compile, parse, and ask for nothing that its file does not define."""

import re
import sys
from decimal import Decimal

import pytest
import sqlglot
import sqlglot.expressions as sge

from allocation.engine import relations, shares
from allocation.engine.backends import BACKENDS, EngineError, Limits, runnable, started
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.backends.spark import Spark
from itfm.core import money

COMPILED_ONLY = ("bigquery", "databricks", "snowflake", "trino")
DIVISIONS = (shares.Division(1, 9), shares.Division(1, 18, 64), shares.Division(2, 12, 128), shares.Division(4, 8))
EXPRESSIONS = {
    **{f"direct {bills}": relations.direct(bills) for bills in (1, 3)},
    "direct (of some days)": relations.direct(2, of_days=True),
    "ledger (patch)": relations.ledger((1,), has_own=False, has_kept=True),
    **{f"entries {stages}": relations.entries(stages) for stages in ((), (1,), (1, 2))},
    **{f"pool {stages}": relations.pool(stages) for stages in ((), (1, 2))},
    **{f"standing {stages}": relations.standing(stages) for stages in ((), (1, 2))},
    **{f"last day {bills}": relations.last_day(bills) for bills in (1, 3)},
    **{f"ledger {stages}": relations.ledger(stages) for stages in ((), (1,), (1, 2, 3))},
    **{f"weighted parts {one}": relations.weighted_parts(one) for one in DIVISIONS},
    **{f"{one.__name__} 1": one(1) for one in (relations.kept, relations.kept_sums)},
    "amounts (multiplied)": relations.amounts(is_multiplied=True),
    "incoming (keeping)": relations.incoming(keeps=True),
    **{
        one.__name__: one()
        for one in (
            relations.pool_groups, relations.outgoing, relations.amounts, relations.even_parts,
            relations.shared_amounts, relations.incoming, relations.pool_by_hand, relations.incoming_by_hand,
            relations.flowing, relations.paired,
        )
    },
}  # fmt: skip
FUNCTIONS = {"quanta", "rest", "floor_div", "money_of", "wide", "count_of", "row_of"}


def test_the_folder_holds_the_engines_that_run_and_those_that_only_compile():
    assert runnable() == ("duckdb", "spark")
    assert set(BACKENDS) == {*runnable(), *COMPILED_ONLY}


def test_every_expression_of_a_run_is_among_those_that_are_compiled():
    built = {name for name, one in vars(relations).items() if hasattr(one, "cache_info")}

    assert built == {re.split(r" [\d(D]", name)[0].replace(" ", "_") for name in EXPRESSIONS}


@pytest.mark.parametrize("engine", BACKENDS)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_compiles_to_sql_that_parses_and_gives_the_columns_it_promises(engine, name):
    expression = EXPRESSIONS[name]

    (parsed,) = sqlglot.parse(BACKENDS[engine].statement(expression), dialect=engine)

    columns = [column.casefold() for column in parsed.named_selects]
    assert columns in (["*"], list(expression.schema()))
    tables = {table.name.casefold() for table in parsed.find_all(sge.Table) if not _is_unnested(table)}
    assert tables <= {"pool", "direct", "members", "standing", "shared", "weights", "targets", "amounts", "parts",
                      "shared_amounts", "by_hand", "slices", "given", "flow_targets", "flow_weights", "kept", "wanted_days",
                      *(f"daily_{n}" for n in range(3)),
                      *(f"moves_{n}" for n in range(1, 4))}  # fmt: skip


def _is_unnested(table):
    """Say whether a table is a list taken apart, which a dialect may write as a table."""
    return not isinstance(table.this, sge.Identifier)


@pytest.mark.parametrize("engine", BACKENDS)
def test_an_engine_defines_each_function_once_in_words_that_parse(engine):
    defined = [re.search(r"(?:FUNCTION|MACRO) (\w+)\s*\(", one).group(1) for one in BACKENDS[engine].functions]

    assert set(defined) >= FUNCTIONS
    assert len(defined) == len(set(defined))
    for one in BACKENDS[engine].functions:
        (parsed,) = sqlglot.parse(one, dialect=engine)
        assert isinstance(parsed, sge.Create), one


@pytest.mark.parametrize("engine", ["spark", "databricks"])
def test_spark_takes_lists_apart_side_by_side_in_one_view(engine):
    text = BACKENDS[engine].statement(relations.incoming())

    assert text.upper().count("LATERAL VIEW") == 1
    assert "EXPLODE" not in text.upper()
    assert text.upper().count("ARRAY_SORT(COLLECT_LIST(") == 2


def test_spark_numbers_rows_without_gathering_them_in_one_task():
    text = BACKENDS["spark"].statement(relations.amounts()).upper()

    assert "MONOTONICALLY_INCREASING_ID()" in text
    assert "ROW_NUMBER" not in text


def test_no_product_of_a_division_has_more_digits_than_every_engine_holds():
    for total in (1, 10**9, 10**19, shares.MAX_TOTAL_WEIGHT):
        division = shares.division(largest_quanta=10**32 - 1, largest_total=total, receivers=9)

        assert 2 * total * 10**division.digits < 10**38


@pytest.mark.parametrize("engine", [*COMPILED_ONLY, "oracle", ""])
def test_an_engine_that_does_not_run_says_which_do(engine):
    with pytest.raises(EngineError, match=r"ITFM_ENGINE is one of duckdb, spark\."):
        started(engine, Limits(memory_mib=64, threads=1))


def test_limits_reach_both_engines(tmp_path):
    limits = Limits(
        memory_mib=64, threads=3, spill_folder=tmp_path / "spill", exchange_folder=tmp_path / "exchange",
        spark_master="spark://cluster:7077",
    )  # fmt: skip
    ours = DuckDB(memory_limit="64MiB", threads=3, temp_directory=tmp_path / "spill")

    assert started("duckdb", limits) == ours
    assert started("spark", limits) == Spark(
        master="spark://cluster:7077", executor_memory_mib=64, executor_cores=3,
        exchange_folder=tmp_path / "exchange", local=ours,
    )  # fmt: skip


def test_without_a_cluster_spark_runs_within_the_worker_and_listens_on_loopback_only():
    spark = started("spark", Limits(memory_mib=2048, threads=3))

    told = spark.settings()

    assert spark.master == "local[3]"
    assert (told["spark.driver.memory"], told["spark.driver.host"]) == ("2048m", "127.0.0.1")
    assert told["spark.driver.bindAddress"] == "127.0.0.1"


def test_on_a_cluster_the_limits_are_those_of_an_executor_and_executors_can_reach_the_worker():
    told = Spark(master="spark://cluster:7077", executor_memory_mib=512, executor_cores=4).settings()

    assert (told["spark.executor.memory"], told["spark.executor.cores"]) == ("512m", "4")
    assert "spark.driver.host" not in told


def test_spark_without_its_library_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(EngineError, match=r"install 'itfm\[spark\]'"), Spark().session(reads=[], writes=tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []


def test_the_functions_of_duckdb_are_those_of_the_design(tmp_path):
    amounts = [Decimal("99999999999999999999.999999999999999999"), Decimal("0.000000000001000001"), Decimal(0)]
    with DuckDB().session(reads=[], writes=tmp_path) as session:
        for amount in amounts:
            (found,) = session.connection.execute(
                "SELECT quanta(one), rest(one), money_of(quanta(one), rest(one))"
                f" FROM (SELECT CAST('{amount}' AS DECIMAL(38, 18)) AS one)"
            ).fetchall()

            assert found == (*divmod(money.units_of(amount), money.UNITS_PER_QUANTUM), amount)
