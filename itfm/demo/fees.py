"""What a month's bill holds besides usage: commitment fees, support, credits, refunds and taxes. Pure.

Amounts follow from the usage already written, so a commitment's fee is always its used plus its unused part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from itfm.core.periods import next_period, previous_period
from itfm.demo import usage
from itfm.demo.cur import PLAN_ARN, RESERVATION_ARN, Fee, Payer, moment, plain
from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month, Whole

UNIT: Final = 10**12
PLAN_STEP: Final = UNIT // 1_000
"""A savings plan is bought per hour in thousandths of a dollar."""

CREDITS: Final = 3
REFUNDS: Final = 3
TAX_PER_MILLE: Final = 72
SUPPORT_PER_MILLE: Final = 30
UNUSED_RESERVATION_PER_MILLE: Final = 40


class Tally:
    """What the usage lines of one month add up to, in 10^-12 currency units."""

    def __init__(self, resources: Sequence[Resource], month: Month) -> None:
        templates = [(resource, kind) for resource in resources for kind in usage.kinds(resource)]
        self.accounts = sorted({resource.account for resource in resources})
        self.regions = sorted({resource.region for resource in resources if resource.meter.commitment == "reservation"})
        self.billed = 0
        self.by_account: Whole = np.zeros(len(self.accounts), dtype=np.int64)
        self.plan_by_day: Whole = np.zeros(month.days, dtype=np.int64)
        self.reserved_by_region: Whole = np.zeros(len(self.regions), dtype=np.int64)
        self._account = np.array([self.accounts.index(resource.account) for resource, _ in templates])
        self._region = np.array([
            self.regions.index(resource.region) if kind == usage.RESERVED else -1 for resource, kind in templates
        ])  # fmt: skip
        self._is_covered = np.array([kind == usage.COVERED for _, kind in templates])

    def add(self, lines: Lines) -> None:
        """Count one batch."""
        np.add.at(self.by_account, self._account[lines.template], lines.cost)
        self.billed = sum(self.by_account.tolist())
        covered = self._is_covered[lines.template]
        np.add.at(self.plan_by_day, lines.hour[covered] // 24, lines.commitment_cost[covered])
        region = self._region[lines.template]
        np.add.at(self.reserved_by_region, region[region >= 0], lines.commitment_cost[region >= 0])


def count(tally: Tally, month: Month) -> int:
    """Return how many fees `fees` gives."""
    return month.days + len(tally.regions) + 1 + CREDITS + REFUNDS + month.is_restated + len(tally.accounts)


def fees(tally: Tally, payer: Payer, month: Month) -> list[Fee]:
    """Return the fees of a month in the order of the bill."""
    found = [*_plan_fees(tally, payer, month), *_reservation_fees(tally, payer, month), _support(tally, payer, month)]
    found += [_credit(tally, month, number) for number in range(CREDITS)]
    found += [_refund(tally, month, number) for number in range(REFUNDS + month.is_restated)]
    return found + [_tax(tally, month, number) for number in range(len(tally.accounts))]


def _plan_fees(tally: Tally, payer: Payer, month: Month) -> list[Fee]:
    """Return a recurring fee per day; the plan is sized to its busiest day, so other days leave some unused."""
    hourly = -(-int(tally.plan_by_day.max()) // (24 * PLAN_STEP)) * PLAN_STEP
    made = []
    for day, used in enumerate(tally.plan_by_day.tolist()):
        committed = plain(24 * hourly)
        values = {
            "savings_plan_amortized_upfront_commitment_for_billing_period": "0",
            "savings_plan_end_time": moment(next_period(month.first_day)),
            "savings_plan_offering_type": "ComputeSavingsPlans",
            "savings_plan_payment_option": "No Upfront",
            "savings_plan_purchase_term": "1yr",
            "savings_plan_recurring_commitment_for_billing_period": committed,
            "savings_plan_savings_plan_a_r_n": PLAN_ARN.format(payer=payer.account),
            "savings_plan_start_time": moment(month.first_day),
            "savings_plan_total_commitment_to_date": committed,
            "savings_plan_used_commitment": plain(used),
            "line_item_usage_amount": "24",
            "line_item_unblended_rate": plain(hourly),
            "line_item_usage_type": "ComputeSP:1yrNoUpfront",
            "pricing_unit": "Hrs",
        }
        made.append(
            Fee(
                "SavingsPlanRecurringFee",
                payer.account,
                "ComputeSavingsPlans",
                "Savings Plans for AWS Compute usage",
                "1 year No Upfront Compute Savings Plan",
                24 * hourly,
                day,
                1,
                values=values,
            )
        )
    return made


def _reservation_fees(tally: Tally, payer: Payer, month: Month) -> list[Fee]:
    made = []
    for region, used in zip(tally.regions, tally.reserved_by_region.tolist(), strict=True):
        fee = used + used * UNUSED_RESERVATION_PER_MILLE // 1_000
        values = {
            "line_item_operation": "CreateDBInstance:0014",
            "line_item_usage_type": f"{region[:2].upper()}-HeavyUsage:db.r6g.xl",
            "pricing_lease_contract_length": "1yr",
            "pricing_offering_class": "standard",
            "pricing_purchase_option": "No Upfront",
            "pricing_term": "Reserved",
            "pricing_unit": "Hrs",
            "product_region_code": region,
            "reservation_amortized_upfront_fee_for_billing_period": "0",
            "reservation_end_time": moment(next_period(month.first_day)),
            "reservation_reservation_a_r_n": RESERVATION_ARN.format(payer=payer.account, region=region),
            "reservation_start_time": moment(month.first_day),
            "reservation_unused_amortized_upfront_fee_for_billing_period": "0",
            "reservation_unused_quantity": plain((fee - used) // 336_000, 6),
            "reservation_unused_recurring_fee": plain(fee - used),
            "reservation_upfront_value": "0",
        }
        made.append(
            Fee(
                "RIFee",
                payer.account,
                "AmazonRDS",
                "Amazon Relational Database Service",
                f"db.r6g.xl reserved instances in {region}",
                fee,
                0,
                month.days,
                values=values,
            )
        )
    return made


def _support(tally: Tally, payer: Payer, month: Month) -> Fee:
    cost = _cents(tally.billed * SUPPORT_PER_MILLE // 1_000)
    return Fee(
        "Fee",
        payer.account,
        "AWSSupportBusiness",
        "AWS Support (Business)",
        "AWS Support (Business)",
        cost,
        0,
        month.days,
    )


def _credit(tally: Tally, month: Month, number: int) -> Fee:
    account = tally.accounts[number % len(tally.accounts)]
    cost = -_cents(int(tally.by_account[number % len(tally.accounts)]) * (8 + number) // 1_000)
    return Fee(
        "Credit", account, "AmazonEC2", "Amazon Elastic Compute Cloud",
        f"Demo migration credit MD-{month.first_day:%Y}-{number + 1}", cost, 0, month.days,
    )  # fmt: skip


def _refund(tally: Tally, month: Month, number: int) -> Fee:
    account = tally.accounts[(number + 5) % len(tally.accounts)]
    cost = -_cents((137 + 211 * number) * UNIT + int(tally.by_account[0]) // 90_000)
    described = f"Refund for {previous_period(month.first_day):%B %Y}"
    return Fee(
        "Refund",
        account,
        "AmazonS3",
        "Amazon Simple Storage Service",
        described,
        cost,
        3 + number,
        1,
        bill_type="Refund",
    )


def _tax(tally: Tally, month: Month, number: int) -> Fee:
    cost = _cents(int(tally.by_account[number]) * TAX_PER_MILLE // 1_000)
    return Fee(
        "Tax", tally.accounts[number], "AmazonEC2", "Amazon Elastic Compute Cloud", "Tax for product code AmazonEC2",
        cost, 0, month.days, values={"line_item_tax_type": "VAT"},
    )  # fmt: skip


def _cents(cost: int) -> int:
    """Return the cost without what is under a hundredth."""
    return cost - cost % (UNIT // 100)
