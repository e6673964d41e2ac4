"""What is asked of the cost-center tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import connection

from showback.models import CostCenter

# The cost centers of some codes and all below them. Grain: one cost center of the current organization.
_BELOW: Final = """
WITH RECURSIVE below AS (
    SELECT id, code
    FROM showback_costcenter
    WHERE organization_id = (SELECT itfm_current_organization()) AND code = ANY(%s)
    UNION
    SELECT child.id, child.code
    FROM below
    JOIN showback_costcenter AS child ON child.parent_id = below.id
    WHERE child.organization_id = (SELECT itfm_current_organization())
)
SELECT code FROM below
"""


# What stands above a cost center, the topmost first. Grain: one cost center of the current organization.
_ABOVE: Final = """
WITH RECURSIVE above AS (
    SELECT parent_id, 1 AS height
    FROM showback_costcenter
    WHERE organization_id = (SELECT itfm_current_organization()) AND id = %s
    UNION ALL
    SELECT center.parent_id, above.height + 1
    FROM above
    JOIN showback_costcenter AS center ON center.id = above.parent_id
    WHERE center.organization_id = (SELECT itfm_current_organization()) AND above.height < 100
)
SELECT center.id, center.code, center.name
FROM above
JOIN showback_costcenter AS center ON center.id = above.parent_id
WHERE center.organization_id = (SELECT itfm_current_organization())
ORDER BY above.height DESC
"""


def centers_above(center: CostCenter) -> list[CostCenter]:
    """Return what stands above a cost center, from the top."""
    return list(CostCenter.objects.raw(_ABOVE, [center.pk]))


def subtree_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of these cost centers and of all below them, sorted; unknown codes are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [[code.replace("\0", "") for code in codes]])
        return tuple(sorted(code for (code,) in cursor.fetchall()))
