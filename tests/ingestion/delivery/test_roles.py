"""A role is tried with its external id and without: one that does not ask for it is refused."""

from __future__ import annotations

import pytest

from ingestion.delivery import BucketSettings, DeliveryError
from ingestion.delivery.aws_access import check_role
from ingestion.delivery.reach import Reach
from tests.fakes.s3 import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.fakes.sts import sts

ROLE = "arn:aws:iam::123456789012:role/bills"


def settings(url: str, **changes: str | None) -> BucketSettings:
    told = {
        "bucket": "bills", "region": "us-east-1", "endpoint_url": url, "access_key_id": ACCESS_KEY_ID,
        "secret_access_key": SECRET_ACCESS_KEY, "role_arn": ROLE, "external_id": "tenant-7",
    }  # fmt: skip
    return BucketSettings.model_validate(told | changes, context=Reach(allows_private=True, attempts=1))


def test_a_role_that_asks_for_its_external_id_is_taken():
    with sts("tenant-7") as url:
        check_role(settings(url))


def test_a_role_that_does_not_ask_is_refused_with_what_to_change():
    with (
        sts(None) as url,
        pytest.raises(DeliveryError, match=r"Let its trust policy ask for sts:ExternalId") as refused,
    ):
        check_role(settings(url))

    assert refused.value.code == "role_open"


def test_a_role_that_asks_for_another_id_is_refused():
    with sts("tenant-8") as url, pytest.raises(DeliveryError, match="could not be assumed") as refused:
        check_role(settings(url))

    assert refused.value.code == "role_refused"


def test_a_source_without_a_role_asks_nobody():
    check_role(settings("http://127.0.0.1:9", role_arn=None, external_id=None))
