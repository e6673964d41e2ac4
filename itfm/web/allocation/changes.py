"""Changes to the draft as pages ask for them: from a form's fields to an operation, and the answer in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from allocation.drafts.operations import (
    KINDS,
    AddDimension,
    DeleteEntry,
    DeleteRule,
    MoveEntry,
    MoveRule,
    Operation,
    OperationError,
    PutStage,
    RenameDimension,
)
from allocation.drafts.problems import DraftError
from allocation.drafts.templates import TEMPLATES, AddTemplate
from allocation.services.drafts import StaleDraftError, change_draft
from itfm.accounts.access import TenantRequest


def operation_of(data: Mapping[str, str]) -> Operation:
    """Return the operation that a small form names.

    :raises Http404: there is no such operation, or a number is none.
    """
    name, key = data.get("operation", ""), data.get("key", "")
    kind = data.get("kind", "")
    if name in {"move_entry", "delete_entry"} and kind not in KINDS:
        raise Http404("There is nothing of this kind.")
    if name == "add_dimension":
        return AddDimension(key=data.get("new_key", "").strip(), name=data.get("name", "").strip())
    if name == "add_template" and data.get("template") in TEMPLATES:
        return AddTemplate(template=TEMPLATES[data["template"]])
    if name == "rename_dimension":
        return RenameDimension(key=key, name=data.get("name", "").strip())
    if name == "move_rule":
        return MoveRule(dimension=key, number=_number(data, "number"), to=_number(data, "to"))
    if name == "delete_rule":
        return DeleteRule(dimension=key, number=_number(data, "number"))
    if name == "move_entry":
        return MoveEntry(kind=kind, key=key, to=_number(data, "to"))
    if name == "delete_entry":
        return DeleteEntry(kind=kind, key=key)
    if name == "put_stage":
        return PutStage(number=_number(data, "number"), is_reciprocal=data.get("reciprocal") == "on")
    raise Http404("There is no such change.")


def lock_of(data: Mapping[str, str]) -> int:
    """Return the number of the draft that the page showed; what is no number matches no draft."""
    text = data.get("lock", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def change(request: TenantRequest, operation: Operation) -> bool:
    """Make a change and say in a message what became of it; return whether it was made."""
    try:
        change_draft(
            operation,
            lock=lock_of(request.POST),
            organization_id=request.organization.id,
            by=request.user,
            at=timezone.now(),
        )
    except DraftError as error:
        for problem in error.problems:
            messages.error(request, f"Not changed. {problem}.")
        return False
    except (StaleDraftError, OperationError) as error:
        messages.error(request, f"Not changed. {error}")
        return False
    messages.success(request, f"{operation.summary}. Nothing is allocated by it until you publish the draft.")
    return True


def moved_button(data: Mapping[str, str]) -> str:
    """Return the id of the button that moves the same entry on in the same direction, for who moves by keyboard."""
    number, to = data.get("number", ""), data.get("to", "")
    if not (number.isdecimal() and to.isdecimal() and number != to):
        return ""
    kind = "rule" if data.get("operation") == "move_rule" else data.get("kind", "")
    return f"{kind}-{int(to)}-{'up' if int(to) < int(number) else 'down'}"


def back(request: TenantRequest, *, otherwise: str = "allocation", place: str = "") -> HttpResponse:
    """Lead back to the page that asked, when it is one of ours, and to the place in it that has this id."""
    address = request.POST.get("next", "") + (f"#{place}" if place else "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith("/"):
        return redirect(address)
    return redirect(otherwise)


def _number(data: Mapping[str, str], name: str) -> int:
    text = data.get(name, "")
    if not text.isdecimal() or len(text) > 6:
        raise Http404("A place is a number.")
    return int(text)
