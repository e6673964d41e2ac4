"""Reading a container of Azure Blob Storage. Pure but for the network.

Sources: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and, for what lists folders as
blobs, https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-namespace.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, ClassVar, Final, Self
from urllib.parse import parse_qs

from pydantic import Field, SecretStr, model_validator

from ingestion.delivery.azure_access import AzureAccess, private_address, sign_in, transport
from ingestion.delivery.contents import DeliveredFile
from ingestion.delivery.reach import PrivateAddressError
from ingestion.delivery.settings import Endpoint, SourceSettings
from ingestion.delivery.stores import DeliveryError

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.storage.blob import BlobProperties, ContainerClient

SCOPE: Final = "https://storage.azure.com/.default"
PART_BYTES: Final = 4 << 20
"""A blob is read in parts of this size, so that one of any size needs no more memory than a few of them."""
FIELDS: Final = (
    "container",
    "storage_account",
    "blob_endpoint_url",
    "account_key",
    "sas_token",
    "tenant_id",
    "client_id",
    "client_secret",
    "authority_url",
)
"""The settings of a container, in the order they are asked for."""
PERMIT: Final = (
    "Give the service principal the role Storage Blob Data Reader, or make a SAS token that may read and list (sp=rl),"
    " and let the storage account's firewall admit this server."
)
CREDENTIALS: Final = "Check the source's account key, SAS token or service principal."
ADVICE: Final = {
    "AuthenticationFailed": ("bad_credentials", CREDENTIALS),
    "InvalidAuthenticationInfo": ("bad_credentials", CREDENTIALS),
    "NoAuthenticationInformation": ("bad_credentials", CREDENTIALS),
    "AuthorizationFailure": ("access_denied", PERMIT),
    "AuthorizationPermissionMismatch": ("access_denied", PERMIT),
    "AuthorizationProtocolMismatch": ("access_denied", PERMIT),
    "AuthorizationResourceTypeMismatch": ("access_denied", PERMIT),
    "AuthorizationServiceMismatch": ("access_denied", PERMIT),
    "AuthorizationSourceIPMismatch": ("access_denied", PERMIT),
    "InsufficientAccountPermissions": ("access_denied", PERMIT),
    "KeyBasedAuthenticationNotPermitted": (
        "access_denied",
        "The storage account permits no account keys: give the source a service principal.",
    ),
    "AccountIsDisabled": ("access_denied", "The storage account is disabled. Ask its owner."),
    "ContainerNotFound": ("no_such_container", "Check the container's name and the storage account."),
    "ContainerBeingDeleted": ("no_such_container", "It is being deleted. Name another."),
    "BlobNotFound": ("changed", "The file was there when the container was listed. Pull again."),
    "ConditionNotMet": ("changed", "The file was written anew since the container was listed. Pull again."),
    "BlobArchived": ("archived", "Bring the file back from the archive tier first."),
    "ServerBusy": ("throttled", "It is asked again later."),
}
"""What the service calls an error: the stable code of it, and what to do about it."""


class BlobAccess(AzureAccess):
    """Which container is read, and by what right: an account key, a SAS token, or a service principal."""

    locks: ClassVar[tuple[str, ...]] = ("storage_account", "blob_endpoint_url", *AzureAccess.locks)
    secret_owners: ClassVar[Mapping[str, str]] = {
        "account_key": "container",
        "sas_token": "container",
        **AzureAccess.secret_owners,
    }
    secret_rivals: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "account_key": ("sas_token", "client_id"),
        "sas_token": ("account_key", "client_id"),
    }
    endpoint_fields: ClassVar[tuple[str, ...]] = ("blob_endpoint_url", *AzureAccess.endpoint_fields)

    container: Annotated[str, Field(pattern=r"^(?:\$root|\$web|[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9])$")] | None = Field(
        default=None, description="Where the exports are delivered to."
    )
    storage_account: Annotated[str, Field(pattern=r"^[a-z0-9]{3,24}$")] | None = Field(
        default=None, title="Storage account", description="Its name: of https://bills.blob.core.windows.net, bills."
    )
    blob_endpoint_url: Endpoint = Field(
        default=None,
        title="Blob endpoint",
        description="Only for another cloud than Azure's public one: the storage account's whole address, for example"
        " https://bills.blob.core.usgovcloudapi.net.",
    )
    account_key: SecretStr | None = Field(
        default=None, title="Account key", description="Or a SAS token, or a service principal: one of the three."
    )
    sas_token: SecretStr | None = Field(
        default=None, title="SAS token", description="One that may read and list, for the container or the account."
    )

    @model_validator(mode="after")
    def _has_one_right(self) -> Self:
        given = [name for name in FIELDS if getattr(self, name) is not None]
        if self.path is not None or not given:
            return self
        if self.container is None or self.storage_account is None:
            raise ValueError("A place in Azure Blob Storage has a container and a storage account: name both.")
        rights = [self.account_key, self.sas_token, self.client_id]
        if sum(right is not None for right in rights) != 1:
            raise ValueError("Give one of an account key, a SAS token or a service principal.")
        address = self.blob_endpoint_url or "https://"
        if self.client_id and not address.startswith("https://"):
            raise ValueError("A service principal is let in by an endpoint that begins with https:// only.")
        return self

    @model_validator(mode="after")
    def _has_whole_secrets(self) -> Self:
        if self.account_key and not _is_base64(self.account_key.get_secret_value()):
            raise ValueError("The account key is not whole: copy all of it, up to the last =.")
        if self.sas_token and not _is_signed(self.sas_token.get_secret_value()):
            raise ValueError("A SAS token has a signature (sig=): copy all of it, without the address before it.")
        return self


def container_url(settings: Mapping[str, Any]) -> str:
    """Return the address of the container that settings name."""
    account = settings.get("blob_endpoint_url") or f"https://{settings.get('storage_account')}.blob.core.windows.net"
    return f"{account.rstrip('/')}/{settings.get('container')}"


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_signed(token: str) -> bool:
    return "://" not in token.partition("=")[0] and bool(parse_qs(token.removeprefix("?")).get("sig"))


def open_container(settings: BlobAccess) -> BlobStore:
    """Return the container that a source reads from.

    :raises DeliveryError: the service principal cannot sign in, or an endpoint is not public and must be.
    """
    from azure.storage.blob import ContainerClient

    _check_lifetime(settings.sas_token)
    client = ContainerClient.from_container_url(
        container_url(dict(settings)),
        credential=_credential(settings),
        **reading(settings),
    )
    return BlobStore(client, settings.container or "", getattr(settings, "prefix", ""))


def reading(settings: SourceSettings) -> dict[str, Any]:
    """Return how clients of Blob Storage read, whichever blob: in parts, patiently, and where they are told to only."""
    return {
        "transport": transport(settings),
        "retry_total": settings.reach.attempts - 1,
        "initial_backoff": 1,
        "increment_base": 2,
        "permit_redirects": False,
        "max_single_get_size": PART_BYTES,
        "max_chunk_get_size": PART_BYTES,
    }


def _check_lifetime(sas_token: SecretStr | None) -> None:
    """Say so when a token is over, which the service would tell like a wrong one."""
    told = parse_qs(sas_token.get_secret_value()).get("se", [""])[0] if sas_token else ""
    try:
        end = datetime.fromisoformat(told)
    except ValueError:
        return
    if (end if end.tzinfo else end.replace(tzinfo=UTC)) <= datetime.now(UTC):
        raise DeliveryError("bad_credentials", f"The SAS token was good until {told}. Make another that lasts longer.")


def _credential(settings: BlobAccess) -> Any:
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

    if settings.account_key:
        return AzureNamedKeyCredential(settings.storage_account or "", settings.account_key.get_secret_value())
    if settings.sas_token:
        return AzureSasCredential(settings.sas_token.get_secret_value())
    return sign_in(settings, scope=SCOPE)


@dataclass(frozen=True)
class BlobStore:
    """The blobs of a container under a prefix; paths are relative to the prefix, versions are ETags."""

    client: ContainerClient
    container: str
    prefix: str = ""

    def files(self) -> tuple[DeliveredFile, ...]:
        """Return all blobs by path, but for those that stand for folders."""
        from azure.core.exceptions import AzureError

        try:
            blobs = self.client.list_blobs(name_starts_with=self._base or None, include=["metadata"])
            return tuple(
                DeliveredFile(
                    path=blob.name.removeprefix(self._base), size=blob.size, version=(blob.etag or "").strip('"')
                )
                for blob in blobs
                if not _is_folder(blob)
            )
        except (AzureError, PrivateAddressError) as error:
            raise self._refused(error) from error

    @contextmanager
    def open(self, path: str, *, version: str = "") -> Iterator[BinaryIO]:
        """Open a blob; should it be written anew before its end is read, that is refused rather than mixed."""
        from azure.core import MatchConditions
        from azure.core.exceptions import AzureError

        try:
            # Parts after the first are asked for on condition that the ETag is that of the first, whatever stands here.
            # Bytes are wanted as they are stored. It reads like a binary file without being declared as one.
            yield self.client.download_blob(  # type: ignore[misc]
                f"{self._base}{path}",
                etag=f'"{version}"' if version else "*",
                match_condition=MatchConditions.IfNotModified,
                max_concurrency=1,
                decompress=False,
            )
        except (AzureError, PrivateAddressError) as error:
            raise self._refused(error) from error

    @property
    def _base(self) -> str:
        prefix = self.prefix.strip("/")
        return f"{prefix}/" if prefix else ""

    def _refused(self, error: AzureError | PrivateAddressError) -> DeliveryError:
        from azure.core.exceptions import HttpResponseError

        if hidden := private_address(error):
            return hidden
        if not isinstance(error, HttpResponseError) or error.status_code is None:
            what = f"({type(error).__name__}). Check storage account, endpoint and network."
            return DeliveryError("unreachable", f"The container {self.container} could not be reached {what}")
        name = getattr(error, "error_code", None)
        told = str(getattr(name, "value", name) or "")
        code, advice = ADVICE.get(told) or _by_status(error.status_code)
        answer = f"Azure answered {error.status_code}{f' ({told})' if told else ''}"
        return DeliveryError(code, f"The container {self.container} could not be read: {answer}. {advice}")


def _is_folder(blob: BlobProperties) -> bool:
    """Return whether a blob stands for a folder, as accounts with a hierarchical namespace have them."""
    return blob.name.endswith("/") or (blob.metadata or {}).get("hdi_isfolder") == "true"


def _by_status(status: int) -> tuple[str, str]:
    """Return the stable code of a refusal whose name says nothing, and what to do about it."""
    if status == HTTPStatus.UNAUTHORIZED:
        return "bad_credentials", CREDENTIALS
    if status == HTTPStatus.FORBIDDEN:
        return "access_denied", PERMIT
    if status == HTTPStatus.NOT_FOUND:
        return "not_found", "Check container, storage account and endpoint."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "throttled", "It is asked again later."
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "redirected", "Name the address it redirects to, if you trust it."
    return "unreachable", "Check storage account, endpoint and network."
