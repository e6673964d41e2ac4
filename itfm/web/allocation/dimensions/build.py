"""From the working rules and a month's bills to the pages of a dimension."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models.fields.json import KeyTextTransform
from django.urls import reverse

from allocation.drafts.operations import PutRule, applied
from allocation.drafts.problems import DraftError, Problem
from allocation.drafts.wording import condition_words, subject_words, value_words
from allocation.engine.conditions import Subject
from allocation.engine.dimensions import Dimension, Rule
from allocation.engine.rules import RuleSet, to_document
from allocation.matches import Catch, Month, Ranked, month
from allocation.models import Segment
from allocation.working import WorkingRules, working_rules
from itfm.web.allocation.build import catch_figures, coverage, draft_bar
from itfm.web.allocation.dimensions.fields import RuleFields, from_document
from itfm.web.allocation.dimensions.fields import to_document as rule_document
from itfm.web.allocation.dimensions.page import DimensionPage, RulePage, RulePreview, RuleRow, SuggestionRow
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.suggestions import LIMIT

SUGGESTIONS: Final = 6
TEXTS: Final = LIMIT + 1
"""One more than is shown, so that the list says when there are more."""


class UnknownDimensionError(LookupError):
    """The rules have no such dimension, or it has no such rule."""


def dimension_of(rules: RuleSet, key: str) -> Dimension:
    """Return a dimension of the rules.

    :raises UnknownDimensionError: there is none.
    """
    for dimension in rules.dimensions:
        if dimension.key == key:
            return dimension
    raise UnknownDimensionError(key)


def dimension_page(
    key: str, *, shell: Shell, organization_id: UUID, period: PeriodChoice, may_write: bool
) -> DimensionPage:
    """Return a dimension with its rules and what each catches.

    :raises UnknownDimensionError: there is none.
    """
    working = working_rules()
    dimension = dimension_of(working.rules, key)
    bills = month(organization_id, period=period.shown).under(working.rules)
    catches = bills.catches(working.rules, only=[key])[key]
    return DimensionPage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write, notes=bills.notes),
        period=period,
        key=key,
        name=dimension.name,
        rules=tuple(
            _rule_row(rule, number=number, last=len(dimension.rules) - 1, catch=catches.rules[number])
            for number, rule in enumerate(dimension.rules)
        ),
        uncaught=catch_figures(catches.uncaught),
        coverage=coverage(catches),
        suggestions=suggestions(working.rules, bills, dimension=key, limit=SUGGESTIONS) if may_write else (),
        has_bills=bool(bills.revisions),
    )


def _rule_row(rule: Rule, *, number: int, last: int, catch: object) -> RuleRow:
    times = ""
    if rule.valid_from or rule.valid_to:
        times = f"{rule.valid_from or 'the beginning'} to {rule.valid_to or 'further notice'}"
    return RuleRow(
        number=number,
        place=number + 1,
        name=rule.name or "",
        condition=condition_words(rule.when),
        value=value_words(rule.value),
        times=times,
        catch=catch_figures(catch),  # type: ignore[arg-type]
        is_first=number == 0,
        is_last=number == last,
    )


def suggestions(rules: RuleSet, bills: Month, *, dimension: str, limit: int) -> tuple[SuggestionRow, ...]:
    """Return the rules that would catch the most money of what none catches: by tag key, service or account."""
    found = bills.uncaught(rules, dimension=dimension, limit=limit)
    ranked = [*found.get("tags", ()), *found.get("service_name", ()), *found.get("sub_account_id", ())]
    # Of the currency that is dearest in the whole, as each of the lists is ranked already.
    leading = max(((cost, currency) for one in ranked for currency, cost in one.catch.costs), default=(None, ""))[1]
    ranked.sort(key=lambda one: (-dict(one.catch.costs).get(leading, 0), one.subject, one.text))
    return tuple(_suggestion(one, dimension=dimension) for one in ranked[:limit] if one.catch.costs)


def _suggestion(ranked: Ranked, *, dimension: str) -> SuggestionRow:
    if ranked.subject.kind == "tag":
        words, query = f"Take the text of {subject_words(ranked.subject)}", {"tag": ranked.text}
    else:
        words = f"Where {subject_words(ranked.subject)} is {ranked.text}"
        query = {"column": ranked.subject.key, "equals": ranked.text}
    address = f"{reverse('allocation_rule', args=[dimension, 'new'])}?{urlencode(query)}"
    return SuggestionRow(words=words, catch=catch_figures(ranked.catch), address=address)


def rule_page(
    key: str,
    number: int | None,
    *,
    shell: Shell,
    organization_id: UUID,
    period: PeriodChoice,
    may_write: bool,
    fields: RuleFields | None = None,
    with_preview: bool = True,
    is_unsaved: bool = False,
) -> RulePage:
    """Return the form of a rule: as it stands in the rules, or as the fields say.

    :raises UnknownDimensionError: there is no such dimension or rule.
    """
    working = working_rules()
    dimension = dimension_of(working.rules, key)
    fields = fields or from_document(_plain_rule(working.rules, key, number))
    bills = month(organization_id, period=period.shown)
    preview, problems = _preview(working, bills, key=key, number=number, fields=fields) if with_preview else (None, ())
    return RulePage(
        shell=shell,
        bar=draft_bar(working, may_write=may_write),
        period=period,
        dimension_key=key,
        dimension_name=dimension.name,
        number=number,
        address=reverse("allocation_rule", args=[key, "new" if number is None else number]),
        is_unsaved=is_unsaved,
        fields=fields,
        problems=problems,
        preview=preview,
        columns=bills.columns(),
        tag_keys=tuple(bills.tag_keys(working.rules.spellings(), more=working.rules.account_tags().keys)),
        dimensions=tuple(one.key for one in working.rules.dimensions if one.key != key),
        lookups=tuple(sorted(working.rules.lookups)),
    )


def _plain_rule(rules: RuleSet, key: str, number: int | None) -> dict[str, object]:
    documents = {one["key"]: one.get("rules", []) for one in to_document(rules)["dimensions"]}
    listed: list[dict[str, object]] = documents[key]
    if number is None or number >= len(listed):
        raise UnknownDimensionError(f"{key}, rule {number}")
    return listed[number]


def _preview(
    working: WorkingRules, bills: Month, *, key: str, number: int | None, fields: RuleFields
) -> tuple[RulePreview | None, tuple[Problem, ...]]:
    """Return what the rule would catch, or what is wrong with it."""
    try:
        rules = applied(PutRule(dimension=key, number=number, rule=rule_document(fields)), to=working.rules)
    except DraftError as error:
        return None, error.problems
    bills = bills.under(rules)
    if bills.refused:
        return None, tuple(Problem(path="document", place="", message=sentence) for sentence in bills.refused)
    if bills.pending:
        nothing = catch_figures(Catch())
        return RulePreview(caught=nothing, alone=nothing, pending=bills.pending), ()
    listed = dimension_of(rules, key).rules
    place = len(listed) - 1 if number is None else number
    caught = bills.catches(rules, only=[key])[key].rules[place]
    alone = bills.alone(rules, dimension=key, rule=listed[place])
    return RulePreview(caught=catch_figures(caught), alone=catch_figures(alone)), ()


def known_texts(
    kind: str, key: str, *, containing: str, organization_id: UUID, period: PeriodChoice
) -> tuple[str, ...]:
    """Return texts that occur in a column, tag or dimension and contain a piece of text: the first few, in order."""
    if kind == "dimension":
        return dimension_values(key, containing=containing, limit=TEXTS)
    if kind not in {"column", "tag"}:
        return ()
    bills = month(organization_id, period=period.shown)
    subject = Subject("tag" if kind == "tag" else "column", key)
    rules = working_rules().rules
    found = bills.texts(subject, containing=containing, limit=TEXTS, spellings=rules.spellings())
    given = rules.account_tags().of(key).values() if kind == "tag" else ()
    return tuple(sorted({*found, *(text for text in given if containing.casefold() in text.casefold())})[:TEXTS])


def dimension_values(key: str, *, containing: str, limit: int) -> tuple[str, ...]:
    """Return values of a dimension that occur in a ledger, or that a rule of it gives, searched in the database."""

    stored = Segment.objects.annotate(value=KeyTextTransform(key, "dimension_values")).filter(
        value__icontains=containing
    )
    found = set(stored.order_by("value").values_list("value", flat=True).distinct()[:limit])
    for dimension in working_rules().rules.dimensions:
        if dimension.key == key:
            fixed = (rule.value for rule in dimension.rules if isinstance(rule.value, str))
            found |= {value for value in fixed if containing.casefold() in value.casefold()}
    return tuple(sorted(found)[:limit])
