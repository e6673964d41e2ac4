"""Pools that serve each other: who hands how much to whom, solved exactly as linear equations. Pure.

A place is a pair of profile and segment within a pool. What a place gives to other places, and these to others, is a
chain; places whose chains look alike are one kind, and are solved once for each set of weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

Pair = tuple[int, int]


class Place(NamedTuple):
    """A place's split and partition, and the other places that its receivers are."""

    split_number: int
    partition: int
    leads: Mapping[str, Pair]


class Node(NamedTuple):
    """One place of a chain as its kind sees it: its split and partition, and the nodes its receivers are."""

    split_number: int
    partition: int
    leads: tuple[tuple[str, int], ...]


Kind = tuple[Node, ...]
"""A chain, its beginning first."""
NodeWeights = Mapping[str, int] | None
"""Whole weights of a node's receivers; None where it hands nothing on."""


class Flow(NamedTuple):
    """What the node `giver` hands to its receiver, a node too, as a fraction of what was at the beginning."""

    giver: int
    receiver: str
    fraction: Fraction


@dataclass
class Chains:
    """The chain from every place: the number of its kind, and its places in the order of the kind's nodes."""

    kinds: list[Kind] = field(default_factory=list)
    number: dict[Pair, int] = field(default_factory=dict)
    members: dict[Pair, tuple[Pair, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Solution:
    """What comes of one unit at the beginning of a chain; no `outside`: it goes around and reaches nobody.

    `outside` are the receivers of the beginning that hand nothing on. A beginning without any has `steps` to a node
    that has some, and `through` is the receiver on the way; what rounding leaves is handed along it.
    """

    outside: frozenset[str] | None
    flows: tuple[Flow, ...] = ()
    steps: int = 0
    through: str = ""


def chains(places: Mapping[Pair, Place]) -> Chains:
    """Return the chain from every place."""
    found, numbers = Chains(), dict[Kind, int]()
    for start in sorted(places):
        members, at = [start], {start: 0}
        nodes = []
        for pair in members:
            place = places[pair]
            for target in place.leads.values():
                if target not in at:
                    at[target] = len(members)
                    members.append(target)
            leads = tuple((receiver, at[target]) for receiver, target in place.leads.items())
            nodes.append(Node(place.split_number, place.partition, leads))
        found.number[start] = numbers.setdefault(tuple(nodes), len(numbers))
        found.members[start] = tuple(members)
    found.kinds = list(numbers)
    return found


def solved(kind: Kind, weights: Sequence[NodeWeights]) -> Solution:
    """Solve a chain by the weights of its nodes."""
    handing_on = _handing_on(kind, weights)
    own = weights[0]
    if 0 not in handing_on or own is None:
        return Solution(outside=None)
    inner = {at: _inner(kind[at], weights[at] or {}, handing_on) for at in handing_on}
    gross = _gross(weights, inner)
    flows = tuple(
        Flow(at, receiver, gross[at] * (weights[at] or {})[receiver])
        for at in sorted(inner, key=lambda at: (kind[at].split_number, at))
        for receiver in sorted(inner[at])
        if gross[at]
    )
    steps, through = _way_out(weights, inner)
    return Solution(outside=frozenset(own) - inner[0].keys(), flows=flows, steps=steps, through=through)


def _inner(node: Node, weights: Mapping[str, int], handing_on: set[int]) -> dict[str, int]:
    """Return the receivers of a node that hand on what they get, and the nodes they are."""
    return {receiver: target for receiver, target in node.leads if target in handing_on and receiver in weights}


def _handing_on(kind: Kind, weights: Sequence[NodeWeights]) -> set[int]:
    """Return the nodes with weights from which cost reaches somebody who keeps it."""
    givers: dict[int, set[int]] = {at: set() for at in range(len(kind))}
    reaching = set()
    for at, own in enumerate(weights):
        leads = dict(kind[at].leads)
        for receiver in own or ():
            target = leads.get(receiver)
            if target is None or weights[target] is None:
                reaching.add(at)
            else:
                givers[target].add(at)
    waiting = list(reaching)
    while waiting:
        for giver in givers[waiting.pop()] - reaching:
            reaching.add(giver)
            waiting.append(giver)
    return reaching


def _way_out(weights: Sequence[NodeWeights], inner: Mapping[int, Mapping[str, int]]) -> tuple[int, str]:
    """Return how many nodes away from the beginning somebody keeps cost, and the receiver on the way there."""
    steps = {at: 0 for at in inner if len(weights[at] or ()) > len(inner[at])}
    way: dict[int, str] = {}
    while 0 not in steps:
        near = dict(steps)
        for at in sorted(inner.keys() - near.keys()):
            onward = [receiver for receiver, target in sorted(inner[at].items()) if target in near]
            if onward:
                way[at] = onward[0]
                steps[at] = 1 + near[inner[at][onward[0]]]
    return steps[0], way.get(0, "")


def _gross(weights: Sequence[NodeWeights], inner: Mapping[int, Mapping[str, int]]) -> dict[int, Fraction]:
    """Return what each node hands on of one unit at the beginning, by unit of its weights.

    u(k) x total weight(k) = own(k) + the sum over givers j of u(j) x weight(j, k).
    """
    nodes = sorted(inner)
    place = {node: row for row, node in enumerate(nodes)}
    matrix = [[Fraction(0)] * (len(nodes) + 1) for _ in nodes]
    for node in nodes:
        own = weights[node] or {}
        matrix[place[node]][place[node]] += sum(own.values())
        for receiver, target in inner[node].items():
            matrix[place[target]][place[node]] -= own[receiver]
    matrix[place[0]][-1] = Fraction(1)
    return dict(zip(nodes, _eliminated(matrix), strict=True))


def _eliminated(matrix: list[list[Fraction]]) -> list[Fraction]:
    """Return the solution of linear equations whose right side is the last column.

    No pivot is zero: every node reaches somebody who keeps cost, so each column outweighs what stands beside it.
    """
    size = len(matrix)
    for step, pivot in enumerate(matrix):
        for row in matrix[step + 1 :]:
            if row[step]:
                factor = row[step] / pivot[step]
                for column in range(step, size + 1):
                    if pivot[column]:
                        row[column] -= factor * pivot[column]
    found = [Fraction(0)] * size
    for step in reversed(range(size)):
        row = matrix[step]
        known = sum((row[at] * found[at] for at in range(step + 1, size) if row[at]), Fraction(0))
        found[step] = (row[-1] - known) / row[step]
    return found
