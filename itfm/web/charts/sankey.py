"""Where cost flows from and to, as ribbons whose width is the amount. Pure.

The bundle of Plotly that is served has no Sankey, so the layout is worked out here and ribbons are drawn as filled
paths. Nodes stand in columns: the length of the longest way to each, and the last one for those that hand nothing on.
A node is as high as the larger of what comes in and what goes out, in one scale for the whole figure. Within a column
nodes stand by where their flows come from, which keeps ribbons from crossing, then by size. A credit is as wide as its
size and says its sign.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from itfm.core.money import CONTEXT
from itfm.web.charts.amounts import exact_sum
from itfm.web.charts.palette import UNALLOCATED, slots
from itfm.web.charts.traces import NO_AXIS, layout, plain, short
from itfm.web.display import money_text

GAP: Final = 0.24
"""How much of the height lies between the nodes of the fullest column."""
NODE_WIDTH: Final = 0.018
STEPS: Final = 16
"""Points on each side of a ribbon: enough to look like a curve."""


class LoopError(ValueError):
    """A flow leads back to where it came from; ribbons only go one way."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """An amount that goes from one node to another."""

    source: str
    target: str
    amount: Decimal
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class _Node:
    name: str
    column: int
    inflow: Decimal
    outflow: Decimal
    top: float
    height: float

    @property
    def amount(self) -> Decimal:
        """What passes through: what goes out of a source, else what comes in."""
        return self.inflow if self.column else self.outflow


def sankey(flows: Sequence[Flow], *, currency: str, unallocated: str = "Unallocated") -> dict[str, Any]:
    """Return ribbons and nodes; every hover label has the exact amount.

    :raises LoopError: the flows lead in a circle.
    """
    drawn = [flow for flow in flows if flow.amount]
    columns = _columns(drawn)
    nodes = _nodes(drawn, columns)
    last = max(columns.values(), default=0)
    palette = slots(name for name in columns if name != unallocated) | {unallocated: UNALLOCATED}
    scale = _scale(drawn, columns)
    return {
        "data": [
            *_ribbons(drawn, nodes, last=last, palette=palette, scale=scale, currency=currency),
            *(_box(node, last=last, slot=palette[node.name], currency=currency) for node in nodes.values()),
            _labels(list(nodes.values()), last=last),
        ],
        "layout": layout(
            height=420,
            xaxis={**NO_AXIS, "range": [-0.01, 1 + NODE_WIDTH + 0.01]},
            yaxis={**NO_AXIS, "range": [1.02, -0.02]},
        ),
    }


def _columns(flows: Sequence[Flow]) -> dict[str, int]:
    """Return the length of the longest way to each node; where the ways end, the last column."""
    sources: dict[str, set[str]] = defaultdict(set)
    for flow in flows:
        sources[flow.target].add(flow.source)
        sources.setdefault(flow.source, set())
    columns: dict[str, int] = {}
    while len(columns) < len(sources):
        ready = [name for name, before in sources.items() if name not in columns and before <= columns.keys()]
        if not ready:
            raise LoopError("flows lead in a circle")
        for name in ready:
            columns[name] = max((columns[before] + 1 for before in sources[name]), default=0)
    last = max(columns.values(), default=0)
    leading = {flow.source for flow in flows}
    return {name: column if name in leading else last for name, column in columns.items()}


def _size(amounts: Iterable[Decimal]) -> Decimal:
    return exact_sum(amount.copy_abs() for amount in amounts)


def _sizes(flows: Sequence[Flow], columns: dict[str, int]) -> dict[str, Decimal]:
    return {
        name: max(
            _size(flow.amount for flow in flows if flow.target == name),
            _size(flow.amount for flow in flows if flow.source == name),
        )
        for name in columns
    }


def _scale(flows: Sequence[Flow], columns: dict[str, int]) -> float:
    """Return the height of one unit of currency: the fullest column takes what its gaps leave."""
    sizes = _sizes(flows, columns)
    fullest = max(
        (exact_sum(sizes[name] for name in columns if columns[name] == column) for column in columns.values()),
        default=Decimal(0),
    )
    return (1 - GAP) / float(fullest) if fullest else 0.0


def _nodes(flows: Sequence[Flow], columns: dict[str, int]) -> dict[str, _Node]:
    sizes, scale = _sizes(flows, columns), _scale(flows, columns)
    nodes: dict[str, _Node] = {}
    for column in range(max(columns.values(), default=-1) + 1):
        names = [name for name in columns if columns[name] == column]
        names.sort(key=lambda name: (_origin(name, flows, nodes), -sizes[name], name))
        gap = GAP / max(len(names) - 1, 3)
        free = 1 - float(exact_sum(sizes[name] for name in names)) * scale - gap * (len(names) - 1)
        top = max(free / 2, 0.0)
        for name in names:
            height = float(sizes[name]) * scale
            nodes[name] = _Node(
                name=name,
                column=column,
                inflow=exact_sum(flow.amount for flow in flows if flow.target == name),
                outflow=exact_sum(flow.amount for flow in flows if flow.source == name),
                top=top,
                height=height,
            )
            top += height + gap
    return nodes


def _origin(name: str, flows: Sequence[Flow], nodes: dict[str, _Node]) -> float:
    """Return the middle of where the node's flows come from, weighed by their size; 0 for the first column."""
    coming = [(flow, nodes[flow.source]) for flow in flows if flow.target == name]
    weight = float(_size(flow.amount for flow, _ in coming))
    middles = (abs(float(flow.amount)) * (node.top + node.height / 2) for flow, node in coming)
    return round(sum(middles) / weight, 9) if weight else 0.0


def _x(column: int, *, last: int) -> float:
    return round(column / last, 6) if last else 0.0


def _ribbons(
    flows: Sequence[Flow], nodes: dict[str, _Node], *, last: int, palette: dict[str, str], scale: float, currency: str
) -> list[dict[str, Any]]:
    """Return a filled path per flow; those of a node lie in the order of where they lead, so that they do not cross."""
    left: dict[str, float] = {name: node.top for name, node in nodes.items()}
    right = dict(left)
    leaving: dict[int, float] = {}
    arriving: dict[int, float] = {}
    heights = [abs(float(flow.amount)) * scale for flow in flows]
    for number in sorted(range(len(flows)), key=lambda one: (nodes[flows[one].target].top, flows[one].target)):
        leaving[number] = left[flows[number].source]
        left[flows[number].source] += heights[number]
    for number in sorted(range(len(flows)), key=lambda one: (nodes[flows[one].source].top, flows[one].source)):
        arriving[number] = right[flows[number].target]
        right[flows[number].target] += heights[number]
    return [
        _ribbon(
            flow,
            start=(_x(nodes[flow.source].column, last=last) + NODE_WIDTH, leaving[number]),
            end=(_x(nodes[flow.target].column, last=last), arriving[number]),
            height=heights[number],
            slot=palette[flow.target],
            currency=currency,
        )
        for number, flow in enumerate(flows)
    ]


def _ribbon(
    flow: Flow, *, start: tuple[float, float], end: tuple[float, float], height: float, slot: str, currency: str
) -> dict[str, Any]:
    parts = [step / STEPS for step in range(STEPS + 1)]
    x = [round(start[0] + (end[0] - start[0]) * part, 5) for part in parts]
    # Smoothstep: level where it leaves and where it arrives.
    y = [round(start[1] + (end[1] - start[1]) * part * part * (3 - 2 * part), 5) for part in parts]
    below = [round(one + height, 5) for one in reversed(y)]
    text = f"{plain(flow.source)} to {plain(flow.target)}<br>{money_text(flow.amount, currency)}"
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*y, *below],
        "fill": "toself",
        "hoveron": "fills",
        "text": text,
        "hoverinfo": "text",
        "opacity": 0.4,
        "line": {"width": 0},
        "meta": {"palette": slot, "paint": "ribbon", "url": flow.url},
    }


def _box(node: _Node, *, last: int, slot: str, currency: str) -> dict[str, Any]:
    left, top, height = _x(node.column, last=last), round(node.top, 5), round(max(node.height, 0.003), 5)
    right, bottom = round(left + NODE_WIDTH, 5), round(top + height, 5)
    held = CONTEXT.subtract(node.inflow, node.outflow)
    kept = f"<br>{money_text(held, currency)} stays" if node.inflow and node.outflow and held else ""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [left, right, right, left],
        "y": [top, top, bottom, bottom],
        "fill": "toself",
        "hoveron": "fills",
        "text": f"{plain(node.name)}<br>{money_text(node.amount, currency)}{kept}",
        "hoverinfo": "text",
        "line": {"width": 0},
        "meta": {"palette": slot, "paint": "ribbon"},
    }


def _labels(nodes: Sequence[_Node], *, last: int) -> dict[str, Any]:
    """Return the names, beside their nodes; those of the last column stand before them, where there is room."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": [round(_x(node.column, last=last) + (0 if _is_last(node, last) else NODE_WIDTH), 5) for node in nodes],
        "y": [round(node.top + node.height / 2, 5) for node in nodes],
        "text": [short(node.name, length=22) for node in nodes],
        "textposition": ["middle left" if _is_last(node, last) else "middle right" for node in nodes],
        "hoverinfo": "skip",
        "meta": {"palette": "rest", "paint": "label"},
    }


def _is_last(node: _Node, last: int) -> bool:
    return bool(last) and node.column == last
