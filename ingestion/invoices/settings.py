"""How the files of a vendor are read: which of their columns means what. Pure."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from ingestion.delivery import PlaceSettings
from ingestion.invoices.meanings import MEANINGS
from ingestion.ledger.writing import DayFirst, DecimalMark
from ingestion.normalize.checks import CURRENCY_CODE

Title = Annotated[str, Field(max_length=200)] | None
Category = Literal[
    "AI and Machine Learning",
    "Analytics",
    "Business Applications",
    "Compute",
    "Databases",
    "Developer Tools",
    "Identity",
    "Integration",
    "Internet of Things",
    "Management and Governance",
    "Media",
    "Migration",
    "Mobile",
    "Multicloud",
    "Networking",
    "Other",
    "Security",
    "Storage",
    "Web",
]
"""The service categories of FOCUS."""
COLUMN: Final = "_column"
READING: Final = (
    "vendor",
    "service_category",
    *(meaning.key + COLUMN for meaning in MEANINGS),
    "tag_columns",
    "default_currency",
    "date_format",
    "decimal_mark",
    "charge_category",
    "end_is",
)


class InvoiceFileSettings(PlaceSettings):
    """How a vendor's files are read. Columns that are not named are recognized by common titles."""

    reading: ClassVar[tuple[str, ...]] = READING

    vendor: str = Field(default="", max_length=200, description="Who bills, where no column tells.")
    service_category: Category = Field(
        default="Other", title="Service category", description="What the vendor sells, in the words of FOCUS."
    )
    default_currency: Annotated[str, Field(pattern=CURRENCY_CODE)] | None = Field(
        default=None, description="Three letters such as EUR, for files that do not name their currency."
    )
    date_format: DayFirst | None = Field(
        default=None, title="Date format", description="MM/DD/YYYY or DD/MM/YYYY, where dates have slashes."
    )
    decimal_mark: DecimalMark = Field(
        default=".", title="Decimal mark", description="A point, as in 1,234.50, or a comma, as in 1.234,50."
    )
    charge_category: Literal["Usage", "Purchase"] = Field(
        default="Usage", title="Lines are", description="What lines are that do not say it themselves."
    )
    end_is: Literal["last_day", "day_after"] = Field(
        default="last_day", title="A service ends", description="Whether its end is its last day, or the day after it."
    )
    amount_column: Title = Field(default=None, title="Amount", description="The column's title, if not recognized.")
    date_column: Title = Field(default=None, title="Date")
    start_column: Title = Field(default=None, title="Service starts")
    end_column: Title = Field(default=None, title="Service ends")
    currency_column: Title = Field(default=None, title="Currency")
    vendor_column: Title = Field(default=None, title="Vendor by line")
    service_column: Title = Field(default=None, title="Service")
    description_column: Title = Field(default=None, title="Description")
    account_column: Title = Field(default=None, title="Account")
    resource_column: Title = Field(default=None, title="Resource")
    region_column: Title = Field(default=None, title="Region")
    category_column: Title = Field(default=None, title="Kind of charge")
    quantity_column: Title = Field(default=None, title="Quantity")
    unit_column: Title = Field(default=None, title="Unit")
    unit_price_column: Title = Field(default=None, title="Price of one unit")
    invoice_column: Title = Field(default=None, title="Invoice")
    tag_columns: str = Field(
        default="", max_length=2000, title="Tags", description="Titles of columns that are tags, separated by commas."
    )

    def told(self) -> dict[str, str]:
        """Return the titles that somebody named, by meaning; NONE where no column is to have it."""
        named = {meaning.key: getattr(self, meaning.key + COLUMN) for meaning in MEANINGS}
        return {key: title.strip() for key, title in named.items() if title and title.strip()}

    def tag_titles(self) -> tuple[str, ...]:
        """Return the titles of the columns that are tags."""
        return tuple(title.strip() for title in self.tag_columns.split(",") if title.strip())
