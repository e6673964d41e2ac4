"""DuckDB and a real Spark cluster make the same run: the same rows, sums and bytes."""

import random
from datetime import date
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from allocation.engine import proof, relations, run, shares
from allocation.engine.backends import EngineError
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.backends.spark import Spark
from allocation.engine.drivers import DriverValue
from allocation.engine.inputs import RunInputs
from itfm.core import money
from tests.allocation.engine import spark_cluster
from tests.allocation.engine.bills import OCTOBER, by_value, day, ledger, mart, table, write_revision
from tests.allocation.engine.test_properties import CHARGES, DRIVERS, SPLITS, bill, driver_values, in_order, rule_set
from tests.allocation.engine.test_run import TEAM, allocate, gigabytes, split, team
from tests.allocation.engine.test_run import rule_set as written_rules

MISSING = spark_cluster.missing()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("spark"),
    pytest.mark.skipif(MISSING is not None, reason=str(MISSING)),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """A cluster of two workers, with a session of it running in this process."""
    with (
        spark_cluster.cluster(tmp_path_factory.mktemp("cluster") / "a folder [1]") as address,
        spark_cluster.application(address),
    ):
        yield Spark(master=address)


def same_on_both(folder, inputs, spark):
    """Run on both engines, hold everything to be the same, and return the run made on Spark."""
    ours = run.allocate(inputs, output=folder / "duckdb", backend=DuckDB())
    theirs = run.allocate(inputs, output=folder / "spark", backend=spark)
    assert theirs.proof.holds, theirs.proof.problems
    assert table(theirs.folder, "ledger") == table(ours.folder, "ledger")
    assert mart(theirs.folder) == mart(ours.folder)
    assert theirs.proof == ours.proof
    for name in proof.TABLES:
        file = f"{name}.parquet"
        assert (theirs.folder / file).read_bytes() == (ours.folder / file).read_bytes(), name
    return theirs


def a_month(*, charges, seed):
    """Return charges of two currencies with credits, tax, four costs that differ, and every digit there is."""
    drawn = random.Random(seed)

    def amount(category):
        units = drawn.randrange(drawn.choice([10**20, 10**23, 10**30, 10**35]))
        return money.decimal_of(-units if category == "Credit" else units)

    teams = ["ops", "hq", "a", "b", "c", None]
    categories = drawn.choices(["Usage", "Usage", "Tax", "Credit"], k=charges)
    return [
        (
            day(drawn.randint(1, 28)), f"acc-{drawn.randrange(9)}", drawn.choice(["S3", "EC2", None]),
            drawn.choice(["USD", "EUR"]), category, drawn.choice(teams), tuple(amount(category) for _ in range(4)),
        )
        for category in categories
    ]  # fmt: skip


def every_split():
    """Return splits in three stages with every method, window and fallback."""
    plain = {"window": "day", "shares": {"a": "33.3", "c": "66.7"}, "cost": 1, "partitioned": False, "fallback": "even"}
    drawn = [
        {"stage": 1, "pool": "ops", "method": "proportional"},
        {"stage": 1, "pool": "hq", "method": "even", "partitioned": True, "window": "billing_period"},
        {"stage": 2, "pool": "a", "method": "metric", "window": "trailing", "fallback": "fixed"},
        {"stage": 2, "pool": "b", "method": "fixed", "shares": {"a": "60", "c": "40"}},
        {"stage": 3, "pool": "c", "method": "metric"},
    ]
    return [{**plain, **one, "key": f"s{number}"} for number, one in enumerate(drawn)]


def month_inputs(folder, *, charges):
    quantities = [Decimal(1), Decimal("1E-18"), Decimal("12.5"), Decimal(10) ** 9]
    values = tuple(
        DriverValue(date=day(on), value=name, quantity=quantities[(on + at) % 4])
        for on in range(1, 20)
        for at, name in enumerate(["a", "b", "c", "ops", "unknown"])
    )
    revision = write_revision(folder / "bill", bill(a_month(charges=charges, seed=7)))
    return RunInputs(revisions=(revision,), rule_set=rule_set(every_split()), period=OCTOBER, drivers={"d": values})


def test_a_month_with_every_method_is_the_same_on_both_to_the_last_byte(tmp_path, spark):
    inputs = month_inputs(tmp_path, charges=600)

    result = same_on_both(tmp_path, inputs, spark)

    rows = table(result.folder, "ledger")
    assert {row["split_number"] for row in rows} == {None, 0, 1, 2, 3, 4}
    assert {row["billing_currency"] for row in rows} == {"EUR", "USD"}
    assert {"even", "fixed"} <= {row["fallback"] for row in rows if row["fallback"]}
    # Spark's own minus keeps 34 digits; these have more.
    assert any(row["effective_cost"] < -(10**16) for row in rows if row["entry"] == relations.OUT)
    assert any(row["effective_cost"] < 0 for row in rows if row["entry"] == relations.IN)


def test_weights_too_long_for_the_engine_and_several_bills_are_the_same_on_both(tmp_path, spark):
    given_values = gigabytes("2026-10-01,a,0.000000000000000001", "2026-10-01,b,9000000000000000000")
    rules = written_rules(
        split("kind: metric, driver: gb"), split("kind: fixed, shares: {a: 50, b: 50}", key="later", stage=2),
        drivers=["{key: gb, name: Logs, dimension: team, unit: GB}"],
    )  # fmt: skip
    bills = (
        write_revision(tmp_path / "one", [team("Shared", "10000000000000000000"), team("a", "0")], source="s1"),
        write_revision(tmp_path / "two", [team("b", "0"), team("Shared", "-0.000000000000000007")], source="s2"),
    )
    inputs = RunInputs(revisions=bills, rule_set=rules, period=OCTOBER, drivers=given_values)

    result = same_on_both(tmp_path, inputs, spark)

    assert by_value(result) == {"b": Decimal("9999999999999999999.999999999999999993")}


def test_a_run_without_splits_is_the_same_on_both(tmp_path, spark):
    revision = write_revision(tmp_path / "bill", [team("a", "1"), team("b", "2", currency="EUR")])
    inputs = RunInputs(revisions=(revision,), rule_set=written_rules(dimensions=[TEAM]), period=OCTOBER)

    same_on_both(tmp_path, inputs, spark)


def test_a_ledger_of_several_row_groups_is_the_same_on_both(tmp_path, spark):
    charges = [team(f"t{number}", "1") for number in range(1000)]
    charges += [team("Shared", f"{number + 1}.07", region_id=f"r{number}") for number in range(130)]
    revision = write_revision(tmp_path / "bill", charges)
    inputs = RunInputs(revisions=(revision,), rule_set=written_rules(split("kind: even")), period=OCTOBER)

    result = same_on_both(tmp_path, inputs, spark)

    assert len(ledger(result.folder)) > 122_880


@settings(
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(CHARGES, SPLITS, DRIVERS)
def test_whatever_is_drawn_is_the_same_on_both(tmp_path_factory, spark, charges, splits, drivers):
    folder = tmp_path_factory.mktemp("drawn")
    inputs = RunInputs(
        revisions=(write_revision(folder / "bill", bill(charges)),),
        rule_set=rule_set(in_order(splits)),
        period=OCTOBER,
        drivers=driver_values(drivers),
    )

    same_on_both(folder, inputs, spark)


UNITS, MONEY = pa.decimal128(38, 0), pa.decimal128(38, 18)


@pytest.mark.parametrize("receivers", [5, shares.MAX_POSITIONS + 1])
@pytest.mark.parametrize("digits", [1, 9, 18, 23, 28])
def test_parts_of_any_amount_by_any_weights_are_those_of_the_design(tmp_path, spark, digits, receivers):
    drawn = random.Random(digits)
    weighing = [drawn.randrange(1, 10**digits) + at for at in range(5)]
    found = sorted({drawn.randrange(-(10**size), 10**size) for size in range(1, 38) for _ in range(3)} | {10**38 - 1})
    amounts = [money.decimal_of(units) for units in found]
    total = sum(weighing)
    division = shares.division(largest_quanta=10**32 - 1, largest_total=total, receivers=receivers)
    sized = [divmod(abs(units), money.UNITS_PER_QUANTUM) for units in found]
    with spark.session(reads=[], writes=tmp_path) as session:
        session.load("amounts", pa.table({
            "amount_number": pa.array(range(len(found)), pa.int64()),
            "weights_number": pa.array([0] * len(found), pa.int32()),
            "total": pa.array([Decimal(total)] * len(found), UNITS),
            "is_even": pa.array([False] * len(found)),
            "amount": pa.array(amounts, MONEY),
            "quanta": pa.array([Decimal(whole) for whole, _ in sized], UNITS),
            "rest": pa.array([Decimal(below) for _, below in sized], UNITS),
        }))  # fmt: skip
        session.load("weights", pa.table({
            "weights_number": pa.array([0] * len(weighing), pa.int32()),
            "receiver_number": pa.array(range(len(weighing)), pa.int32()),
            "position": pa.array(range(len(weighing)), pa.int32()),
            "weight": pa.array([Decimal(one) for one in weighing], UNITS),
            "driver_quantity": pa.array([Decimal(0)] * len(weighing), MONEY),
            "driver_total": pa.array([Decimal(0)] * len(weighing), MONEY),
        }))  # fmt: skip

        rows = session.rows(relations.weighted_parts(division)).to_pylist()

    by_key = {f"{at:02}": Decimal(one) for at, one in enumerate(weighing)}
    expected = {number: list(money.split(amount, by_key).values()) for number, amount in enumerate(amounts)}
    assert {row["amount_number"]: row["parts"] for row in rows} == expected


def test_a_sum_that_does_not_fit_stops_the_run(tmp_path, spark):
    charges = [team("a", "9" * 20), team("a", "9" * 20, x_operation="Run")]

    with pytest.raises(Exception, match=r"NUMERIC_VALUE_OUT_OF_RANGE|ARITHMETIC_OVERFLOW"):
        allocate(tmp_path, written_rules(), charges, backend=spark)


def test_a_double_is_no_result(tmp_path, spark):
    with spark.session(reads=[], writes=tmp_path) as session:
        session.load("numbers", pa.table({"number": pa.array([1, 2], pa.int64())}))
        halves = ibis.table({"number": "int64"}, name="numbers")

        with pytest.raises(EngineError, match="Spark computes half as double"):
            session.store("halves", halves.select(half=halves.number / 2))


def test_a_run_leaves_no_tables_and_the_session_of_others_as_it_was(tmp_path, spark):
    from pyspark.sql import SparkSession

    revision = write_revision(tmp_path / "bill", [team("a", "1")])
    inputs = RunInputs(revisions=(revision,), rule_set=written_rules(), period=date(2026, 10, 1))

    result = run.allocate(inputs, output=tmp_path / "run", backend=spark)

    mine = SparkSession.getActiveSession()
    assert mine.catalog.listTables() == []
    assert mine.conf.get("spark.sql.ansi.enabled") == "false"
    assert {path.name for path in result.folder.iterdir() if path.is_dir()} <= {"spill"}


def test_every_worker_has_computed(spark):
    from pyspark.sql import SparkSession

    context = SparkSession.getActiveSession().sparkContext

    executors = list(context._jsc.sc().statusTracker().getExecutorInfos())

    assert len([one for one in executors if one.host() == "127.0.0.1"]) == 1 + spark_cluster.WORKERS
