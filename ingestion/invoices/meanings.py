"""What a column of an invoice or usage file may mean, and by which title it is known when nobody says. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.focus.columns import snake_case
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.tables import RawTables

MOST_LISTED: Final = 30
NONE: Final = "-"
"""Named instead of a title: no column means this, whatever they are called."""


@dataclass(frozen=True)
class Meaning:
    """What a column may mean. `titles` are in snake case, the likelier first."""

    key: str
    label: str
    titles: tuple[str, ...]


_TABLE: Final = """
amount | Amount | amount, net_amount, line_amount, amount_net, line_total, total_cost, billed_cost, net_cost, cost, \
net, total_net, extended_price, subtotal, total_amount, total, charge, charges, price_total, betrag, nettobetrag, \
montant, montant_ht, importe
date | Date | date, invoice_date, billing_date, usage_date, charge_date, bill_date, day, transaction_date, \
posting_date, month, billing_month, billing_period, invoice_month, period, datum, rechnungsdatum, fecha
start | Service starts | period_start, service_start, service_period_start, start_date, usage_start, usage_start_date, \
charge_period_start, billing_period_start, service_from, from_date, from, start, valid_from
end | Service ends | period_end, service_end, service_period_end, end_date, usage_end, usage_end_date, \
charge_period_end, billing_period_end, service_to, to_date, until, to, end, valid_to
currency | Currency | currency, currency_code, billing_currency, invoice_currency, waehrung, devise, moneda
vendor | Vendor | vendor, vendor_name, supplier, supplier_name, provider, seller, issuer, invoice_issuer, lieferant, \
fournisseur, proveedor
service | Service | service, service_name, product, product_name, item, item_name, plan, plan_name, sku, sku_name, \
article, artikel, produit
description | Description | description, line_description, item_description, charge_description, details, text, \
memo, notes, beschreibung
account | Account | account, account_id, account_name, customer_account, subscription, subscription_id, workspace, \
workspace_name, project, project_id, project_name, tenant, organization, customer
resource | Resource | resource, resource_id, resource_name, license, licence, license_key, host, host_name, \
instance, user, user_name, user_email, email, seat
region | Region | region, region_id, location, data_center
category | Kind of charge | charge_category, charge_type, line_type, type, kind, transaction_type
quantity | Quantity | quantity, qty, usage_quantity, units, consumed_quantity, seats, licenses, hours, menge, anzahl
unit | Unit | unit, unit_of_measure, uom, usage_unit, unit_name, consumed_unit, einheit
unit_price | Price of one unit | unit_price, price_per_unit, unit_cost, price, rate, einzelpreis, prix_unitaire
invoice | Invoice | invoice, invoice_number, invoice_id, invoice_no, document_number, bill_number, rechnungsnummer, \
numero_facture
"""


def _row(line: str) -> Meaning:
    key, label, titles = (cell.strip() for cell in line.split(" | "))
    return Meaning(key, label, tuple(title.strip() for title in titles.split(",")))


MEANINGS: Final = tuple(_row(line) for line in _TABLE.strip().splitlines())
NEEDED: Final = {"amount": ("amount",), "date": ("date", "start")}
"""What no charge can do without, and the meanings that give it."""
_CURRENCY: Final = re.compile(r"[ _(\[]+([A-Z]{3})[)\]]?$")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The raw name of the column of each meaning there is, and the currency that the amount's title names."""

    columns: Mapping[str, str]
    currency: str | None


def find_columns(raw: RawTables, *, told: Mapping[str, str], tags: Sequence[str] = ()) -> Found:
    """Return which column means what.

    :param told: the titles that somebody named, or NONE, by meaning; `tags` those of columns that are tags.
    :raises RejectedBillError: a file lacks a column that was named, or that no charge can do without.
    """
    own = {column.title: column.name for column in raw.columns}
    findings: list[Finding] = []
    found: dict[str, str] = {}
    for table in raw.tables:
        names = {_known_as(title): own[title] for title in reversed(table.titles)}
        named = {key: _named(title, names) for key, title in told.items()}
        recognized = _recognized(names, named=named, but={_named(title, names) for title in tags})
        known = {key: name for key, name in (named | recognized).items() if name}
        missed = [
            f"no column {title}, which is to be its {label(key).lower()}"
            for key, title in told.items()
            if title != NONE and not named[key]
        ]
        missed += [f"no column {title}, which is to be a tag" for title in tags if not _named(title, names)]
        missed += [
            f"no column that is known to be the {what}"
            for what, keys in NEEDED.items()
            if not any(key in known or told.get(key, NONE) != NONE for key in keys)
        ]
        findings += [_missing(table.file.name, table.titles, what) for what in missed]
        # What the first file of a delivery calls it is meant by all.
        found = known | found
    if findings:
        raise RejectedBillError(findings)
    title = next(title for title, name in own.items() if name == found["amount"])
    code = _CURRENCY.search(title)
    return Found(columns=found, currency=code[1] if code else None)


def label(key: str) -> str:
    """Return what people call a meaning."""
    return next(meaning.label for meaning in MEANINGS if meaning.key == key)


def _known_as(title: str) -> str:
    """Return a title without the currency behind it: `Amount (EUR)` is an amount."""
    return snake_case(_CURRENCY.sub("", title.strip())) or snake_case(title)


def _named(title: str, names: Mapping[str, str]) -> str | None:
    return names.get(_known_as(title))


def recognized(titles: Sequence[str]) -> dict[str, str]:
    """Return the title of each meaning's column, as they are recognized when nobody names any."""
    return _recognized({_known_as(title): title for title in reversed(titles)}, named={}, but=())


def _recognized(
    names: Mapping[str, str], *, named: Mapping[str, str | None], but: Collection[str | None]
) -> dict[str, str]:
    """Return the columns of what nobody named, by their titles; none means two things."""
    taken = {*named.values(), *but}
    found = {}
    for meaning in MEANINGS:
        fitting = [names[title] for title in meaning.titles if title in names and names[title] not in taken]
        if meaning.key not in named and fitting:
            found[meaning.key] = fitting[0]
            taken.add(fitting[0])
    return found


def _missing(file: str, titles: tuple[str, ...], what: str) -> Finding:
    more = len(titles) - MOST_LISTED
    listed = ", ".join(titles[:MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")
    message = f"{file} has {what}. Name one of its columns in the settings: {listed}."
    return Finding(code="column_missing", severity="error", file=file, row=0, message=message)
