"""What a line item of OpenAI's costs names: a model and what of it was used. Pure.

OpenAI documents a line item as a text for people (https://platform.openai.com/docs/api-reference/usage/costs_object).
The forms read here are those seen in published answers; what has another form keeps its text and names no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(
    r"(?:(?P<before>[^|,]+?) *\| *)?(?P<model>[^|,]+?)(?: (?P<medium>text|audio|image))?, *"
    r"(?P<kind>input|cached input|output|cache writes)(?:, *(?P<after>[^,|]+))?",
    re.IGNORECASE,
)
_LONG_CONTEXT: Final = "long context"


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """What a line item names. `service_tier` is also where else a model was used from, such as `evals`."""

    model: str | None = None
    token_type: str | None = None
    service_tier: str | None = None
    context_window: str | None = None


def line_item(told: str | None) -> LineItem:
    """Return what a line item names.

    | line item                              | model             | token type   | tier     | context window |
    |----------------------------------------|-------------------|--------------|----------|----------------|
    | gpt-4o-2024-08-06, cached input        | gpt-4o-2024-08-06 | cached input |          |                |
    | priority | gpt-5, output, long context | gpt-5             | output       | priority | long context   |
    | gpt-audio-mini audio, input            | gpt-audio-mini    | audio input  |          |                |
    | web search tool calls                  |                   |              |          |                |
    """
    found = _FORM.fullmatch((told or "").strip())
    if found is None:
        return LineItem()
    before, model, medium, kind, after = found.group("before", "model", "medium", "kind", "after")
    after = after and after.lower()
    if after not in (None, _LONG_CONTEXT):
        return LineItem()
    spoken = "" if medium is None or medium.lower() == "text" else f"{medium.lower()} "
    return LineItem(
        model=model,
        token_type=spoken + kind.lower(),
        service_tier=before and before.lower(),
        context_window=after,
    )
