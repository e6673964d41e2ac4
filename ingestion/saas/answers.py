"""What APIs of services answer, held against what their documentation promises. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from ingestion.delivery import DeliveryError
from ingestion.delivery.http import JSON_MEANING


def revealed(secret: SecretStr | None) -> str:
    """Return what a secret hides; '' when there is none, which settings without a folder never have."""
    return secret.get_secret_value() if secret else ""


def objects_at(answer: Any, *path: str, name: str) -> list[Mapping[str, Any]]:
    """Return the list of objects at a path of an answer's fields; `name` is what people call the service.

    :raises DeliveryError: answer_unreadable, when something else is there.
    """
    found = list_at(answer, *path, name=name)
    if not all(isinstance(one, dict) for one in found):
        raise unreadable(name, path)
    return found


def list_at(answer: Any, *path: str, name: str) -> list[Any]:
    """Return the list at a path of an answer's fields.

    :raises DeliveryError: answer_unreadable, when something else is there.
    """
    for field in path:
        answer = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(answer, list):
        raise unreadable(name, path)
    return answer


def unreadable(name: str, path: tuple[str, ...]) -> DeliveryError:
    """Return the error of an answer that lacks what it should have."""
    return DeliveryError("answer_unreadable", f"{name} answered without {'.'.join(path)}. {JSON_MEANING}")
