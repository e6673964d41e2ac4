"""Cost that nobody owns is asked of whom most of the cost around it belongs to, and of nobody else."""

from decimal import Decimal

from showback.unowned import DirectCost, Place, probably_of


def costs(text):
    """Return costs from a table; `-` is no cost center."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()[1:]]
    return [
        DirectCost(
            place=Place(account=account, service=service),
            code=None if code == "-" else code,
            currency=currency,
            cost=Decimal(cost),
        )
        for account, service, code, currency, cost in rows
    ]


def asked(codes, table, answered=()):
    found = probably_of(codes, costs(table), answered=answered)
    return [(one.place.account, one.place.service, one.cost, one.clue, one.share_percent) for one in found]


ACCOUNT = """
    account | service | center | currency | cost
    111     | Compute | 2010   | USD      | 60
    111     | Compute | 2020   | USD      | 40
    111     | Storage | -      | USD      | 25
"""


def test_the_account_says_whose_it_probably_is():
    assert asked({"2010"}, ACCOUNT) == [("111", "Storage", Decimal(25), "account", Decimal(60))]
    assert asked({"2020"}, ACCOUNT) == []


def test_a_cost_center_is_asked_for_all_below_it():
    # 60 + 40 of 100
    assert asked({"2000", "2010", "2020"}, ACCOUNT) == [("111", "Storage", Decimal(25), "account", Decimal(100))]


def test_exactly_half_is_not_most():
    table = """
        account | service | center | currency | cost
        111     | Compute | 2010   | USD      | 50
        111     | Compute | 2020   | USD      | 50
        111     | Storage | -      | USD      | 25
    """

    assert asked({"2010"}, table) == []


def test_where_the_account_says_nothing_the_service_may():
    table = """
        account | service | center | currency | cost
        111     | Models  | 4030   | USD      | 30
        222     | Models  | 4010   | USD      | 10
        999     | Models  | -      | USD      | 8
        999     | Compute | -      | USD      | 5
    """

    # 30 of the 40 that are owned of this service
    assert asked({"4030"}, table) == [("999", "Models", Decimal(8), "service", Decimal(75))]


def test_currencies_credits_and_answers_are_told_apart():
    table = """
        account | service | center | currency | cost
        111     | Compute | 2010   | USD      | 60
        111     | Compute | 2020   | USD      | -500
        111     | Storage | -      | USD      | 25
        111     | Queue   | -      | EUR      | 7
        111     | Refunds | -      | USD      | -9
        111     | Backup  | -      | USD      | 3
    """

    found = asked({"2010"}, table, answered={Place(account="111", service="Backup")})

    assert found == [("111", "Storage", Decimal(25), "account", Decimal(100))]


def test_no_more_than_the_largest_three_are_asked():
    table = """
        account | service | center | currency | cost
        111     | Compute | 2010   | USD      | 60
        111     | A       | -      | USD      | 1
        111     | B       | -      | USD      | 4
        111     | C       | -      | USD      | 3
        111     | D       | -      | USD      | 2
    """

    assert [service for _, service, *_ in asked({"2010"}, table)] == ["B", "C", "D"]
