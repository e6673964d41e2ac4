"""FOCUS files small enough to read."""

from __future__ import annotations

HEADER = (
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingAccountId,BillingCurrency,BillingPeriodStart,"
    "BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,InvoiceIssuerName,ServiceCategory,ServiceName,"
    "ServiceProviderName,Tags"
)


def line(cost, *, service="Storage", month=10, day=1, tags="", currency="USD"):
    """Return a charge as a line of CSV."""
    start, end = f"2026-{month:02}-01T00:00:00Z", f"2026-{month + 1:02}-01T00:00:00Z"
    on, after = f"2026-{month:02}-{day:02}T00:00:00Z", f"2026-{month:02}-{day + 1:02}T00:00:00Z"
    return f"{cost},{cost},{cost},{cost},42,{currency},{start},{end},{on},{after},Usage,Cloud,Storage,{service},Cloud,{tags}"


def write_bill(path, *lines):
    """Write a file of these lines under FOCUS's header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path
