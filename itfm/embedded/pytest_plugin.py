"""A Postgres and a Redis for a test run that names none; loaded with `-p`, before Django reads its settings."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack

from itfm.embedded.stack import temporary

# The workers of a parallel run inherit the environment of the process that started them.
if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    _stack = ExitStack()
    os.environ.update(_stack.enter_context(temporary()))
    atexit.register(_stack.close)
os.environ.setdefault("ITFM_HTTPS", "0")
os.environ.setdefault("ITFM_SECRET_KEY", "only for tests, and long enough that the deployment check is silent")
os.environ.setdefault("ITFM_SERVE_SOURCES", "1")
