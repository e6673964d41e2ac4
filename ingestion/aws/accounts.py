"""The accounts of an organization as AWS Organizations tells them: their names and tags. Pure but for the asking.

They are kept as a file beside the files of each bill, so that a bill read again is read with the list it came with.
Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html and `ListTagsForResource`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ingestion.aws.labels import ACCOUNT_TAG
from ingestion.delivery.aws_access import AwsAccess, aws_client
from ingestion.delivery.contents import DeliveredFile, Delivery
from ingestion.delivery.services import SETTLED_VERSION, month_version
from ingestion.focus.findings import Finding
from itfm.core.periods import period_name

DATASET: Final = "aws_accounts"
"""What the file is, among those of a delivery."""
COLUMNS: Final = ("account_id", "account_name", "tags")
TABLE: Final = "aws_account"
_FOLDER: Final = "aws-organizations"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account of the organization; an account's own tags, by key."""

    id: str
    name: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Told:
    """The accounts that AWS Organizations told, or in words why it told none.

    Not all are there where it was only tried whether they are told.
    """

    accounts: tuple[Account, ...] = ()
    refusal: str = ""
    is_whole: bool = True


def told_by_organizations(settings: AwsAccess) -> Told:
    """Ask for all accounts and the tags of each, one question an account; for the first, where it is only looked.

    :raises DeliveryError: the role cannot be assumed, or the endpoint is not public and must be.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    # Organizations answers for all regions in one.
    own = settings if settings.region else settings.model_copy(update={"region": "us-east-1"})
    client = aws_client(own, "organizations")
    try:
        if settings.reach.only_looks:
            first = client.list_accounts(MaxResults=1)["Accounts"]
            return Told(
                accounts=tuple(Account(id=one["Id"], tags=_tags(client, one["Id"])) for one in first), is_whole=False
            )
        listed = [one for page in client.get_paginator("list_accounts").paginate() for one in page["Accounts"]]
        accounts = [
            Account(id=one["Id"], name=one.get("Name", ""), tags=_tags(client, one["Id"]))
            for one in sorted(listed, key=lambda one: str(one["Id"]))
        ]
    except (BotoCoreError, ClientError) as error:
        return Told(refusal=str(error))
    return Told(accounts=tuple(accounts))


def _tags(client: Any, account_id: str) -> dict[str, str]:
    pages = client.get_paginator("list_tags_for_resource").paginate(ResourceId=account_id)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def with_accounts(deliveries: Sequence[Delivery], told: Told, *, today: date | None = None) -> tuple[Delivery, ...]:
    """Return deliveries with the list of accounts as the last of the files of each; one that waits stays as it is.

    What was refused leaves each bill with the list that it has, and is told with the latest.
    """
    if not told.is_whole:
        answer = (("AWS Organizations", "tells accounts and their tags"),)
        return tuple(replace(one, seen=(*one.seen, *answer)) if one is deliveries[-1] else one for one in deliveries)
    now = today or datetime.now(UTC).date()
    listed = [_listed(one, told, today=now) if one.is_complete else one for one in deliveries]
    if listed and told.refusal:
        listed[-1] = replace(listed[-1], refusals=(_refused(told.refusal),))
    return tuple(listed)


def _listed(delivery: Delivery, told: Told, *, today: date) -> Delivery:
    month = delivery.billing_period
    content = None if told.refusal else as_csv(told.accounts)
    settled = month_version(month, today=today) if month else ""
    file = DeliveredFile(
        path=f"{_FOLDER}/accounts{f'-{period_name(month)}' if month else ''}.csv",
        # The list of a settled month stands whatever is told today.
        size=None if content is None or settled else len(content),
        version=SETTLED_VERSION if settled else hashlib.sha256(content or b"").hexdigest()[:32],
        dataset=DATASET,
        content=content,
        is_as_before=content is None,
    )
    return replace(delivery, files=(*delivery.files, file))


def _refused(why: str) -> Finding:
    return Finding(
        code="accounts_not_told",
        severity="warning",
        file="",
        message=(
            f"AWS Organizations did not tell the accounts: {why} Permit organizations:ListAccounts and"
            " organizations:ListTagsForResource in the management account or a delegated administrator, or leave the"
            " setting Account list empty. Bills come in all the same, each with the names and tags it had before."
        ),
    )


def as_csv(accounts: Iterable[Account]) -> bytes:
    """Return the list as it is archived: the same accounts, names and tags are the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in accounts:
        tags = json.dumps(one.tags, sort_keys=True, separators=(",", ":"), ensure_ascii=False) if one.tags else ""
        writer.writerow((one.id, one.name, tags))
    return text.getvalue().encode()


def read_accounts(path: Path) -> tuple[Account, ...]:
    """Return the accounts of an archived list."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(
        Account(id=row["account_id"], name=row["account_name"], tags=json.loads(row["tags"] or "{}")) for row in rows
    )


def load(accounts: Sequence[Account], connection: duckdb.DuckDBPyConnection) -> None:
    """Write table `aws_account`: id, name, and the tags as JSON under the names that inherited ones have."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} (id VARCHAR, name VARCHAR, tags VARCHAR)")
    rows = [
        (
            one.id,
            one.name or None,
            json.dumps({f"{ACCOUNT_TAG}{key}": text for key, text in one.tags.items()}, ensure_ascii=False)
            if one.tags
            else None,
        )
        for one in accounts
    ]
    if rows:
        connection.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?)", rows)


def told(column: str, *, account: str) -> str:
    """Return the SQL of what the list says of the account whose id is an expression; null where it is not there."""
    return f"(SELECT {column} FROM {TABLE} WHERE {TABLE}.id = {account})"
