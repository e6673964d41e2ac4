"""Microsoft Entra ID as service principals sign in to it: discovery, and tokens for a client's secret."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.service import Asked, Told

TENANT: Final = "6f1c2b1e-7a34-4d55-9c1e-000000000001"
CLIENT: Final = "6f1c2b1e-7a34-4d55-9c1e-000000000002"
SECRET: Final = "sesame~open"
PRINCIPAL: Final = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": SECRET}
REFUSALS: Final = {
    "tenant": (400, "invalid_tenant", "AADSTS90002: Tenant 'x' not found."),
    "client": (400, "unauthorized_client", "AADSTS700016: Application not found in the directory."),
    "secret": (401, "invalid_client", "AADSTS7000215: Invalid client secret provided."),
}


@dataclass
class Entra:
    """Answers for any of its tenants' addresses; `tokens` are those it gave out. What is in `faults` is told first."""

    tokens: list[str] = field(default_factory=list)
    faults: list[Told] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Any:
        """Answer discovery and the token endpoint."""
        if self.faults:
            return self.faults.pop(0)
        tenant = asked.path.split("/")[1]
        if tenant != TENANT:
            return _refused("tenant")
        if asked.path.endswith("/.well-known/openid-configuration"):
            base = f"https://{asked.headers['host']}/{tenant}"
            return {
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "issuer": f"{base}/v2.0",
            }
        assert (asked.method, asked.path) == ("POST", f"/{tenant}/oauth2/v2.0/token")
        assert asked.body["grant_type"] == "client_credentials"
        if asked.body["client_id"] != CLIENT:
            return _refused("client")
        if asked.body["client_secret"] != SECRET:
            return _refused("secret")
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": self._token(asked.body["scope"])}

    def _token(self, scope: str) -> str:
        now = int(time.time())
        told = {
            "aud": scope.split(" ", maxsplit=1)[0].removesuffix("/.default"),
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now,
            "nbf": now - 60,
            "exp": now + 3600,
        }
        token = ".".join((_part({"alg": "RS256", "typ": "JWT"}), _part(told), "c2lnbmF0dXJl"))
        self.tokens.append(token)
        return token


def _part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _refused(why: str) -> Told:
    status, error, description = REFUSALS[why]
    return Told(status, {"error": error, "error_description": description})
