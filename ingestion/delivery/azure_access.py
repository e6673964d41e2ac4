"""Reading from Azure as a service principal. Pure but for the network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Self

from pydantic import Field, SecretStr, model_validator

from ingestion.delivery.reach import PrivateAddressError
from ingestion.delivery.settings import Endpoint, SourceSettings, check_endpoint
from ingestion.delivery.stores import DeliveryError

if TYPE_CHECKING:
    from azure.core.pipeline.transport import RequestsTransport
    from azure.identity import ClientSecretCredential

SIGN_IN_ADVICE: Final = {
    "7000215": "The client secret is wrong: enter its value, not its id.",
    "7000222": "The client secret has expired: make another.",
    "700016": "The tenant has no application of this client id: check both.",
    "90002": "There is no such tenant: check the tenant id, and the sign-in address if one is set.",
    "900023": "There is no such tenant: check the tenant id, and the sign-in address if one is set.",
}
"""Why Entra ID refuses (https://learn.microsoft.com/entra/identity-platform/reference-error-codes)."""
_CODE: Final = re.compile(r"AADSTS(\d+)")
BLOCK_BYTES: Final = 1 << 18
UNKNOWN_TENANT: Final = "90002"


class AzureAccess(SourceSettings):
    """As which service principal Azure is read
    (https://learn.microsoft.com/entra/identity-platform/howto-create-service-principal-portal).
    """

    locks: ClassVar[tuple[str, ...]] = ("tenant_id", "client_id", "authority_url")
    secret_owners: ClassVar[Mapping[str, str]] = {"client_secret": "client_id"}
    endpoint_fields: ClassVar[tuple[str, ...]] = ("authority_url",)

    tenant_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")] | None = Field(
        default=None, title="Tenant id", description="Of the service principal that reads; also called directory id."
    )
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = Field(
        default=None, title="Client id", description="Also called application id."
    )
    client_secret: SecretStr | None = Field(default=None, title="Client secret")
    authority_url: Endpoint = Field(
        default=None,
        title="Sign-in address",
        description="Only for another cloud than Azure's public one, for example https://login.microsoftonline.us.",
    )

    @model_validator(mode="after")
    def _has_whole_principal(self) -> Self:
        given = [self.tenant_id, self.client_id, self.client_secret]
        if any(given) and not all(given):
            raise ValueError("A service principal has a tenant id, a client id and a client secret: give all three.")
        if self.authority_url and not all(given):
            raise ValueError("A sign-in address belongs to a service principal: give that too.")
        if self.authority_url and not self.authority_url.startswith("https://"):
            raise ValueError("A sign-in address begins with https://, as the secret is sent there.")
        return self


def transport(settings: SourceSettings) -> RequestsTransport:
    """Return what carries the requests of Azure's clients: patiently, and to public addresses only where it must.

    :raises DeliveryError: an endpoint is not public and must be.
    """
    # Loading these takes a while, which folders need not pay.
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    from ingestion.delivery.confined import PublicAdapter

    check_endpoint(settings)
    session = requests.Session()
    # What stands in this machine's environment, a proxy or a netrc, is none of the source's business.
    session.trust_env = not settings.is_confined
    # The clients themselves ask again.
    carrier = PublicAdapter() if settings.is_confined else HTTPAdapter()
    for scheme in ("https://", "http://"):
        session.mount(scheme, carrier)
    reach = settings.reach
    return RequestsTransport(
        session=session,
        connection_timeout=reach.connect_seconds,
        read_timeout=reach.read_seconds,
        connection_data_block_size=BLOCK_BYTES,
    )


def sign_in(settings: AzureAccess, *, scope: str) -> ClientSecretCredential:
    """Return the service principal's credential, once it has let itself be used for a scope.

    :raises DeliveryError: bad_credentials, throttled, private_address or unreachable.
    """
    from azure.core.exceptions import AzureError
    from azure.identity import ClientSecretCredential

    secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
    # Azure's own directory of clouds does not know of an address that a user chose.
    own = {"authority": settings.authority_url, "disable_instance_discovery": True} if settings.authority_url else {}
    statuses: list[int] = []
    credential = ClientSecretCredential(
        settings.tenant_id or "",
        settings.client_id or "",
        secret,
        transport=transport(settings),
        retry_total=settings.reach.attempts - 1,
        # Errors of the credential do not always tell what was answered.
        raw_response_hook=lambda answer: statuses.append(answer.http_response.status_code),
        **own,
    )
    try:
        credential.get_token(scope)
    except (AzureError, PrivateAddressError, ValueError) as error:
        raise _no_sign_in(error, status=statuses[-1] if statuses else None) from error
    return credential


def _no_sign_in(error: Exception, *, status: int | None) -> DeliveryError:
    """Return in one sentence why a service principal could not sign in; `status` is that of the last answer."""
    if hidden := private_address(error):
        return hidden
    told = _CODE.search(str(error))
    if status is None or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and not told):
        return DeliveryError(
            "unreachable", "Azure's sign-in could not be reached. Check the sign-in address and the network."
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return DeliveryError("throttled", "Azure's sign-in answered 429. It is asked again later.")
    # The first question is about the tenant; what was answered to it is not told.
    code = told[1] if told else UNKNOWN_TENANT if "authority configuration" in str(error) else ""
    advice = SIGN_IN_ADVICE.get(code, "Check tenant id, client id and client secret.")
    shown = f" (AADSTS{told[1]})" if told else ""
    return DeliveryError("bad_credentials", f"Azure did not let the service principal sign in{shown}. {advice}")


def private_address(error: BaseException) -> DeliveryError | None:
    """Return what to say when a connection led to a private network, None when something else went wrong."""
    found = next((cause for cause in causes(error) if isinstance(cause, PrivateAddressError)), None)
    return DeliveryError("private_address", f"{found} Name a public host.") if found else None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from; Azure's clients wrap errors one in another."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
