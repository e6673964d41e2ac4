"""The tags of a line item: its resource's own, and what it has from its account, its caller and cost categories. Pure.

Sources: https://docs.aws.amazon.com/cur/latest/userguide/resource-tags-columns.html and
https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-tag-columns.html.

| in the legacy report      | in CUR 2.0, by column                                    | tag                 |
|---------------------------|----------------------------------------------------------|---------------------|
| resourceTags/user:team    | resource_tags: user_team; tags: resourceTags/team        | team                |
| costCategory/Unit         | cost_category: Unit; tags: costCategory/Unit             | costCategory/Unit   |
|                           | tags: accountTag/team                                    | accountTag/team     |
|                           | tags: userAttribute/team, iamPrincipal/team              | as they are         |

What AWS Organizations tells of the account besides (`ingestion.aws.accounts`) is `accountTag/team` too, where the
report has no such tag itself.

What is inherited keeps the prefix that AWS gives it, so that nobody takes it for a tag of the resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.aws.line_items import Columns
from ingestion.focus.expressions import literal, quoted, sorted_object
from ingestion.normalize.plan import RawColumn
from ingestion.normalize.tables import RawTables

TAG_TITLES: Final = ("resourceTags/", "resource_tags_")
COST_CATEGORY_TITLES: Final = ("costCategory/", "cost_category_")
COST_CATEGORY: Final = "costCategory/"
ACCOUNT_TAG: Final = "accountTag/"
MAPS: Final = ("resource_tags", "tags")
_INHERITED: Final = "^(resourceTags/(user:)?|user[:_])(accountTag|costCategory|iamPrincipal|userAttribute)/"
_SPELLINGS: Final = {
    "aws_eks_cluster_name": "aws:eks:cluster-name",
    "aws_eks_deployment": "aws:eks:deployment",
    "aws_eks_namespace": "aws:eks:namespace",
    "aws_eks_node": "aws:eks:node",
    "aws_eks_workload_name": "aws:eks:workload-name",
    "aws_eks_workload_type": "aws:eks:workload-type",
    "aws_ecs_cluster_name": "aws:ecs:clusterName",
    "aws_ecs_service_name": "aws:ecs:serviceName",
}
"""How CUR 2.0 and Athena spell the tags that AWS gives to containers."""
TAG_KEY: Final = (
    # Whoever may tag a resource must not make up what it inherits.
    f"CASE WHEN regexp_matches(key, {literal(_INHERITED)}) THEN key"
    " WHEN starts_with(key, 'resourceTags/') THEN regexp_replace(key, '^resourceTags/(user:)?', '')"
    " WHEN starts_with(key, 'user:') OR starts_with(key, 'user_') THEN substr(key, 6)"
    f" {' '.join(f'WHEN key = {literal(one)} THEN {literal(other)}' for one, other in _SPELLINGS.items())}"
    " WHEN starts_with(key, 'aws_') THEN 'aws:' || substr(key, 5) ELSE key END"
)
"""Tags that users set are known without `user:`; those that AWS sets keep `aws:`. Athena and CUR 2.0 write `_`."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Where a report has tags and cost categories: in maps, or in a column for each."""

    columns: Columns
    tags: tuple[RawColumn, ...]
    cost_categories: tuple[RawColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are a tag or a cost category each."""
        return tuple(column.name for column in (*self.tags, *self.cost_categories))

    def entries(self, *, of_account: str | None = None) -> dict[str, str]:
        """Return the tags and the cost categories, each as a JSON object; null without any.

        `of_account` is the SQL of a further object of tags, which give way to those of the report.
        """
        own = [*([of_account] if of_account else []), *(quoted(name) for name in MAPS if name in self.columns.names)]
        if "resource_tags" not in self.columns.names and self.tags:
            own.append(_object(self.tags, titles=TAG_TITLES))
        in_map = "cost_category" in self.columns.names
        if not in_map and not self.cost_categories:
            return {"tags": merged(own), "x_cost_categories": "NULL::VARCHAR"}
        if in_map:
            told = sorted_object(quoted("cost_category"))
            prefixed = sorted_object(quoted("cost_category"), prefix=COST_CATEGORY)
        else:
            told = _object(self.cost_categories, titles=COST_CATEGORY_TITLES)
            prefixed = _object(self.cost_categories, titles=COST_CATEGORY_TITLES, prefix=COST_CATEGORY)
        return {"tags": merged([*own, prefixed]), "x_cost_categories": told}


def labels_of(raw: RawTables, columns: Columns) -> Labels:
    """Return where a report has its tags and cost categories."""
    tags, cost_categories = (
        tuple(column for title in titles for column in raw.columns if column.title.startswith(title))
        for titles in (TAG_TITLES, COST_CATEGORY_TITLES)
    )
    return Labels(columns=columns, tags=tags, cost_categories=cost_categories)


def _object(single: Sequence[RawColumn], *, titles: Sequence[str], prefix: str = "") -> str:
    """Return the columns of one label each as a JSON object, null where all are empty."""
    pairs = []
    for column in sorted(single, key=lambda column: column.title):
        name = next(column.title.removeprefix(title) for title in titles if column.title.startswith(title))
        value = f"CAST(to_json({quoted(column.name)}) AS VARCHAR)"
        pairs.append(f"CAST(to_json({literal(prefix + name)}) AS VARCHAR) || ':' || {value}")
    return f"nullif('{{' || concat_ws(',', {', '.join(pairs)}) || '}}', '{{}}')"


def merged(objects: Sequence[str]) -> str:
    """Return several objects as one; where one of them is none, that one, which is told of."""
    if len(objects) < 2:
        return objects[0] if objects else "NULL::VARCHAR"
    wrong = " ".join(
        f"WHEN {text} IS NOT NULL AND NOT CASE WHEN json_valid({text}) THEN json_type({text}) = 'OBJECT' ELSE FALSE END"
        f" THEN {text}"
        for text in objects
    )
    patched = ", ".join(f"coalesce({text}, '{{}}')" for text in objects)
    return f"CASE {wrong} ELSE nullif(CAST(json_merge_patch({patched}) AS VARCHAR), '{{}}') END"
