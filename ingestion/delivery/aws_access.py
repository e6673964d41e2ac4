"""Reading from AWS as a role or with keys. Pure but for the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator

from ingestion.delivery.settings import Endpoint, SourceSettings, check_endpoint
from ingestion.delivery.stores import DeliveryError

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

ROLE_SESSION = "itfm-bills"
Service = Literal["ce", "organizations", "s3", "sts"]


class AwsAccess(SourceSettings):
    """As whom AWS is read.

    With `role_arn` that role is assumed, naming `external_id`; without keys the machine's own credentials are used,
    though never for an `endpoint_url`
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html).
    """

    locks: ClassVar[tuple[str, ...]] = ("endpoint_url", "access_key_id")
    secret_owners: ClassVar[Mapping[str, str]] = {"secret_access_key": "access_key_id"}

    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,32}$")] | None = Field(
        default=None, description="Where it is, for example eu-central-1."
    )
    endpoint_url: Endpoint = Field(
        default=None, title="Endpoint", description="Only for a service other than Amazon's own: its address."
    )
    role_arn: str | None = Field(
        default=None, title="Role ARN", description="The role to assume. Leave empty when access keys are given."
    )
    external_id: str | None = Field(default=None, title="External id")
    access_key_id: str | None = Field(default=None, title="Access key id")
    secret_access_key: SecretStr | None = Field(default=None, title="Secret access key")

    @model_validator(mode="after")
    def _has_whole_keys(self) -> Self:
        if self.external_id and not self.role_arn:
            raise ValueError("An external id belongs to a role: name role_arn too.")
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValueError("Give both access_key_id and secret_access_key, or neither.")
        if self.path is None and self.endpoint_url and not self.access_key_id:
            # Else the machine's own credentials, session token included, would go to a host that a user chose.
            raise ValueError("An endpoint of your own needs access_key_id and secret_access_key of that service.")
        return self


def aws_client(settings: AwsAccess, service: Service) -> Any:
    """Return a client of one of AWS's services, as the settings say.

    :raises DeliveryError: the role cannot be assumed, or the endpoint is not public and must be.
    """
    check_endpoint(settings)
    config = _config(settings)
    return _client(_session(settings, config), service, settings, config)


def check_role(settings: SourceSettings) -> None:
    """Hold a role to its trust policy: one that does not ask for the external id would let others read it through us.

    :raises DeliveryError: role_open, or role_refused where it cannot be assumed at all.
    """
    if not isinstance(settings, AwsAccess) or settings.path or not (settings.role_arn and settings.external_id):
        return
    from botocore.exceptions import BotoCoreError, ClientError

    check_endpoint(settings)
    config = _config(settings)
    _session(settings, config)
    try:
        _assumed(settings, config, external_id=None)
    except (ClientError, BotoCoreError):
        return
    raise DeliveryError(
        "role_open",
        f"The role {settings.role_arn} can be assumed without its external id. Let its trust policy ask for"
        f" sts:ExternalId {settings.external_id}, and test again.",
    )


def _config(settings: AwsAccess) -> Config:
    # Loading it takes a third of a second, which folders need not pay.
    from botocore.config import Config

    return Config(
        connect_timeout=settings.reach.connect_seconds,
        read_timeout=settings.reach.read_seconds,
        retries={"max_attempts": settings.reach.attempts, "mode": "standard"},
        # A proxy would look names up itself, after ours were checked.
        proxies={} if settings.is_confined else None,
    )


def _client(session: boto3.Session, service: Service, settings: AwsAccess, config: Config) -> Any:
    client = session.client(service, endpoint_url=settings.endpoint_url, config=config)
    if settings.is_confined:
        from ingestion.delivery.confined import confine

        confine(client)
    return client


def _session(settings: AwsAccess, config: Config) -> boto3.Session:
    from boto3 import Session
    from botocore.exceptions import BotoCoreError, ClientError

    if settings.role_arn is None:
        return _own_session(settings)
    try:
        keys = _assumed(settings, config, external_id=settings.external_id)["Credentials"]
    except (ClientError, BotoCoreError) as error:
        raise DeliveryError(
            "role_refused",
            f"The role {settings.role_arn} could not be assumed: {error} Check its trust policy and the external id.",
        ) from error
    return Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=settings.region,
    )


def _own_session(settings: AwsAccess) -> boto3.Session:
    from boto3 import Session

    secret = settings.secret_access_key.get_secret_value() if settings.secret_access_key else None
    return Session(aws_access_key_id=settings.access_key_id, aws_secret_access_key=secret, region_name=settings.region)


def _assumed(settings: AwsAccess, config: Config, *, external_id: str | None) -> Any:
    asked: AssumeRoleRequestTypeDef = {"RoleArn": settings.role_arn or "", "RoleSessionName": ROLE_SESSION}
    if external_id:
        asked["ExternalId"] = external_id
    return _client(_own_session(settings), "sts", settings, config).assume_role(**asked)
