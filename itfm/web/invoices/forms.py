"""What people type of an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms

from ingestion.models import Invoice
from ingestion.payables.facts import InvoiceFacts, problems
from ingestion.services.invoices import OF_LINES, facts_of
from itfm.core.money import AmountError, amount, plain
from itfm.core.periods import PeriodError, parse_period, period_name

STATUSES: Final = [("issued", "Issued"), ("open", "Open: not issued yet")]


def day_field(label: str, *, required: bool = False, help_text: str = "") -> forms.DateField:
    """Return a field for a day."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, input_formats=["%Y-%m-%d"]
    )


class PeriodField(forms.CharField):
    """A billing period."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-10"})

    def to_python(self, value: Any) -> Any:
        """Return its first day."""
        if isinstance(value, date):
            return value
        text = super().to_python(value)
        try:
            return parse_period(text) if text else None
        except PeriodError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Return it as it is typed."""
        return period_name(value) if isinstance(value, date) else value


class AmountField(forms.CharField):
    """An exact amount."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """Return the number."""
        if isinstance(value, Decimal):
            return value
        text = super().to_python(value)
        try:
            return amount(text) if text else None
        except AmountError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Return it as it is typed."""
        return plain(value) if isinstance(value, Decimal) else value


class InvoiceForm(forms.Form):
    """An invoice; of one with lines, what these say is fixed."""

    issuer = forms.CharField(max_length=200, help_text="Who is to be paid, as the bills name them (InvoiceIssuerName).")
    number = forms.CharField(max_length=200, help_text="As it stands on the invoice (InvoiceId).")
    billing_period = PeriodField(label="Billing period")
    amount = AmountField(help_text="What is to be paid, tax included: 1234.56.")
    currency = forms.CharField(max_length=3, widget=forms.TextInput(attrs={"placeholder": "EUR"}))
    status = forms.ChoiceField(choices=STATUSES)
    issue_date = day_field("Date of issue")
    due_date = day_field("To be paid until")
    billing_account_id = forms.CharField(
        label="Billing account", max_length=200, required=False, help_text="Leave it empty where it is for all of them."
    )
    payment_terms = forms.CharField(label="Payment terms", max_length=200, required=False)
    reference_number = forms.CharField(
        label="Corrects invoice", max_length=200, required=False, help_text="The number of the one it refers to."
    )
    purchase_order = forms.CharField(label="Purchase order", max_length=200, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        invoice: Invoice | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        own = facts_of(invoice).fields() if invoice else dict(initial or {})
        super().__init__(data, initial=own)
        if invoice is not None and invoice.status == Invoice.Status.VOIDED:
            self.fields["status"].widget.choices = [*STATUSES, ("voided", "Voided")]
            self.fields["status"].choices = [*STATUSES, ("voided", "Voided")]  # type: ignore[attr-defined]
        if invoice is not None and invoice.lines.exists():
            for name in OF_LINES:
                self.fields[name].disabled = True
                self.fields[name].help_text = "What its lines say; taking in its details again changes it."

    def clean(self) -> dict[str, Any]:
        """Hold what was typed against what can be."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for field, message in problems(self.facts()):
                self.add_error(field, f"{message[0].upper()}{message[1:]}")
        return cleaned

    def clean_currency(self) -> str:
        """Return the currency in capitals."""
        return str(self.cleaned_data["currency"]).upper()

    def facts(self) -> InvoiceFacts:
        """Return the invoice as it was typed."""
        return InvoiceFacts(**{name: self.cleaned_data[name] for name in self.fields})


def prefilled(address: Mapping[str, str]) -> dict[str, str]:
    """Return what an address gives the form to begin with."""
    return {name: address[name][:200] for name in InvoiceForm.base_fields if name in address}
