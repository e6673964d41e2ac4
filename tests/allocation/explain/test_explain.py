"""An explained figure, against numbers worked by hand (`docs/allocation.md`, Explain)."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allocation.costs.query import Filter
from allocation.engine.rules import parse
from allocation.explain.selectors import NothingToExplainError, explain
from allocation.explain.slices import Slice, SliceError
from allocation.selectors import EVERYTHING, Visibility
from allocation.services import allocate, publish_rules
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge, day
from tests.conftest import NOW

RULES = """
version: 1
dimensions:
  - key: team
    name: Team
    rules:
      - {name: shared account, when: {column: sub_account_id, equals: "9"}, value: platform, owner: finops@acme.example}
      - {when: {tag: team, exists: true}, value: {tag: team, transforms: [lower]}}
splits:
  - key: platform
    name: Platform to teams
    stage: 1
    pool: {dimension: team, equals: platform}
    receivers: {dimension: team}
    method: {kind: metric, driver: log_gb}
drivers:
  - {key: log_gb, name: Log volume, dimension: team, unit: GB, values: [
      {date: 2026-10-01, value: payments, quantity: "2"}, {date: 2026-10-01, value: search, quantity: "1"}]}
"""
CHARGES = [
    charge("100", on=1, sub_account_id="9", service_name="EC2"),
    charge("7.5", on=1, tags={"team": "payments"}, service_name="S3"),
    charge("2", on=2, tags={"team": "Payments"}, service_name="EC2"),
    charge("1", on=3, tags={"team": "search"}, service_name="S3"),
    charge("0.25", on=2, service_name="S3"),
]


def apply(organization, text=RULES):
    with tenant(organization.id):
        publish_rules(parse(text), organization_id=organization.id, published_by=None, at=NOW)
    return allocate(organization.id, period=OCTOBER)


@pytest.fixture
def allocated(acme):
    bill_in_force(acme, CHARGES)
    return apply(acme)


def explained(organization, *filters, visibility=EVERYTHING, run_id=None, **more):
    named = tuple(Filter(name=name, values=(value,)) for name, value in filters)
    with tenant(organization.id):
        return explain(
            Slice(period=OCTOBER, currency="USD", filters=named, **more), visibility=visibility, run_id=run_id
        )


def test_a_figure_says_in_which_spellings_a_tag_was_read(acme):
    bill_in_force(acme, [charge("5", on=1, tags={"squad": "Search"})])
    apply(acme, RULES + "tag_aliases: {team: [squad, Team]}\nsimilar_tag_keys: true\n")

    found = explained(acme, ("team", "search"))

    caught = found.classifications[0].caught[0]
    assert (caught.cost, caught.rule_number) == (Decimal(5), 2)
    assert caught.condition == "tag team (also squad, Team, similar keys) exists"
    assert caught.value == "the text of tag team (also squad, Team, similar keys), in lower case"


def test_a_team_has_its_own_cost_and_its_share_of_the_pool(acme, allocated):
    found = explained(acme, ("team", "payments"))

    # Own: 7.5 + 2. Two of three gigabytes: 100 x 2 / 3 = 66.666666666666|666666..., cut to 12 decimals. The one quantum
    # that is missing goes to the larger remainder, which is the one of payments: 2/3 of a quantum.
    assert found.figure == Decimal("76.166666666667")
    assert (found.direct, found.charge_count) == (Decimal("9.5"), 2)
    [platform] = found.received
    assert (platform.split.name, platform.split.stage, platform.split.method) == ("Platform to teams", 1, "By driver")
    assert (platform.split.weight, platform.split.window) == ("Log volume, GB", "the billing period")
    assert (platform.pools, platform.amount) == (("platform",), Decimal("66.666666666667"))
    [share] = platform.shares
    assert (share.quantity, share.total, share.pool_amount) == (2, 3, 100)
    assert share.calculated == Decimal("66.666666666666666666")
    assert share.rounding == Decimal("0.000000000000333334")
    assert found.handed_on == ()
    assert (found.parts_total, found.difference, found.is_exact) == (found.figure, 0, True)


def test_a_pool_has_handed_on_what_it_had(acme, allocated):
    found = explained(acme, ("team", "platform"))

    assert (found.figure, found.direct) == (0, 100)
    [out] = found.handed_on
    assert (out.amount, out.receiver_count) == (-100, 2)
    assert [(one.name, one.amount) for one in out.receivers] == [
        ("payments", Decimal("66.666666666667")),
        ("search", Decimal("33.333333333333")),
    ]
    assert found.is_exact


def test_the_whole_has_signed_pairs_that_cancel(acme, allocated):
    found = explained(acme)

    assert (found.figure, found.direct) == (Decimal("110.75"), Decimal("110.75"))
    assert found.received[0].amount + found.handed_on[0].amount == 0
    assert (found.run.bill_total, found.run.ledger_total, found.run.proof_holds) == (
        Decimal("110.75"),
        Decimal("110.75"),
        True,
    )


def test_every_rule_says_what_it_caught(acme, allocated):
    [team] = explained(acme).classifications

    assert [(one.rule_number, one.rule_name, one.cost, one.charge_count) for one in team.caught] == [
        (1, "shared account", Decimal(100), 1),
        (2, "", Decimal("10.5"), 3),
        (None, "", Decimal("0.25"), 1),
    ]
    assert team.caught[0].condition == "sub_account_id is 9"
    assert (team.caught[0].value, team.caught[0].owner) == ("platform", "finops@acme.example")
    assert (team.caught[1].condition, team.caught[1].value) == (
        "tag team exists",
        "the text of tag team, in lower case",
    )


def test_nothing_caught_can_be_asked_for(acme, allocated):
    found = explained(acme, ("team", None))

    assert (found.figure, found.direct, found.received, found.is_exact) == (
        Decimal("0.25"),
        Decimal("0.25"),
        (),
        True,
    )


def test_filters_and_days_narrow_every_part(acme, allocated):
    found = explained(acme, ("team", "payments"), ("service_name", "EC2"), first_day=day(2), last_day=day(2))

    assert (found.figure, found.direct, found.received) == (2, 2, ())
    assert [one.cost for one in found.classifications[0].caught] == [2]


def test_what_one_split_moved_is_a_slice_of_its_own(acme, allocated):
    found = explained(acme, ("origin", "platform"), ("team", "search"))

    assert (found.direct, found.figure, found.charge_count) == (0, Decimal("33.333333333333"), 0)
    assert (found.classifications, found.lines) == ((), ())
    assert found.is_exact


def test_direct_is_an_origin_too(acme, allocated):
    found = explained(acme, ("origin", "direct"), ("team", "search"))

    assert (found.figure, found.direct, found.received) == (1, 1, ())


def test_another_currency_has_no_row(acme, allocated):
    with tenant(acme.id):
        found = explain(Slice(period=OCTOBER, currency="EUR"), visibility=EVERYTHING)

    assert (found.figure, found.is_empty, found.is_exact) == (0, True, True)


def test_an_earlier_run_is_explained_by_the_rules_it_stood_on(acme, allocated):
    changed = RULES.replace("shared account", "moved").replace('equals: "9"', 'equals: "8"').replace("[lower]", "[]")
    apply(acme, changed)

    now, then = explained(acme), explained(acme, run_id=allocated.id)

    assert [one.rule_name for one in then.classifications[0].caught] == ["shared account", "", ""]
    assert (then.run.rule_version, then.run.is_in_force, then.figure) == (1, False, Decimal("110.75"))
    assert (now.run.rule_version, now.run.is_in_force) == (2, True)
    # No account 8, so nobody's: 100 + 0.25; and nothing is left to be shared.
    assert [(one.rule_number, one.cost) for one in now.classifications[0].caught] == [
        (None, Decimal("100.25")),
        (2, Decimal("10.5")),
    ]
    assert (then.is_exact, now.is_exact, now.received) == (True, True, ())


def test_a_scoped_member_is_told_of_her_part_only(acme, allocated):
    payments = Visibility(sees_everything=False, values=(("team", ("payments",)),))

    whole = explained(acme, visibility=payments)
    beside = explained(acme, ("team", "search"), visibility=payments)
    pool = explained(acme, ("team", "platform"), visibility=payments)

    assert (whole.figure, whole.is_exact) == (Decimal("76.166666666667"), True)
    assert [share.receiver for part in whole.received for share in part.shares] == ["payments"]
    assert (beside.is_empty, pool.is_empty) == (True, True)
    assert (beside.figure, beside.handed_on, pool.figure, pool.handed_on) == (0, (), 0, ())


def test_a_scoped_owner_of_a_pool_is_not_told_who_got_it(acme, allocated):
    platform = Visibility(sees_everything=False, values=(("team", ("platform",)),))

    [out] = explained(acme, visibility=platform).handed_on

    assert (out.amount, out.receivers) == (-100, ())


@pytest.mark.parametrize("name", ["planet", "team'; DROP TABLE x; --"])
def test_a_name_that_is_not_there_is_refused_with_those_that_are(acme, allocated, name):
    with pytest.raises(SliceError, match="Known: team, source_id, origin"):
        explained(acme, (name, "x"))


@pytest.mark.parametrize("value", ["x' OR '1'='1", "a/b~c", '"', "\\", "\N{SNOWMAN}"])
def test_a_value_cannot_be_more_than_a_value(acme, allocated, value):
    assert explained(acme, ("team", value)).is_empty
    assert explained(acme, ("service_name", value)).is_empty
    assert explained(acme, ("origin", value)).is_empty
    assert explained(acme, visibility=Visibility(sees_everything=False, values=((value, (value,)),))).is_empty


def test_what_is_left_out_is_the_rest(acme, allocated):
    with tenant(acme.id):
        found = explain(
            Slice(period=OCTOBER, currency="USD", filters=(Filter(name="team", values=("payments",), exclude=True),)),
            visibility=EVERYTHING,
        )

    # 110.75 less 76.166666666667; what nothing caught is not payments either
    assert (found.figure, found.is_exact) == (Decimal("34.583333333333"), True)


def test_one_day_can_be_asked_for_by_name(acme, allocated):
    found = explained(acme, ("charge_date", "2026-10-02"))

    assert (found.figure, found.direct, found.is_exact) == (Decimal("2.25"), Decimal("2.25"), True)


def test_a_period_without_a_run_cannot_be_explained(acme):
    with pytest.raises(NothingToExplainError, match="No run has allocated 2026-10"):
        explained(acme)


def test_another_organization_s_run_is_as_unknown_as_any(acme, globex, allocated):
    with pytest.raises(NothingToExplainError, match="No run has allocated 2026-10"):
        explained(globex, run_id=allocated.id)


def test_a_run_whose_files_are_gone_says_so(acme, allocated):
    (lake.organization_folder(acme.id) / allocated.folder / "ledger.parquet").unlink()

    with pytest.raises(NothingToExplainError, match="are not kept"):
        explained(acme)


def test_bill_lines_that_are_not_kept_are_unknown(acme, allocated):
    assert explained(acme, ("team", "search")).lines is None


def test_the_largest_lines_come_with_file_and_row(acme):
    revision = bill_in_force(acme, CHARGES)
    revision.files = [{"name": "october.csv"}]
    with tenant(acme.id):
        revision.save()
    folder = lake.organization_folder(acme.id) / revision.folder
    sets = {
        (row["sub_account_id"], row["service_name"], row["tags"]): row["attribute_set_id"]
        for row in pq.read_table(folder / "attribute_sets.parquet").to_pylist()
    }
    rows = [
        {
            "x_file_number": 0, "x_row_number": number, "billing_currency": "USD",
            "x_attribute_set_id": sets[account, service, tags], "charge_period_start": on, "service_name": service,
            "charge_description": f"line {number}", "resource_id": None, "effective_cost": Decimal(cost),
        }
        for number, (account, service, tags, on, cost) in enumerate(
            [
                ("9", "EC2", "{}", day(1), "100"),
                (None, "S3", '{"team":"payments"}', day(1), "-7.5"),
                (None, "S3", '{"team":"payments"}', day(1), "15"),
                (None, "EC2", '{"team":"Payments"}', day(2), "2"),
                (None, "S3", '{"team":"search"}', day(3), "1"),
            ],
            start=1,
        )
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "charges.parquet")
    apply(acme)

    found = explained(acme, ("team", "payments"))

    assert [(line.source_name, line.file_name, line.row_number, line.cost) for line in found.lines] == [
        ("AWS", "october.csv", 3, 15),
        ("AWS", "october.csv", 2, Decimal("-7.5")),
        ("AWS", "october.csv", 4, 2),
    ]
    assert [line.description for line in explained(acme, ("team", None)).lines] == []


KEPT_RULES = """
version: 1
dimensions:
- {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}
splits:
- {key: cluster, name: Cluster, stage: 1, pool: {dimension: team, equals: cluster}, receivers: {dimension: team, one_of: [a, b]},
   method: {kind: capacity, driver: gb, capacity: size}}
- {key: mail, name: Mail, stage: 1, pool: {dimension: team, equals: mail}, receivers: {dimension: team, one_of: [a, b]},
   method: {kind: rate_card, driver: gb, prices: [{currency: USD, price: "2.5", valid_from: 2026-10}]}}
drivers:
- {key: gb, name: Used, dimension: team, unit: GB, values: [
    {date: 2026-10-01, value: a, quantity: "30"}, {date: 2026-10-01, value: b, quantity: "20"}]}
- {key: size, name: Capacity, dimension: team, unit: GB, values: [{date: 2026-10-01, value: cluster, quantity: "100"}]}
"""


def test_what_a_method_keeps_is_told_beside_what_is_handed_on(acme):
    lines = [("cluster", "200"), ("mail", "100"), ("a", "1"), ("b", "1")]
    bill_in_force(acme, [charge(cost, tags={"team": team}) for team, cost in lines])
    apply(acme, KEPT_RULES)

    cluster, mail, a = (explained(acme, ("team", team)) for team in ("cluster", "mail", "a"))

    # Half of the cluster is unused; 50 GB at 2.50 are 25 more than mail cost.
    [out] = cluster.handed_on
    assert (cluster.figure, out.amount, out.pool_amount, out.kept, out.kept_words) == (
        100, -100, 200, 100, "unused capacity",
    )  # fmt: skip
    [out] = mail.handed_on
    assert (mail.figure, out.amount, out.pool_amount, out.kept, out.kept_words) == (
        -25,
        -125,
        100,
        -25,
        "over recovery",
    )
    by_capacity, by_price = (part.shares[0] for part in a.received)
    assert (by_capacity.quantity, by_capacity.total, by_capacity.amount) == (30, 100, 60)
    assert (by_price.quantity, by_price.total, by_price.calculated, by_price.amount) == (75, 100, 75, 75)
    assert [part.split.weight for part in a.received] == [
        "Used, GB, of the capacity Capacity, GB",
        "charge: Used, GB, at 2.5 USD from 2026-10",
    ]
    assert cluster.is_exact
    assert mail.is_exact
    assert a.is_exact
