"""Snowflake's SQL API on this machine: takes a statement, is busy with it for a while, and tells the result in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fakes.service import Asked, FakeService, Told, service

TOKEN = "pat-sesame"
HANDLE = "01b2c3d4-0000-4d5e-0000-000012345678"
PLACE = f"/api/v2/statements/{HANDLE}"


@contextmanager
def snowflake(
    columns: Sequence[str],
    *partitions: Sequence[Sequence[str | None]],
    running: int = 0,
    num_rows: int | None = None,
    failing: dict[int, list[Told]] | None = None,
) -> Iterator[FakeService]:
    """Run the API. It is asked `running` times more before the result is there.

    `num_rows` is how many rows it speaks of, by default as many as there are. `failing` has what is answered to the
    first requests for a partition, in place of it.
    """
    left = [running]
    told_rows = sum(len(rows) for rows in partitions) if num_rows is None else num_rows

    def result() -> Any:
        if left[0]:
            left[0] -= 1
            message = "Asynchronous execution in progress."
            return Told(
                202, {"code": "333334", "message": message, "statementHandle": HANDLE, "statementStatusUrl": PLACE}
            )
        return {
            "code": "090001",
            "statementHandle": HANDLE,
            "statementStatusUrl": f"{PLACE}?requestId=7",
            "resultSetMetaData": {
                "format": "jsonv2",
                "numRows": told_rows,
                "partitionInfo": [{"rowCount": len(rows), "uncompressedSize": 99} for rows in partitions or ((),)],
                "rowType": [{"name": name, "type": "text", "nullable": True} for name in columns],
            },
            "data": list(partitions[0]) if partitions else [],
        }

    def answer(asked: Asked) -> Any:
        is_known = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        if not is_known or asked.headers.get("x-snowflake-authorization-token-type") != "PROGRAMMATIC_ACCESS_TOKEN":
            return Told(401, {"code": "390303", "message": "Programmatic access token is invalid."})
        if asked.method == "POST":
            assert asked.path == "/api/v2/statements"
            assert set(asked.body) <= {"statement", "timeout", "warehouse", "role"}
            if asked.body.get("role") == "NOBODY":
                return Told(422, {"code": "002003", "message": "SQL compilation error: Schema is not authorized."})
            return result()
        assert asked.path == PLACE
        number = asked.one("partition")
        if number is None:
            return result()
        if failing and failing.get(int(number)):
            return failing[int(number)].pop(0)
        return {"data": list(partitions[int(number)])}

    with service(answer) as fake:
        yield fake
