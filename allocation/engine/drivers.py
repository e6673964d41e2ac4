"""Drivers: measured quantities by day and dimension value, as data and as CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256

from pydantic import Field, ValidationError, model_validator

from allocation.engine.schema import Key, Model, Quantity, Text

CSV_HEADER = ["date", "value", "quantity"]
MAX_QUANTITY = Decimal(10) ** 20


class DriverError(ValueError):
    """A driver file cannot be read; the message names its row."""


class DriverValue(Model):
    """One quantity. Below zero it is kept, and stops the split that would use it."""

    date: date
    value: Text
    quantity: Quantity

    @model_validator(mode="after")
    def _can_be_stored(self) -> DriverValue:
        exponent = self.quantity.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -18 or self.quantity.copy_abs() >= MAX_QUANTITY:
            raise ValueError("a quantity has at most 20 digits before and 18 after the point")
        return self


class Driver(Model):
    """A stream of quantities of one dimension's values, inline or in a CSV file beside the document."""

    key: Key
    name: Text
    dimension: Key
    unit: Text
    values: tuple[DriverValue, ...] = Field(default=())
    file: Text | None = None

    @model_validator(mode="after")
    def _stands_in_one_place(self) -> Driver:
        if self.values and self.file is not None:
            raise ValueError("name values or file, not both")
        return self


def read_csv(text: str) -> tuple[DriverValue, ...]:
    """Return the rows of a `date,value,quantity` file.

    :raises DriverError: the header or a row has another form.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    header = next(rows, [])
    if [name.strip() for name in header] != CSV_HEADER:
        raise DriverError(f"row 1: the header must be {','.join(CSV_HEADER)}")
    values = []
    for row in rows:
        if not row:
            continue
        if len(row) != len(CSV_HEADER):
            raise DriverError(f"row {rows.line_num}: {len(row)} fields instead of {len(CSV_HEADER)}")
        try:
            day, value, quantity = row
            values.append(DriverValue.model_validate({"date": day, "value": value, "quantity": quantity}))
        except ValidationError as error:
            problem = error.errors()[0]
            raise DriverError(f"row {rows.line_num}: {problem['msg'].removeprefix('Value error, ')}") from error
    return tuple(values)


def fingerprint(values: Iterable[DriverValue]) -> str:
    """Return the SHA-256 of a driver's values, whatever their order."""
    rows = sorted((row.date, row.value, row.quantity) for row in values)
    days = {day: day.isoformat() for day, _, _ in rows}
    text = "\n".join([f"{days[day]}\t{value}\t{quantity.normalize():f}" for day, value, quantity in rows])
    return sha256(text.encode()).hexdigest()
