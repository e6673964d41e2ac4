"""The rules somebody works on: those of the open draft, else of the version in force."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.engine.rules import parse
from allocation.models import DraftStep, RuleDraft, RuleSet
from allocation.selectors import current_rule_set

EMPTY = EngineRuleSet(version=1)


@dataclass(frozen=True, kw_only=True)
class WorkingRules:
    """The rules as the pages show and change them; without a draft they are those in force."""

    rules: EngineRuleSet
    published: RuleSet | None
    draft: RuleDraft | None

    @property
    def lock(self) -> int:
        """The number a change must name: 0 when no draft is open yet."""
        return self.draft.lock if self.draft else 0

    @property
    def in_force(self) -> EngineRuleSet:
        """The rules of the version in force."""
        return parsed(self.published.document) if self.published else EMPTY

    @property
    def base_version(self) -> int | None:
        """The version the draft began from; None without one."""
        return self.draft.base.version if self.draft and self.draft.base else None

    @property
    def is_behind(self) -> bool:
        """Whether a version was published after the draft was begun."""
        if self.draft is None:
            return False
        return self.draft.base_id != (self.published.id if self.published else None)


@lru_cache(maxsize=16)
def parsed(document: str) -> EngineRuleSet:
    """Return the rule set of a stored document; what is stored never changes, so the text is the key."""
    return parse(document)


def open_draft() -> RuleDraft | None:
    """Return the draft that is open."""
    drafts = RuleDraft.objects.filter(state=RuleDraft.State.OPEN)
    return drafts.select_related("base", "edited_by").first()


def working_rules() -> WorkingRules:
    """Return the rules to show and change."""
    published, draft = current_rule_set(), open_draft()
    if draft is not None:
        return WorkingRules(rules=draft_rules(draft), published=published, draft=draft)
    return WorkingRules(rules=parsed(published.document) if published else EMPTY, published=published, draft=None)


def draft_rules(draft: RuleDraft) -> EngineRuleSet:
    """Return the rules as a draft's present step has them."""
    return parsed(draft.steps.get(number=draft.step_number).document)


def steps_around(draft: RuleDraft) -> tuple[DraftStep | None, DraftStep | None]:
    """Return the step that undo takes back and the one that redo makes again; None where there is none."""
    listed = {one.number: one for one in draft.steps.filter(number__in=[draft.step_number, draft.step_number + 1])}
    has_before = draft.steps.filter(number=draft.step_number - 1).exists() if draft.step_number else False
    return (listed.get(draft.step_number) if has_before else None), listed.get(draft.step_number + 1)


def discarded_draft() -> RuleDraft | None:
    """Return the draft that was discarded last and may be taken up again: none while another is open."""
    if RuleDraft.objects.filter(state=RuleDraft.State.OPEN).exists():
        return None
    found = RuleDraft.objects.exclude(state=RuleDraft.State.OPEN).order_by("-changed_at").first()
    return found if found is not None and found.state == RuleDraft.State.DISCARDED else None
