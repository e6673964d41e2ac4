"""Bills with the list of AWS accounts beside them: the setting that asks for it, and reading both together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from ingestion.aws.accounts import DATASET, Account, read_accounts, told_by_organizations, with_accounts
from ingestion.delivery import ArchivedFile, Delivery
from ingestion.delivery.aws_access import AwsAccess
from ingestion.normalize.connector import Normalize, settled
from ingestion.normalize.contents import NormalizedDelivery
from ingestion.normalize.run import Planner

AccountList = Annotated[
    Literal["aws_organizations"] | None,
    Field(
        title="Account list",
        description="Ask AWS Organizations for the names and tags of accounts with each pull, which needs"
        " organizations:ListAccounts and organizations:ListTagsForResource. Left empty, the bill says what it says.",
    ),
]
"""The setting of a kind whose bills are read with AWS's credentials."""
SETTING: Final = "account_list"


def with_listed_accounts(
    found: tuple[Delivery, ...], settings: AwsAccess, *, account_list: str | None
) -> tuple[Delivery, ...]:
    """Return deliveries, each with the list of accounts where that is asked for; a folder has none.

    :raises DeliveryError: the role cannot be assumed, or the endpoint is not public and must be.
    """
    if account_list is None or settings.path is not None or not found:
        return found
    return with_accounts(found, told_by_organizations(settings))


def reading_accounts(planner_of: Callable[[Any, Sequence[Account]], Planner]) -> Normalize:
    """Return how a kind turns files into charges whose plan looks at its settings and at the list behind the files."""

    def normalize(files: Sequence[ArchivedFile], **told: Any) -> NormalizedDelivery:
        bills = [file for file in files if file.dataset != DATASET]
        lists = [read_accounts(file.path) for file in files[len(bills) :]]
        listed = [account for accounts in lists for account in accounts]
        delivery = settled(lambda settings: planner_of(settings, listed))(bills, **told)
        return replace(delivery, row_counts=(*delivery.row_counts, *(len(one) for one in lists)))

    return normalize
