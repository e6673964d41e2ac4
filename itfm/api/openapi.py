"""What the OpenAPI document says beyond what the resources declare: pages, problems and headers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from itfm.api.idempotency import METHODS
from itfm.api.operations import FILE, Operation, Resource
from itfm.api.problems import CODES, MEDIA_TYPE

PREFIX: Final = "/api/v1/"
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 200 visible characters; the same request with the same key takes effect once in 24 hours.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag this change was made from; `*` overwrites whatever is there.",
    "schema": {"type": "string", "examples": ["*"]},
}
_LIMITS = {
    "RateLimit": {
        "description": "What is left in this minute.",
        "schema": {"type": "string", "examples": ['"caller";r=599;t=41, "organization";r=2990;t=41']},
    },
    "RateLimit-Policy": {"description": "Requests a minute.", "schema": {"type": "string"}},
}
_BINARY: Final = {"type": "string", "format": "binary"}
_LIMIT_HEADERS = {name: {"$ref": f"#/components/headers/{name}"} for name in _LIMITS}
_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "create_key": {
        "name": "deploy",
        "role": "viewer",
        "permissions": ["overview.read", "costs.read"],
        "scopes": [{"dimension": "cost_center", "value": "1100"}],
        "expires_in_days": 90,
    },
    "put_driver_values": {"values": [{"date": "2026-10-01", "value": "Payments", "quantity": "12.5"}]},
    "put_cost_center_tree": {
        "items": [{"code": "1000", "name": "Engineering", "owner_email": "ada@example.com", "children": []}]
    },
    "request_run": {"billing_period": "2026-10"},
    "put_rules": {
        "document": {
            "version": "1",
            "dimensions": [
                {
                    "key": "team",
                    "name": "Team",
                    "rules": [{"when": {"tag": "team", "exists": "true"}, "value": {"tag": "team"}}],
                }
            ],
        }
    },
}
_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(CODES), "description": "Stays the same whatever the words."},
        "detail": {"type": "string", "description": "What happened and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer of the field."},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "detail"],
            },
        },
    },
    "required": ["title", "status", "code", "detail"],
}

Endpoint = tuple[str, str, str, Any]


def only_resources(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Keep the API's own addresses. A preprocessing hook of drf-spectacular."""
    return [endpoint for endpoint in endpoints if issubclass(getattr(endpoint[3], "cls", object), Resource)]


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ARG001, FBT001 - the hook's signature
    """Add problems, pages and headers to every operation. A postprocessing hook of drf-spectacular."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    result["components"]["responses"] = {
        f"Problem{status}": _problem_response(status) for status in sorted({status for status, _ in CODES.values()})
    }
    result["components"]["headers"] = _LIMITS
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("FormRequest"):
            schema["additionalProperties"] = False
    for path, method, declared in _operations(generator):
        operation = result["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        operation["description"] += f"\n\nNeeds the permission `{declared.permission}`."
        _add_parameters(operation, method, declared)
        _add_page(operation, declared)
        if declared.file_bytes:
            operation["requestBody"] = {"required": True, "content": {FILE: {"schema": dict(_BINARY)}}}
        if operation["operationId"] in _EXAMPLES:
            operation["requestBody"]["content"]["application/json"]["example"] = _EXAMPLES[operation["operationId"]]
        if declared.files:
            operation["responses"]["200"]["content"] = {one: {"schema": dict(_BINARY)} for one in declared.files}
            operation["responses"]["200"]["description"] = "The file."
        for response in operation["responses"].values():
            response["description"] = response["description"] or "As asked."
            response.setdefault("headers", {}).update(_LIMIT_HEADERS)
        for status in _statuses(method, declared):
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def _operations(generator: Any) -> Iterator[tuple[str, str, Operation]]:
    for path, _, method, view in generator.endpoints or ():
        declared = view.cls.operations().get(method.lower())
        if declared is not None:
            yield path, method, declared


def _add_parameters(operation: dict[str, Any], method: str, declared: Operation) -> None:
    more = [_IF_MATCH] if declared.is_versioned else []
    if method in METHODS:
        more.append(_IDEMPOTENCY)
    if more:
        operation["parameters"] = [*operation.get("parameters", []), *more]


def _add_page(operation: dict[str, Any], declared: Operation) -> None:
    if not declared.is_list:
        return
    content = operation["responses"]["200"]["content"]["application/json"]
    content["schema"] = {
        "type": "object",
        "properties": {
            "items": content["schema"],
            "next": {"type": ["string", "null"], "description": "Cursor of the next page; null at the end."},
        },
        "required": ["items", "next"],
    }


def _statuses(method: str, declared: Operation) -> set[int]:
    """Return the statuses an operation answers problems with."""
    found = {400, 401, 403, 404, 429}
    if method not in {"GET", "HEAD"}:
        found |= {409, 422}
    if declared.body is not None or declared.file_bytes:
        found |= {413, 415}
    if declared.is_versioned:
        found |= {412, 428}
    return found


def _problem_response(status: int) -> dict[str, Any]:
    codes = {code: meaning for code, (code_status, meaning) in CODES.items() if code_status == status}
    response: dict[str, Any] = {
        "description": " ".join(f"`{code}`: {meaning}" for code, meaning in codes.items()),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 429:
        response["headers"] = {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."},
            **_LIMIT_HEADERS,
        }
    return response
