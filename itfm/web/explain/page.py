"""What Explain shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from allocation.explain.answer import Explanation
from itfm.web.shell.page import Shell


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """A filter in words: `Team`, `Payments`."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ExplainPage:
    """A figure with everything it is made of, or the reason why there is nothing to explain."""

    shell: Shell
    explanation: Explanation | None
    problem: str = ""
    cost_name: str = ""
    """`Effective cost`."""
    narrowings: tuple[Narrowing, ...] = ()
    query: str = ""
    """The slice as it stands in the address."""
    is_scoped: bool = False
    """Whether the member sees only part of the organization: its sums are then not shown."""
    may_read_bills: bool = False

    @property
    def hidden_line_count(self) -> int:
        """How many bill lines are not listed."""
        found = self.explanation
        return max(found.charge_count - len(found.lines or ()), 0) if found else 0
