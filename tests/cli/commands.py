"""Running a command as a script would, in this process."""

from __future__ import annotations

import json
from io import StringIO

from django.core.management import call_command


def itfm(*arguments):
    """Return the exit code and the JSON object of a command."""
    out = StringIO()
    try:
        call_command(*(str(argument) for argument in arguments), "--json", stdout=out)
        code = 0
    except SystemExit as stop:
        code = stop.code
    return code, json.loads(out.getvalue())


def import_bill(path, kind, organization="acme", *more):
    """Return what `itfm bills import` says; the organization is made when absent."""
    return itfm("bills", "import", path, "--organization", organization, "--kind", kind, "--create-organization", *more)
