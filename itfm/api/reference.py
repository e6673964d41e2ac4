"""What stands beside the resources: the answer of addresses that are none, and the reference to read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from itfm.accounts.access import problem, public


@csrf_exempt
@public
def nothing(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001 - the address is not repeated
    """Answer an address of the API that is none."""
    return problem(404, "not_found", "There is nothing at this address. The addresses are in /api/v1/reference.")
