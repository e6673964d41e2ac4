"""Places that hold files: a folder of this machine, a bucket, or a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from ingestion.delivery import azure_blob
from ingestion.delivery.aws_access import AwsAccess, aws_client
from ingestion.delivery.azure_blob import BlobAccess, open_container
from ingestion.delivery.settings import Place, SourceSettings
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


S3: Final = Place(
    title="Amazon S3, or a store that speaks its protocol",
    fields=("bucket", "region", "endpoint_url", "role_arn", "external_id", "access_key_id", "secret_access_key"),
)
BLOB: Final = Place(title="Azure Blob Storage", fields=azure_blob.FIELDS)


class PlaceSettings(BlobAccess, BucketSettings):
    """A source of files in a folder, in a bucket, or in a container of Azure Blob Storage."""

    needed: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[tuple[Place, ...]] = (S3, BLOB)
    locks: ClassVar[tuple[str, ...]] = (*BlobAccess.locks, *AwsAccess.locks)
    secret_owners: ClassVar[Mapping[str, str]] = {**BlobAccess.secret_owners, **AwsAccess.secret_owners}
    endpoint_fields: ClassVar[tuple[str, ...]] = (*BlobAccess.endpoint_fields, *AwsAccess.endpoint_fields)

    prefix: str = Field(
        default="", max_length=1000, description="The folder in the bucket or container that is delivered to."
    )

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if self.path is not None:
            return self
        named = [place for place in self.places if getattr(self, place.name) is not None]
        if len(named) != 1:
            raise ValueError("Name one place: a path, a bucket or a container.")
        for place in self.places:
            strangers = [name for name in place.fields if getattr(self, name) is not None]
            if place not in named and strangers:
                raise ValueError(f"{self.title(strangers[0])} belongs to {place.title}, which is not read.")
        return self


def open_store(settings: SourceSettings) -> Store:
    """Return the folder, bucket or container a source reads from.

    :raises DeliveryError: the role or service principal is refused, or an endpoint is not public and must be.
    """
    if settings.path is not None:
        return FolderStore(settings.path)
    if isinstance(settings, BlobAccess) and settings.container is not None:
        return open_container(settings)
    if not isinstance(settings, BucketSettings):
        raise DeliveryError("not_found", "This source has no folder and no bucket.")
    return S3Store(aws_client(settings, "s3"), settings.bucket or "", settings.prefix)
