"""How accounting systems lay out postings that are exported as CSV. Pure.

Exports are made of reports that people arrange, so titles differ with version and language. These are the English
titles of the reports as they come, and were not held against exports of every version: a title that is missing is added
here, or the file is given the generic titles.

- NetSuite: a saved search of transactions with their lines, or the report Transaction Detail
- SAP: the line items of FBL3N, saved as a spreadsheet
- QuickBooks Online: the report Journal, or Transaction Detail by Account
- Xero: the report Account Transactions, with the column Account Code
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A system's titles, as raw names, of each thing a posting tells; `signature` are those that only it has."""

    name: str
    signature: tuple[frozenset[str], ...]
    titles: Mapping[str, tuple[str, ...]]

    def fits(self, names: Collection[str]) -> bool:
        """Return whether a file with these columns is laid out so."""
        is_signed = all(any(name in names for name in rivals) for rivals in self.signature)
        return is_signed and self.columns(names).is_whole

    def columns(self, names: Collection[str]) -> Columns:
        """Return which columns of a file tell what."""
        found = {
            meaning: next((title for title in titles if title in names), None)
            for meaning, titles in self.titles.items()
        }
        return Columns(layout=self.name, names={meaning: name for meaning, name in found.items() if name})


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The raw columns of a file by what they tell."""

    layout: str
    names: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether they tell a date, an account and an amount."""
        has_amount = "amount" in self.names or {"debit", "credit"} <= set(self.names)
        return has_amount and {"date", "account"} <= set(self.names)

    def name(self, meaning: str) -> str:
        """Return a raw name; one that no column has where nothing tells it."""
        return self.names.get(meaning, meaning)


def _one_of(*names: str) -> frozenset[str]:
    return frozenset(names)


LAYOUTS: Final = (
    Layout(
        name="SAP",
        signature=(
            _one_of("posting_date", "pstng_date"),
            _one_of("amount_in_local_currency", "amount_in_local_crcy", "amount_in_lc", "amt_in_loc_cur"),
        ),
        titles={
            "date": ("posting_date", "pstng_date"),
            "account": ("account", "g_l_account", "gl_account", "g_l_acct"),
            "account_name": ("g_l_account_name", "account_name", "g_l_acct_long_text", "short_text"),
            "cost_center": ("cost_center", "cost_ctr"),
            "vendor": ("vendor_name", "vendor", "name_of_offsetting_account", "offsetting_acct_no"),
            "description": ("text", "item_text", "assignment"),
            "amount": ("amount_in_local_currency", "amount_in_local_crcy", "amount_in_lc", "amt_in_loc_cur"),
            "indicator": ("debit_credit_ind", "d_c"),
            "currency": ("local_currency", "l_curr", "lcurr", "l_crcy"),
            "document": ("document_number", "document_no", "doc_no"),
            "company": ("company_code", "co_cd"),
            "year": ("fiscal_year", "year"),
            "line": ("line_item", "itm", "item"),
        },
    ),
    Layout(
        name="QuickBooks",
        signature=(_one_of("transaction_type"), _one_of("memo_description", "num")),
        titles={
            "date": ("date", "transaction_date"),
            "account": ("account", "account_number", "distribution_account", "full_name"),
            "account_name": ("account_name", "account_full_name"),
            "cost_center": ("class", "class_full_name", "location", "department"),
            "vendor": ("vendor", "name"),
            "description": ("memo_description", "memo", "description"),
            "amount": ("amount",),
            "debit": ("debit",),
            "credit": ("credit",),
            "currency": ("currency",),
            "document": ("num",),
        },
    ),
    Layout(
        name="Xero",
        signature=(_one_of("account_code"), _one_of("source", "running_balance", "net", "gross")),
        titles={
            "date": ("date",),
            "account": ("account_code",),
            "account_name": ("account", "account_name"),
            "cost_center": ("cost_center", "department", "region"),
            "vendor": ("contact", "contact_name"),
            "description": ("description",),
            "amount": ("net",),
            "debit": ("debit",),
            "credit": ("credit",),
            "currency": ("currency",),
            "document": ("reference", "invoice_number"),
        },
    ),
    Layout(
        name="NetSuite",
        signature=(_one_of("document_number"), _one_of("memo", "memo_main", "subsidiary", "period")),
        titles={
            "date": ("date", "transaction_date"),
            "account": ("account", "account_number"),
            "account_name": ("account_name",),
            "cost_center": ("department", "cost_center", "class"),
            "vendor": ("vendor", "name", "entity", "main_line_name"),
            "description": ("memo", "memo_main", "description"),
            "amount": ("amount",),
            "debit": ("amount_debit", "debit", "debit_amount"),
            "credit": ("amount_credit", "credit", "credit_amount"),
            "currency": ("currency",),
            "document": ("document_number",),
            "company": ("subsidiary",),
            "posting": ("line_unique_key",),
            "transaction": ("internal_id",),
            "line": ("line_id",),
        },
    ),
    Layout(
        name="generic",
        signature=(),
        titles={
            name: (name,)
            for name in (
                "date", "account", "account_name", "cost_center", "vendor", "description", "amount", "debit", "credit",
                "currency", "document", "company", "line", "year",
            )
        } | {
            "posting": ("posting_id",),
        },
    ),
)  # fmt: skip
"""In the order in which they are tried."""


def columns_of(names: Collection[str]) -> Columns | None:
    """Return what the columns of a file tell, None when no layout fits."""
    return next((layout.columns(names) for layout in LAYOUTS if layout.fits(names)), None)
