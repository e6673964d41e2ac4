"""The settings every kind of source has: which place to read, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from ingestion.delivery.reach import PrivateAddressError, Reach, public_address
from ingestion.delivery.stores import DeliveryError, FolderStore, S3Store, Store

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef


def _plain_address(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("An endpoint begins with https:// or http:// and names a host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("An endpoint carries no user, password, query or fragment.")
    return url


Endpoint = Annotated[str | None, AfterValidator(_plain_address)]
"""The address of a service that a user names."""


class SourceSettings(BaseModel):
    """What every source is told; kinds add their own fields.

    `path` is a file, or a folder laid out as the provider delivers it; when it is named it is read and nothing else.
    Without it the fields of `needed` must be given. A stored secret stays while none of `locks` changes, and only
    beside the field `secret_owner`, where there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needed: ClassVar[tuple[str, ...]] = ()
    locks: ClassVar[tuple[str, ...]] = ("endpoint_url",)
    secret_owner: ClassVar[str] = ""

    path: Path | None = Field(default=None, title="Folder")
    _reach: Reach = PrivateAttr(default=Reach())

    def model_post_init(self, context: Any, /) -> None:
        """Take from the context of validation, never from the settings themselves, what reading may do."""
        if isinstance(context, Reach):
            self._reach = context

    @property
    def reach(self) -> Reach:
        """What reading from the place may do."""
        return self._reach

    @property
    def endpoint(self) -> str | None:
        """The address that a user chose to read from, None where the provider's own is read."""
        return getattr(self, "endpoint_url", None)

    @property
    def is_confined(self) -> bool:
        """Whether connections may go to public addresses only: a user chose the host."""
        return self.endpoint is not None and not self.reach.allows_private

    @classmethod
    def title(cls, name: str) -> str:
        """Return what people call a field."""
        return cls.model_fields[name].title or name.replace("_", " ").capitalize()

    @classmethod
    def keeps_secrets(cls, settings: Mapping[str, Any]) -> bool:
        """Return whether secrets that are stored already belong to these settings."""
        return not cls.secret_owner or bool(settings.get(cls.secret_owner))


class BucketSettings(SourceSettings):
    """A source of files in a folder or a bucket.

    `endpoint_url` is that of an S3-compatible store. With `role_arn` that role is assumed, naming
    `external_id`; without keys the machine's own credentials are used, though never for an `endpoint_url`
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html).
    """

    needed: ClassVar[tuple[str, ...]] = ("bucket",)
    locks: ClassVar[tuple[str, ...]] = ("endpoint_url", "access_key_id")
    secret_owner: ClassVar[str] = "access_key_id"  # noqa: S105 - a field's name

    bucket: Annotated[str, Field(min_length=3, max_length=63, pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    prefix: str = Field(
        default="", max_length=1000, description="The folder in the bucket that the provider delivers to."
    )
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")] | None = Field(
        default=None, description="Where the bucket is, for example eu-central-1."
    )
    endpoint_url: Endpoint = Field(
        default=None, title="Endpoint", description="Only for a store other than Amazon S3: its address."
    )
    role_arn: str | None = Field(
        default=None, title="Role ARN", description="The role to assume. Leave empty when access keys are given."
    )
    external_id: str | None = Field(default=None, title="External id")
    access_key_id: str | None = Field(default=None, title="Access key id")
    secret_access_key: SecretStr | None = Field(default=None, title="Secret access key")

    @model_validator(mode="after")
    def _is_whole(self) -> BucketSettings:
        if self.path is None and self.bucket is None:
            raise ValueError("Name a path or a bucket.")
        if self.external_id and not self.role_arn:
            raise ValueError("An external id belongs to a role: name role_arn too.")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValueError("Give both access_key_id and secret_access_key, or neither.")
        if self.bucket and self.endpoint_url and not self.access_key_id:
            # Else the machine's own credentials, session token included, would go to a host that a user chose.
            raise ValueError("An endpoint of your own needs access_key_id and secret_access_key of that service.")
        return self


def open_store(settings: SourceSettings) -> Store:
    """Return the folder or bucket a source reads from.

    :raises DeliveryError: the role cannot be assumed, or the endpoint is not public and must be.
    """
    if settings.path is not None:
        return FolderStore(settings.path)
    if not isinstance(settings, BucketSettings):
        raise DeliveryError("not_found", "This source has no folder and no bucket.")
    # Loading it takes a third of a second, which folders need not pay.
    from botocore.config import Config

    check_endpoint(settings)
    config = Config(
        connect_timeout=settings.reach.connect_seconds,
        read_timeout=settings.reach.read_seconds,
        retries={"max_attempts": settings.reach.attempts, "mode": "standard"},
        # A proxy would look names up itself, after ours were checked.
        proxies={} if settings.is_confined else None,
    )
    client = _client(_session(settings, config), "s3", settings, config)
    return S3Store(client, settings.bucket or "", settings.prefix)


def _client(session: boto3.Session, service: Literal["s3", "sts"], settings: BucketSettings, config: Config) -> Any:
    client = session.client(service, endpoint_url=settings.endpoint_url, config=config)
    if settings.is_confined:
        from ingestion.delivery.confined import confine

        confine(client)
    return client


def check_endpoint(settings: SourceSettings) -> None:
    """Tell early and plainly of an endpoint that no connection will be made to.

    :raises DeliveryError: it is not public and must be, or is unknown.
    """
    if not settings.is_confined:
        return
    try:
        parts = urlsplit(settings.endpoint or "")
        public_address(parts.hostname or "", parts.port or 443)
    except PrivateAddressError as error:
        raise DeliveryError("private_address", f"The endpoint cannot be used: {error} Name a public host.") from error
    except (OSError, UnicodeError, ValueError) as error:
        raise DeliveryError("unreachable", "The endpoint's host is not known. Check its spelling.") from error


def _session(settings: BucketSettings, config: Config) -> boto3.Session:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    secret = settings.secret_access_key.get_secret_value() if settings.secret_access_key else None
    own = boto3.Session(
        aws_access_key_id=settings.access_key_id, aws_secret_access_key=secret, region_name=settings.region
    )
    if settings.role_arn is None:
        return own
    security = _client(own, "sts", settings, config)
    asked: AssumeRoleRequestTypeDef = {"RoleArn": settings.role_arn, "RoleSessionName": "itfm-bills"}
    if settings.external_id:
        asked["ExternalId"] = settings.external_id
    try:
        answer = security.assume_role(**asked)
    except (ClientError, BotoCoreError) as error:
        raise DeliveryError(
            "role_refused",
            f"The role {settings.role_arn} could not be assumed: {error} Check its trust policy and the external id.",
        ) from error
    keys = answer["Credentials"]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=settings.region,
    )
