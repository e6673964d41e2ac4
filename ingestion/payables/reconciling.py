"""Holding the invoices of one billing period against its charges. Pure.

Charges that carry the invoice's number are its own, whatever their account. Where an issuer's charges carry no numbers
at all, all of them are held against all of its invoices together:

| invoices                  | charges                          | held against each other     |
|---------------------------|----------------------------------|-----------------------------|
| Cloud no. 7, 100.00 EUR   | Cloud, no. 7: 60 + 40 EUR        | 100 and 100                 |
| Cloud no. 8, 20.00 EUR    | Cloud, no. 9: 20 EUR             | 20 and nothing; 9 is unknown |
| Mail no. A, 5.00 EUR      | Mail, no number: 12 EUR          | 5 + 7 and 12                |
| Mail no. B, 7.00 EUR      |                                  |                             |

An invoice for a billing account is held against that account's charges, one for none against those of the accounts that
no other names. Tax that an invoice tells apart, by lines of that category, is left out on both sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

from ingestion.payables.facts import Status, issuer_key
from ingestion.payables.tolerance import tolerance
from itfm.core.money import CONTEXT, total

State = Literal["matches", "within_tolerance", "differs", "no_charges", "not_issued", "voided", "unknown"]
"""`unknown`: charges of the period are not there to be added up."""
Number = tuple[str, str, str]
"""Issuer, as compared; number; currency."""


@dataclass(frozen=True, kw_only=True)
class ChargeSum:
    """Charges of a bill that are alike in all that is named here; '' where they name none."""

    bill_id: UUID
    number: str
    issuer: str
    account: str
    currency: str
    is_tax: bool
    billed_cost: Decimal
    charge_count: int

    @property
    def key(self) -> Number:
        """What an invoice of these charges is known by."""
        return issuer_key(self.issuer), self.number, self.currency


@dataclass(frozen=True, kw_only=True)
class Invoiced:
    """An invoice as it is reconciled. `tax` is None where its lines do not tell it apart."""

    id: UUID
    issuer: str
    number: str
    account: str
    currency: str
    amount: Decimal
    tax: Decimal | None
    status: Status

    @property
    def key(self) -> Number:
        """What its charges are known by."""
        return issuer_key(self.issuer), self.number, self.currency


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """What an invoice says beside what its charges say.

    `amount` and `ours` leave out tax that is told apart; `invoice_count` invoices are held against the same charges.
    """

    state: State
    amount: Decimal
    ours: Decimal | None
    tolerance: Decimal
    charge_count: int
    is_by_number: bool
    invoice_count: int = 1
    tax: Decimal | None = None
    tax_ours: Decimal | None = None
    by_bill: Mapping[UUID, Decimal] = field(default_factory=dict)
    """All its charges, tax included, by bill."""

    @property
    def difference(self) -> Decimal | None:
        """What the charges have more than the invoice."""
        return None if self.ours is None else CONTEXT.subtract(self.ours, self.amount)

    @property
    def ties_out(self) -> bool:
        """Whether invoice and charges agree but for rounding."""
        return self.state in {"matches", "within_tolerance"}


def reconcile(
    invoices: Sequence[Invoiced], sums: Sequence[ChargeSum], *, is_readable: bool = True
) -> dict[UUID, Reconciliation]:
    """Return the invoices of one billing period beside their charges, by invoice.

    :param is_readable: whether `sums` are those of all bills; where not, nothing is said to differ or to be missing.
    """
    numbered: dict[Number, list[ChargeSum]] = defaultdict(list)
    for one in sums:
        numbered[one.key].append(one)
    with_numbers = {(issuer, currency) for issuer, number, currency in numbered if number}
    found: dict[UUID, Reconciliation] = {}
    left: dict[tuple[str, str], list[Invoiced]] = defaultdict(list)
    for invoice in invoices:
        issuer, _, currency = invoice.key
        if invoice.key in numbered or invoice.status == "voided" or (issuer, currency) in with_numbers:
            found[invoice.id] = _held([invoice], numbered.get(invoice.key, ()), invoice, is_readable=is_readable)
        else:
            left[issuer, currency].append(invoice)
    for (issuer, currency), together in left.items():
        unnumbered = numbered.get((issuer, "", currency), [])
        found |= _by_account(together, unnumbered, is_readable=is_readable)
    return found


def unknown_numbers(
    invoices: Iterable[Invoiced], sums: Iterable[ChargeSum]
) -> dict[tuple[str, str, str], list[ChargeSum]]:
    """Return the charges that carry the number of no invoice, by issuer as they write it, number and currency.

    The number of a voided invoice is known, though no invoice.
    """
    known = {invoice.key for invoice in invoices}
    unknown: dict[tuple[str, str, str], list[ChargeSum]] = defaultdict(list)
    for one in sums:
        if one.number and one.key not in known:
            unknown[one.issuer, one.number, one.currency].append(one)
    return dict(sorted(unknown.items()))


def _by_account(
    invoices: Sequence[Invoiced], sums: Sequence[ChargeSum], *, is_readable: bool
) -> dict[UUID, Reconciliation]:
    by_account: dict[str, list[Invoiced]] = defaultdict(list)
    for invoice in invoices:
        by_account[invoice.account].append(invoice)
    own: dict[str, list[ChargeSum]] = defaultdict(list)
    for one in sums:
        # Charges of accounts that no invoice is for are held against those that are for any.
        own[one.account if one.account in by_account else ""].append(one)
    found: dict[UUID, Reconciliation] = {}
    for account, together in by_account.items():
        # What invoices that stand together are told differs by their status alone.
        alike = {invoice.status: invoice for invoice in together}
        held = {
            status: _held(together, own[account], invoice, is_readable=is_readable) for status, invoice in alike.items()
        }
        found |= {invoice.id: held[invoice.status] for invoice in together}
    return found


def _held(
    invoices: Sequence[Invoiced], sums: Sequence[ChargeSum], invoice: Invoiced, *, is_readable: bool
) -> Reconciliation:
    """Return one of the invoices that are held against these charges together."""
    tells_tax = all(one.tax is not None for one in invoices)
    tax = total(one.tax for one in invoices if one.tax is not None) if tells_tax else None
    gross = total(one.amount for one in invoices)
    held = [one for one in sums if not (tells_tax and one.is_tax)]
    by_bill: dict[UUID, Decimal] = defaultdict(Decimal)
    for one in sums:
        by_bill[one.bill_id] = CONTEXT.add(by_bill[one.bill_id], one.billed_cost)
    amount = gross if tax is None else CONTEXT.subtract(gross, tax)
    ours = total(one.billed_cost for one in held) if sums else None
    count = sum(one.charge_count for one in held)
    limit = tolerance(invoice.currency, rows=count)
    state = _state(invoice.status, amount=amount, ours=ours, limit=limit)
    return Reconciliation(
        state="unknown" if not is_readable and state in {"differs", "no_charges"} else state,
        amount=amount,
        ours=ours,
        tolerance=limit,
        charge_count=count,
        is_by_number=any(one.number for one in sums),
        invoice_count=len(invoices),
        tax=tax,
        tax_ours=total(one.billed_cost for one in sums if one.is_tax) if tells_tax and sums else None,
        by_bill=dict(by_bill),
    )


def _state(status: Status, *, amount: Decimal, ours: Decimal | None, limit: Decimal) -> State:
    if status == "voided":
        return "voided"
    if status == "open":
        return "not_issued"
    if ours is None:
        return "no_charges"
    return difference_state(CONTEXT.subtract(ours, amount), limit=limit)


def difference_state(difference: Decimal, *, limit: Decimal) -> Literal["matches", "within_tolerance", "differs"]:
    """Return what a difference comes to."""
    if not difference:
        return "matches"
    return "within_tolerance" if difference.copy_abs() <= limit else "differs"
