"""Rules that our exports may fail: what focus-validator holds wrongly against them, and what FOCUS only recommends.

Source of the rules: the model of FOCUS 1.2 that focus-validator 2.2 comes with.
"""

from __future__ import annotations

from typing import Final

FALSE: Final = {
    "BilledCost-C-005-C": "It wants 0 wherever the issuer of the invoice is another than the provider; FOCUS, only where"
    " another party is paid. A reseller, and a marketplace that bills for others, are paid what the bill says.",
    "CapacityReservationStatus-C-004-C": "Its condition is also met by charges without any CapacityReservationId.",
    "CommitmentDiscountStatus-C-004-C": "Its condition asks for charges without a CommitmentDiscountId, where FOCUS asks"
    " for those with one.",
    "EffectiveCost-C-005-C": "It wants 0 for every purchase; FOCUS, only for those that cover later charges.",
    "InvoiceId-C-004-C": "It wants null in every charge; FOCUS, only in those that no invoice has.",
    "InvoiceId-C-005-C": "It wants a number in every charge; FOCUS, only in those that an invoice has.",
    "ServiceName-C-008-C": "FOCUS asks for one subcategory of a service where one suits; a marketplace's have several.",
}
"""Rules that fail where nothing is wrong, with the reason."""

_RECOMMENDED: Final = {
    "ConsumedUnit-C-003-O": (
        "Units are written as the provider writes them, which is how its prices and invoices have them.",
        "aws-cur aws-cur2 aws-focus azure-focus",
    ),
    "PricingUnit-C-003-O": (
        "Units are written as the provider writes them, which is how its prices and invoices have them.",
        "aws-cur aws-cur2 aws-focus azure-focus",
    ),
    "SkuMeter-C-005-C": (
        "The bill is FOCUS itself and leaves it out where a commitment or support is bought.",
        "aws-focus azure-focus focus",
    ),
}
"""Rules that say SHOULD, with the reason why it is not done and whose bills that meets. Nothing that FOCUS demands."""


def not_followed(name: str) -> set[str]:
    """Return the recommendations that the bill of a source is known not to follow."""
    return {rule for rule, (_, sources) in _RECOMMENDED.items() if name in sources.split()}
