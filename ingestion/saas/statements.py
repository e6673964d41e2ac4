"""SQL statements that a service runs for us: waiting for one to end, and rows of its result as records. Pure.

Waiting is from the outside: the service is asked how far it is, less and less often.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from ingestion.delivery import DeliveryError
from ingestion.delivery.http import JSON_MEANING
from ingestion.delivery.services import Record

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 10.0
LONGEST_WAIT: Final = 1_200.0
"""Seconds that a statement over a month of usage may take; a warehouse may have to start first."""


def awaited(
    answer: Any,
    *,
    is_done: Callable[[Any], bool],
    again: Callable[[], Any],
    name: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Any:
    """Return the first answer that is the last word; `again` asks once more.

    :raises DeliveryError: unreachable, when there is none in `LONGEST_WAIT`.
    """
    waited, pause = 0.0, FIRST_PAUSE
    while not is_done(answer):
        if waited >= LONGEST_WAIT:
            raise DeliveryError(
                "unreachable",
                f"{name} did not finish in {LONGEST_WAIT / 60:.0f} minutes. Is the warehouse busy? It is asked again"
                " later.",
            )
        sleep(pause)
        waited += pause
        pause = min(2 * pause, LONGEST_PAUSE)
        answer = again()
    return answer


def records(rows: Iterable[Any], *, columns: Sequence[str], count: Any, name: str) -> Iterator[Record]:
    """Yield rows of a result by column; `count` is how many there are by the service's own account.

    :raises DeliveryError: answer_unreadable, when a row has another width, or rows are missing.
    """
    found = 0
    for row in rows:
        if not isinstance(row, list) or len(row) != len(columns):
            message = f"{name} answered a row that has not the {len(columns)} columns of its result. {JSON_MEANING}"
            raise DeliveryError("answer_unreadable", message)
        found += 1
        yield dict(zip(columns, row, strict=True))
    if found != count:
        raise DeliveryError(
            "answer_unreadable", f"{name} speaks of {count} rows and sent {found}. Nothing was taken of them."
        )
