"""What people type of a purchase order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from ingestion.models import PurchaseOrder
from ingestion.payables.order_facts import OrderFacts, OrderStatus, order_problems
from ingestion.services.purchase_orders import facts_of_order
from itfm.web.invoices.forms import AmountField, day_field


class OrderForm(forms.Form):
    """A purchase order; whether it is closed is not typed but done."""

    vendor = forms.CharField(max_length=200, help_text="As its invoices name their issuer (InvoiceIssuerName).")
    number = forms.CharField(max_length=200, help_text="Capitals and spaces do not count.")
    amount = AmountField(help_text="What was ordered, without tax: 1234.56.")
    currency = forms.CharField(max_length=3, widget=forms.TextInput(attrs={"placeholder": "EUR"}))
    order_date = day_field("Ordered on", required=True)
    start_date = day_field("First day", help_text="Of what it covers.")
    end_date = day_field("Last day", help_text="After it the order counts as expired.")
    cost_center = forms.CharField(label="Cost center", max_length=200, required=False)
    description = forms.CharField(max_length=500, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        order: PurchaseOrder | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=facts_of_order(order).fields() if order else dict(initial or {}))
        self.status: OrderStatus = facts_of_order(order).status if order else "open"

    def clean(self) -> dict[str, Any]:
        """Hold what was typed against what can be."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for field, message in order_problems(self.facts()):
                self.add_error(field, f"{message[0].upper()}{message[1:]}")
        return cleaned

    def clean_currency(self) -> str:
        """Return the currency in capitals."""
        return str(self.cleaned_data["currency"]).upper()

    def facts(self) -> OrderFacts:
        """Return the order as it was typed."""
        return OrderFacts(**{name: self.cleaned_data[name] for name in self.fields}, status=self.status)


def prefilled_order(address: Mapping[str, str]) -> dict[str, str]:
    """Return what an address gives the form to begin with."""
    return {name: address[name][:200] for name in OrderForm.base_fields if name in address}
