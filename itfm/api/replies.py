"""What an operation answers, before it is written as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """Plain data ready for JSON, with status and headers."""

    data: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
