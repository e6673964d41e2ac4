"""Fields of forms for what a kind of source is told, as its settings declare them."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from django import forms
from pydantic.fields import FieldInfo


def choices_of(annotation: Any) -> tuple[str, ...]:
    """Return what a setting may be when its type lists it."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for part in get_args(annotation) for choice in choices_of(part))


def setting_field(title: str, field: FieldInfo, *, is_needed: bool = False) -> forms.Field:
    """Return the field that asks for a setting: a choice where its type lists what it may be, else a text."""
    text = field.description or ""
    if choices := choices_of(field.annotation):
        options = [("", "Choose one"), *((choice, choice.replace("_", " ")) for choice in choices)]
        return forms.ChoiceField(label=title, required=is_needed, help_text=text, choices=options)
    return forms.CharField(label=title, required=is_needed, help_text=text, max_length=20_000)
