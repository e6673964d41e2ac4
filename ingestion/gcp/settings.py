"""What a source that reads Google Cloud's billing export from BigQuery is told. Pure."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, SecretStr

from ingestion.delivery.services import ServiceSettings

PROJECT: Final = r"([a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
"""A project's id, in front of it the domain that old projects of a company belong to."""
NAME: Final = r"[A-Za-z0-9_-]{1,1024}"
GIB: Final = 1 << 30


class BigQuerySettings(ServiceSettings):
    """Settings of a billing export in BigQuery: where it stands, who reads it and who pays for reading."""

    home = "https://bigquery.googleapis.com"
    needed = ("project", "dataset", "service_account_key")

    project: Annotated[str, Field(pattern=f"^{PROJECT}$")] | None = Field(
        default=None, title="Project", description="The id of the project that the queries are charged to."
    )
    dataset: Annotated[str, Field(pattern=rf"^{PROJECT}\.{NAME}$")] | None = Field(
        default=None,
        title="Dataset",
        description="With its own project, for example acme-billing.exports. An export in FOCUS stands in a dataset"
        " named gcp_billing_immutable_ and the billing account.",
    )
    table: Annotated[str, Field(pattern=f"^{NAME}$")] | None = Field(
        default=None, title="Table", description="Only where the dataset holds several exports."
    )
    service_account_key: SecretStr | None = Field(
        default=None,
        title="Service account key",
        description="The whole JSON file that Google Cloud gives for a key of a service account.",
    )
    location: Annotated[str, Field(pattern="^[A-Za-z0-9-]{2,40}$")] | None = Field(
        default=None, title="Location", description="Left empty, that of the dataset is taken, such as EU."
    )
    most_gib: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        title="Most GiB in a query",
        description="A query that would scan more is not run. Left empty, 100.",
    )

    @property
    def most_bytes(self) -> int:
        """How many bytes a query may scan."""
        return self.most_gib * GIB
