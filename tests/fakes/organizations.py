"""An organization of AWS accounts in the service of `tests.fakes.s3`."""

from __future__ import annotations

from typing import Any

import boto3

from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY


def organizations(endpoint_url: str) -> Any:
    """Return a client of the service."""
    return boto3.client(
        "organizations",
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def founded(endpoint_url: str, accounts: dict[str, dict[str, str]]) -> dict[str, str]:
    """Found an organization with accounts of these names and tags; return their ids by name."""
    client = organizations(endpoint_url)
    client.create_organization(FeatureSet="ALL")
    ids = {}
    for name, tags in accounts.items():
        asked = client.create_account(Email=f"{name}@example.org", AccountName=name)
        ids[name] = asked["CreateAccountStatus"]["AccountId"]
        if tags:
            tag(endpoint_url, ids[name], **tags)
    return ids


def tag(endpoint_url: str, account_id: str, **tags: str) -> None:
    """Set tags of an account."""
    listed = [{"Key": key, "Value": text} for key, text in tags.items()]
    organizations(endpoint_url).tag_resource(ResourceId=account_id, Tags=listed)
