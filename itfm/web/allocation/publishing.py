"""Publishing the draft together with what its document says of cost centers."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from allocation.models import RuleSet
from allocation.services.drafts import publish_draft
from allocation.working import working_rules
from itfm.accounts.models import User
from showback.branches import branches
from showback.services import replace_cost_centers


@transaction.atomic
def publish_with_cost_centers(*, lock: int, by: User, at: datetime) -> RuleSet:
    """Publish the draft; where its tree differs from the one in force, the cost centers follow.

    Raises what `publish_draft` raises.
    """
    working = working_rules()
    saved = publish_draft(lock=lock, by=by, at=at)
    if working.rules.cost_centers != working.in_force.cost_centers:
        replace_cost_centers(branches(working.rules.cost_centers), organization_id=saved.organization_id)
    return saved
