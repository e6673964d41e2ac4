"""What stands beside the resources: the OpenAPI document, two ways to read it, and the answer of other addresses."""

from __future__ import annotations

import json
from functools import lru_cache

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator

from itfm.accounts.access import problem, public


@public
@require_GET
def schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer the OpenAPI document."""
    return HttpResponse(_document(), content_type="application/vnd.oai.openapi+json")


@public
@require_GET
def swagger(request: HttpRequest) -> HttpResponse:
    """Show the document with a form to try each operation."""
    return render(request, "api/swagger.html")


# Redoc writes its rules into style elements of the page and searches in a worker made of a blob. The page shows the
# document and nothing of an organization, so this is allowed here and nowhere else; scripts stay our own files.
@csp_update({"style-src": [UNSAFE_INLINE], "worker-src": ["blob:"]})
@public
@require_GET
def redoc(request: HttpRequest) -> HttpResponse:
    """Show the document to read."""
    return render(request, "api/redoc.html")


@csrf_exempt
@public
def nothing(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001 - the address is not repeated
    """Answer an address of the API that is none."""
    return problem(404, "not_found", "There is nothing at this address. The addresses are in /api/v1/reference.")


@lru_cache(maxsize=1)
def _document() -> str:
    return json.dumps(SchemaGenerator().get_schema(request=None, public=True))
