"""What every task on an organization has in common."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from celery import Task

from itfm.accounts.selectors import is_open
from itfm.core.limits import JobOutOfMemoryError

logger = structlog.get_logger(__name__)


class OrganizationTask(Task):  # type: ignore[type-arg]
    """Does nothing for an organization that was closed while the task's hint was on its way."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do the work, where it is still wanted.

        :raises JobOutOfMemoryError: there was not enough memory, which must not end the worker and its other tasks.
        """
        organization_id = kwargs.get("organization_id")
        if organization_id is not None and not is_open(UUID(str(organization_id))):
            logger.info("task.organization_closed", task=self.name, organization=str(organization_id))
            return None
        try:
            return super().__call__(*args, **kwargs)
        except MemoryError as error:
            raise JobOutOfMemoryError(f"{self.name} needs more memory than there is.") from error
