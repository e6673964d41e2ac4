"""From published versions and documents to the pages of versions."""

from __future__ import annotations

from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.engine.rules import dump
from allocation.models import RuleSet
from allocation.working import parsed, working_rules
from itfm.web.allocation.build import draft_bar
from itfm.web.allocation.differences import differences
from itfm.web.allocation.page import ChangeLine
from itfm.web.allocation.versions.page import PlanPage, VersionRow, VersionsPage
from itfm.web.shell.page import Shell


def versions_page(
    *, shell: Shell, may_write: bool, compared: tuple[int, int] | None, problems: tuple[str, ...] = ()
) -> VersionsPage:
    """Return the history; the comparison is between the two versions named, by default the newest two."""
    working = working_rules()
    versions = list(RuleSet.objects.select_related("published_by").order_by("-version"))
    by_number = {one.version: one for one in versions}
    if compared is None and len(versions) > 1:
        compared = (versions[1].version, versions[0].version)
    if compared is not None and not by_number.keys() >= set(compared):
        compared = None
    changes: tuple[ChangeLine, ...] = ()
    if compared is not None:
        changes = differences(*(parsed(by_number[number].document) for number in compared))
    return VersionsPage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write),
        versions=tuple(
            VersionRow(
                version=one.version,
                published_at=one.published_at,
                published_by=str(one.published_by or "a command"),
                is_in_force=one.version == versions[0].version,
                dimension_count=len(one.dimensions),
                sha256=one.sha256,
            )
            for one in versions
        ),
        compared=compared,
        changes=changes,
        problems=problems,
    )


def without_values(rules: EngineRuleSet) -> EngineRuleSet:
    """Return the rules without the values of drivers, which are taken in under Drivers."""
    drivers = tuple(driver.model_copy(update={"values": (), "file": None}) for driver in rules.drivers)
    return rules.model_copy(update={"drivers": drivers})


def plan_page(rules: EngineRuleSet, *, shell: Shell) -> PlanPage:
    """Return what taking over a document would change."""
    working = working_rules()
    bare = without_values(rules)
    return PlanPage(
        shell=shell,
        bar=draft_bar(working, may_write=True),
        document=dump(bare),
        changes=differences(working.rules, bare),
        left_out=tuple(driver.name for driver in rules.drivers if driver.values or driver.file),
    )
