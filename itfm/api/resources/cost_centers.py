"""The cost-center tree, as far as the caller sees it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from itfm.accounts.models import Scope
from itfm.api.fields import Anything, Form, Text
from itfm.api.operations import Call, Resource, etag_of, operation
from itfm.api.paging import Page, page_of
from itfm.api.problems import FieldProblem, ProblemError
from itfm.api.replies import Reply
from showback.models import CostCenter
from showback.services import CostCenterBranch, replace_cost_centers

TAG = ["Cost centers"]
MOST: Final = 10_000
LENGTHS: Final = {"code": 60, "name": 200, "owner_email": 254}
FIELDS: Final = {"code", "name", "owner_email", "children"}


class CostCenterAnswer(Form):
    """A place in the organization that carries cost."""

    id = serializers.UUIDField()
    code = Text()
    name = Text()
    above = Text(source="parent.code", default=None, allow_null=True, help_text="Code of the one above.")
    owner_email = Text()


class TreeForm(Form):
    """The whole tree: `code`, `name`, `owner_email` and `children`, which are the same again."""

    items = serializers.ListField(child=Anything(), max_length=MOST)


class CostCenters(Resource):
    """All cost centers."""

    @operation("showback.read", answers=CostCenterAnswer, is_list=True, operation_id="list_cost_centers", tags=TAG)
    def get(self, call: Call) -> Page[CostCenter]:
        """List the cost centers the caller sees, by code."""
        centers = CostCenter.objects.without_tree_fields().select_related("parent")
        codes = seen_codes(call)
        return page_of(centers if codes is None else centers.filter(code__in=codes), order=("code",), query=call.query)


class Tree(Resource):
    """The tree."""

    @operation("showback.read", answers=TreeForm, operation_id="read_cost_center_tree", tags=TAG)
    def get(self, call: Call) -> Reply:
        """Tell the tree the caller sees. Its ETag is what a new tree must be made from."""
        return _told(_tree(seen_codes(call)))

    @operation(
        "showback.write",
        body=TreeForm,
        answers=TreeForm,
        is_versioned=True,
        operation_id="put_cost_center_tree",
        tags=TAG,
    )
    def put(self, call: Call) -> Reply:
        """Put a whole tree in the place of the present one; cost centers keep their identity by code."""
        if seen_codes(call) is not None:
            raise ProblemError("forbidden", "Who sees only a part of the tree cannot put the whole.")
        list(CostCenter.objects.without_tree_fields().select_for_update().order_by("code"))
        before = _tree(None)
        call.expect(_etag(before))
        problems: list[FieldProblem] = []
        branches = _branches(call.body["items"], pointer="/items", problems=problems, seen=set())
        if problems:
            raise ProblemError("invalid", "The tree has entries that are wrong.", errors=problems[:100])
        count = replace_cost_centers(branches, organization_id=call.organization.id)
        after = _tree(None)
        if after != before:
            call.record("cost_centers.replaced", summary=f"Put a tree of {count} cost centers")
        return _told(after)


def seen_codes(call: Call) -> set[str] | None:
    """Return the codes of the cost centers the caller sees; None for all."""
    visibility = call.visibility
    if visibility.sees_everything:
        return None
    return {code for dimension, codes in visibility.values if dimension == Scope.COST_CENTER for code in codes}


def _tree(codes: set[str] | None) -> list[dict[str, Any]]:
    centers = CostCenter.objects.without_tree_fields().order_by("code")
    shown = [center for center in centers if codes is None or center.code in codes]
    ids = {center.id for center in shown}
    below: dict[Any, list[CostCenter]] = defaultdict(list)
    for center in shown:
        below[center.parent_id if center.parent_id in ids else None].append(center)
    return _nodes(below[None], below)


def _nodes(centers: Iterable[CostCenter], below: dict[Any, list[CostCenter]]) -> list[dict[str, Any]]:
    return [
        {
            "code": center.code,
            "name": center.name,
            "owner_email": center.owner_email,
            "children": _nodes(below.get(center.id, []), below),
        }
        for center in centers
    ]


def _told(tree: list[dict[str, Any]]) -> Reply:
    return Reply({"items": tree}, headers={"ETag": _etag(tree)})


def _etag(tree: list[dict[str, Any]]) -> str:
    return etag_of(JSONRenderer().render({"items": tree}))


def _branches(
    nodes: Sequence[Any], *, pointer: str, problems: list[FieldProblem], seen: set[str]
) -> list[CostCenterBranch]:
    found = []
    for number, node in enumerate(nodes):
        place = f"{pointer}/{number}"
        if wrong := list(_wrong(node, place, seen)):
            problems += wrong
            continue
        seen.add(node["code"])
        children = _branches(node.get("children", []), pointer=f"{place}/children", problems=problems, seen=seen)
        email = node.get("owner_email", "")
        found.append(CostCenterBranch(code=node["code"], name=node["name"], owner_email=email, children=children))
    return found


def _wrong(node: Any, place: str, seen: set[str]) -> Iterable[FieldProblem]:
    """Yield what is wrong with one entry, its children aside."""
    if not isinstance(node, dict):
        yield FieldProblem(pointer=place, detail="Send an object.")
        return
    for name in sorted(set(node) - FIELDS):
        yield FieldProblem(pointer=f"{place}/{name[:60]}", detail="This field is not known here.")
    for name, longest in LENGTHS.items():
        value = node.get(name, "" if name == "owner_email" else None)
        if not isinstance(value, str) or len(value) > longest or (name != "owner_email" and not value.strip()):
            yield FieldProblem(pointer=f"{place}/{name}", detail=f"Send a text of at most {longest} characters.")
        elif name == "owner_email" and value and not _is_email(value):
            yield FieldProblem(pointer=f"{place}/{name}", detail="This is not an e-mail address.")
    if not isinstance(node.get("children", []), list):
        yield FieldProblem(pointer=f"{place}/children", detail="Send a list.")
    if isinstance(node.get("code"), str) and node["code"] in seen:
        yield FieldProblem(pointer=f"{place}/code", detail="This code stands twice.")
    if len(seen) >= MOST:
        yield FieldProblem(pointer=place, detail=f"A tree has at most {MOST:,} cost centers.")


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
