"""What focus-validator finds in our exports: rules it holds wrongly against them, and what bills do not tell yet.

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

_LACKING: Final = {
    "BillingAccountName-C-003-C": (
        "The bill names no account.",
        "aws-cur gcp github openai",
    ),
    "BillingAccountType-C-005-C": (
        "No word for it is given where the bill has none.",
        "assets aws-cur aws-cur2 contracts datadog gcp github ledger opencost snowflake",
    ),
    "CommitmentDiscountCategory-C-004-C": (
        "Fees of Google's commitments do not say whether they are for use or spend.",
        "gcp",
    ),
    "CommitmentDiscountType-C-005-C": (
        "Fees of Google's commitments are given no type.",
        "gcp",
    ),
    "ConsumedUnit-C-003-O": (
        "Units are those of the provider; FOCUS only recommends its own.",
        "aws-cur aws-cur2 aws-focus azure-focus",
    ),
    "ConsumedUnit-C-006-C": (
        "Some line items of AWS have an amount of use without a unit.",
        "aws-cur aws-cur2",
    ),
    "ContractedUnitPrice-C-009-C": (
        "Azure's refunds have negative prices.",
        "azure-ea azure-mca",
    ),
    "ListCost-C-003-M": (
        "Azure's rows without a list price are given no list cost.",
        "azure-ea azure-mca",
    ),
    "ListCost-C-004-M": (
        "Azure's rows without a list price are given no list cost.",
        "azure-ea azure-mca",
    ),
    "PricingCurrency-C-004-M": (
        "Only bills that tell another currency of prices fill it.",
        "anthropic assets aws-cur aws-cur2 contracts datadog gcp github ledger openai opencost snowflake",
    ),
    "PricingCurrencyEffectiveCost-C-003-M": (
        "Only bills that tell another currency of prices fill it.",
        "anthropic assets aws-cur aws-cur2 contracts datadog focus gcp github ledger openai opencost snowflake",
    ),
    "PricingQuantity-C-004-C": (
        "AWS gives its taxes a quantity of 1, which is kept.",
        "aws-cur aws-cur2",
    ),
    "PricingUnit-C-003-O": (
        "Units are those of the provider; FOCUS only recommends its own.",
        "aws-cur aws-cur2 aws-focus azure-focus",
    ),
    "PricingUnit-C-005-C": (
        "Some line items of AWS have a unit without a quantity.",
        "aws-cur aws-cur2",
    ),
    "PricingUnit-C-006-C": (
        "Some line items of AWS have a quantity without a unit.",
        "aws-cur aws-cur2",
    ),
    "RegionName-C-005-C": (
        "A region that no table knows has no name.",
        "assets aws-cur aws-cur2 datadog gcp snowflake",
    ),
    "ResourceType-C-004-C": (
        "The ledger's postings have a type and no resource.",
        "ledger",
    ),
    "ResourceType-C-005-C": (
        "The bill tells no type of its resources.",
        "gcp opencost",
    ),
    "SkuMeter-C-004-C": (
        "Some line items name what is metered without a SKU.",
        "aws-cur aws-cur2 azure-ea",
    ),
    "SkuMeter-C-005-C": (
        "The bill does not tell what is metered; FOCUS only recommends it.",
        "aws-focus azure-focus datadog focus gcp github snowflake",
    ),
    "SubAccountName-C-005-C": (
        "AWS's legacy report has no names of accounts.",
        "aws-cur",
    ),
    "SubAccountType-C-005-C": (
        "No word for it is given where the bill has none.",
        "aws-cur aws-cur2 contracts gcp ledger opencost",
    ),
}
"""Rules that fail since something is not told or not worked out, with what that is and whose bills lack it."""


def lacking(name: str) -> set[str]:
    """Return the rules that the bill of a source is known to fail."""
    return {rule for rule, (_, sources) in _LACKING.items() if name in sources.split()}
