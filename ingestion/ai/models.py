"""Generative AI in the bills of clouds: known by the names of models, where the service alone does not tell. Pure.

A cloud sells models of its own and of others within services that do more (Vertex AI, Azure AI Services), and through
its marketplace under a product for each model, as `Claude 3.5 Sonnet (Amazon Bedrock Edition)`. The names are those
that the makers of the models use; what is not here keeps the category of its service. Within one category a service
keeps its name: FOCUS 1.4, ServiceName, should have one subcategory, but may have more where none fits all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingestion.focus.expressions import literal
from ingestion.focus.services import OTHER_CATEGORY

CATEGORY: Final = "AI and Machine Learning"
SUBCATEGORY: Final = "Generative AI"
MODELS: Final = (
    r"\b(amazon bedrock|chatgpt|claude|codestral|deepseek|gemini|llama|mistral|mixtral|openai|qwen)([^a-z]|$)"
    r"|\bgpt-?[0-9]"
)
"""Found in a name in lower case, whatever it is of."""
MODELS_OF_AI: Final = (
    r"\b(bison|dall-?e|embeddings?|foundry models|gecko|gemma|generative|gpt|imagen|lyria|o[0-9]|palm|phi-?[0-9]"
    r"|sora|veo|whisper)\b"
)
"""Found likewise, but only of a service that is known for AI: the words have other meanings elsewhere."""


def names_model(text: str) -> str:
    """Return whether a name of anything is of a generative model."""
    return f"regexp_matches(lower({text}), {literal(MODELS)})"


def is_of_model(text: str) -> str:
    """Return whether a name within a service for AI is of a generative model."""
    return f"regexp_matches(lower({text}), {literal(f'{MODELS}|{MODELS_OF_AI}')})"


def with_generative(service: Mapping[str, str], *, is_generative: str, own_name: str) -> dict[str, str]:
    """Return the expressions of a service with the categories of generative AI where that is true.

    Only what is of AI or of no category takes them: a database that is named after a model stays a database. What was
    of none takes its own name too, for a service is of one category.
    """
    name, category, subcategory = (service[f"service_{what}"] for what in ("name", "category", "subcategory"))
    is_other = f"({is_generative}) AND ({category}) = {literal(OTHER_CATEGORY)}"
    takes = f"({is_generative}) AND ({category}) IN ({literal(CATEGORY)}, {literal(OTHER_CATEGORY)})"
    return {
        "service_name": f"CASE WHEN {is_other} THEN {own_name} ELSE {name} END",
        "service_category": f"CASE WHEN {takes} THEN {literal(CATEGORY)} ELSE {category} END",
        "service_subcategory": f"CASE WHEN {takes} THEN {literal(SUBCATEGORY)} ELSE {subcategory} END",
    }
