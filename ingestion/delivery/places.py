"""Places that hold files: a folder of this machine, or a bucket."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from ingestion.delivery.aws_access import AwsAccess, aws_client
from ingestion.delivery.settings import SourceSettings
from ingestion.delivery.stores import DeliveryError, FolderStore, S3Store, Store


class _Bucket(SourceSettings):
    """Which bucket. A base of its own, so that a form asks for it first."""

    bucket: Annotated[str, Field(min_length=3, max_length=63, pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    prefix: str = Field(
        default="", max_length=1000, description="The folder in the bucket that the provider delivers to."
    )


class BucketSettings(AwsAccess, _Bucket):
    """A source of files in a folder, or in a bucket of S3 or of a store that speaks its protocol."""

    needed: ClassVar[tuple[str, ...]] = ("bucket",)

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if self.path is None and self.bucket is None:
            raise ValueError("Name a path or a bucket.")
        return self


def open_store(settings: SourceSettings) -> Store:
    """Return the folder or bucket a source reads from.

    :raises DeliveryError: the role cannot be assumed, or the endpoint is not public and must be.
    """
    if settings.path is not None:
        return FolderStore(settings.path)
    if not isinstance(settings, BucketSettings):
        raise DeliveryError("not_found", "This source has no folder and no bucket.")
    return S3Store(aws_client(settings, "s3"), settings.bucket or "", settings.prefix)
