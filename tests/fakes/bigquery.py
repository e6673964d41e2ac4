"""BigQuery on this machine: its REST protocol and Google's tokens over HTTP, with queries that really run, in DuckDB.

What a query reads is told as some bytes for each value of the columns that it names, in the parts of the table that
its conditions on `_PARTITIONTIME` leave.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb
import jwt
import pyarrow as pa
import sqlglot
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlglot import exp

from tests.fakes.service import Asked, FakeService, Told, service

EMAIL = "bills@acme-pays.iam.gserviceaccount.com"
PROJECT = "acme-pays"
DATASET = "acme-billing.exports"
TOKEN = "ya29.sesame"
PARTITION = "_PARTITIONTIME"
Field = Mapping[str, Any]


@cache
def _private_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_json(url: str, *, signed_by: str = "ours", **changes: Any) -> str:
    """Return the key of the service account whose tokens are to be had at an address."""
    private = _private_key(signed_by).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "7f",
        "private_key": private.decode(),
        "client_email": EMAIL,
        "token_uri": f"{url}/token",
        **changes,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}, indent=2)


@dataclass
class Table:
    """A table: its schema as BigQuery tells it, and its rows. With `parts` it is in parts by `_PARTITIONTIME`."""

    schema: Sequence[Field]
    rows: list[dict[str, Any]]
    has_parts: bool = True


@dataclass
class BigQuery:
    """What stands in BigQuery, and how it behaves.

    `failing` has, by a piece of the path, what is answered to the first requests for it. `page_rows` is the most rows
    of a page; `slow` how many times a query is looked at before it is done; `loses` how many rows of it are not told.
    A value takes `value_bytes`. An `order` of -1 tells rows the other way around: BigQuery promises none.
    """

    tables: dict[str, Table]
    location: str = "EU"
    page_rows: int = 1000
    slow: int = 0
    loses: int = 0
    failing: dict[str, list[Told]] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    order: int = 1
    value_bytes: int = 8

    def answer(self, asked: Asked) -> Any:
        """Answer a request as BigQuery does."""
        for piece, answers in self.failing.items():
            if piece in asked.path and answers:
                return answers.pop(0)
        if asked.path == "/token":
            return _token(asked)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return refused(401, "authError", "Request had invalid authentication credentials.")
        project, *place = asked.path.removeprefix("/bigquery/v2/projects/").split("/")
        told = self._place(project, place) if place[0] == "datasets" else self._work(asked, project, place)
        return refused(404, "notFound", f"Not found: {asked.path}") if told is None else told

    def _place(self, project: str, place: Sequence[str]) -> Any:
        match place:
            case ["datasets", dataset]:
                return self._dataset(project, dataset)
            case ["datasets", dataset, "tables"]:
                return self._tables(project, dataset)
            case ["datasets", dataset, "tables", table]:
                return self._table(f"{project}.{dataset}", table)
        return None

    def _work(self, asked: Asked, project: str, place: Sequence[str]) -> Any:
        match [asked.method, *place]:
            case ["POST", "jobs"]:
                return self._inserted(project, asked.body)
            case ["POST", "queries"]:
                return self._queried(project, asked.body)
            case ["GET", "queries", job]:
                return self._page(job, asked.one("pageToken"), asked.one("maxResults"), asked)
            case ["GET", "jobs", job]:
                return self._job(project, job)
            case ["POST", "jobs", job, "cancel"]:
                return {"job": self._job(project, job)}
        return None

    def _dataset(self, project: str, dataset: str) -> Any:
        if f"{project}.{dataset}" != DATASET:
            return refused(404, "notFound", f"Not found: Dataset {project}:{dataset}")
        reference = {"projectId": project, "datasetId": dataset}
        return {"kind": "bigquery#dataset", "datasetReference": reference, "location": self.location}

    def _tables(self, project: str, dataset: str) -> Any:
        listed = [
            {"kind": "bigquery#table", "type": "TABLE", "tableReference": _reference(project, dataset, name)}
            for name in self.tables
        ]
        return {"kind": "bigquery#tableList", "tables": listed, "totalItems": len(listed)}

    def _table(self, dataset: str, name: str) -> Any:
        project, _, short = dataset.partition(".")
        if dataset != DATASET or name not in self.tables:
            return refused(404, "notFound", f"Not found: Table {project}:{short}.{name}")
        table = self.tables[name]
        told: dict[str, Any] = {
            "kind": "bigquery#table",
            "tableReference": _reference(project, short, name),
            "schema": {"fields": list(table.schema)},
            "numRows": str(len(table.rows)),
            "type": "TABLE",
            "location": self.location,
        }
        if table.has_parts:
            told["timePartitioning"] = {"type": "DAY"}
        return told

    def _inserted(self, project: str, body: Any) -> Any:
        settings = body["configuration"]
        query = settings["query"]
        assert query["useLegacySql"] is False
        if (bad := self._misplaced(body["jobReference"].get("location"))) is not None:
            return bad
        try:
            size, _ = self._run(query["query"])
        except (duckdb.Error, sqlglot.ParseError, LookupError) as error:
            return refused(400, "invalidQuery", str(error).splitlines()[0])
        assert settings["dryRun"] is True, "only dry runs are asked for so"
        statistics = {"totalBytesProcessed": str(size), "query": {"totalBytesProcessed": str(size), "cacheHit": False}}
        reference = {"projectId": project, "location": self.location}
        return {
            "jobReference": reference,
            "configuration": settings,
            "status": {"state": "DONE"},
            "statistics": statistics,
        }

    def _queried(self, project: str, body: Any) -> Any:
        assert body["useLegacySql"] is False
        if (bad := self._misplaced(body.get("location"))) is not None:
            return bad
        try:
            size, found = self._run(body["query"])
        except (duckdb.Error, sqlglot.ParseError, LookupError) as error:
            return refused(400, "invalidQuery", str(error).splitlines()[0])
        if size > int(body["maximumBytesBilled"]):
            message = f"Query exceeded limit for bytes billed: {body['maximumBytesBilled']}. {size} or higher required."
            return refused(400, "bytesBilledLimitExceeded", message)
        job = f"job_{next(self.numbers)}"
        rows = found.to_pylist()[:: self.order]
        self.jobs[job] = {
            "found": found,
            "rows": rows,
            "size": size,
            "looks": self.slow,
            "project": project,
            "sql": body,
        }
        return self._page(job, None, str(body["maxResults"]), None)

    def _misplaced(self, location: str | None) -> Told | None:
        if location in {None, self.location}:
            return None
        return refused(404, "notFound", f"Not found: Dataset {DATASET} was not found in location {location}")

    def _page(self, job: str, token: str | None, most: str | None, asked: Asked | None) -> Any:
        known = self.jobs[job]
        reference = {"projectId": known["project"], "jobId": job, "location": self.location}
        if known["looks"]:
            known["looks"] -= 1
            return {"jobReference": reference, "jobComplete": False}
        first = int(token or 0)
        size = min(int(most or self.page_rows), self.page_rows)
        rows = known["rows"][first : first + size]
        fields = [_field(one) for one in known["found"].schema]
        told = {
            "kind": "bigquery#queryResponse",
            "schema": {"fields": fields},
            "jobReference": reference,
            "jobComplete": True,
            "totalRows": str(len(known["rows"])),
            "totalBytesProcessed": str(known["size"]),
            "cacheHit": False,
        }
        if asked is not None and size:
            assert asked.one("formatOptions.useInt64Timestamp") in {"True", "true"}
        last = first + size >= len(known["rows"])
        kept = rows[: len(rows) - self.loses] if last and self.loses else rows
        if size:
            told["rows"] = [{"f": [{"v": _cell(row[one["name"]], one)} for one in fields]} for row in kept]
            if not last:
                told["pageToken"] = str(first + size)
        return told

    def _job(self, project: str, job: str) -> Any:
        known = self.jobs[job]
        size = str(known["size"])
        return {
            "kind": "bigquery#job",
            "id": f"{project}:{self.location}.{job}",
            "jobReference": {"projectId": project, "jobId": job, "location": self.location},
            "configuration": {
                "jobType": "QUERY",
                "query": {
                    "query": known["sql"]["query"],
                    "destinationTable": _reference(project, "_anonymous", f"anon_{job}"),
                },
            },
            "status": {"state": "RUNNING" if known["looks"] else "DONE"},
            "statistics": {
                "totalBytesProcessed": size,
                "query": {"totalBytesProcessed": size, "statementType": "SELECT"},
            },
        }

    def _run(self, sql: str) -> tuple[int, pa.Table]:
        """Return how many bytes a query reads, and its result."""
        tree = sqlglot.parse_one(sql, read="bigquery")
        (source,) = tree.find_all(exp.Table)
        name = ".".join(part.name for part in source.parts)
        table = self.tables[name.removeprefix(f"{DATASET}.")]
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("told", _arrow(table))
            connection.execute("CREATE TABLE held AS SELECT * FROM told")
            size = _values_read(connection, tree, table) * self.value_bytes
            source.replace(exp.table_("held"))
            if table.has_parts and isinstance(tree.expressions[0], exp.Star):
                # The column is hidden: who wants it must name it.
                tree.expressions[0].set("except_", [exp.to_identifier(PARTITION)])
            result = connection.sql(tree.sql("duckdb")).to_arrow_table()
        return size, result


def refused(status: int, reason: str, message: str, **headers: str) -> Told:
    """Return a refusal in Google's shape."""
    told = {"message": message, "domain": "global", "reason": reason}
    return Told(status, {"error": {"code": status, "message": message, "errors": [told]}}, headers)


def _token(asked: Asked) -> Any:
    grant, assertion = asked.body["grant_type"], asked.body["assertion"]
    assert grant == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    try:
        told = jwt.decode(
            assertion,
            _private_key("ours").public_key(),
            algorithms=["RS256"],
            audience="https://oauth2.googleapis.com/token",
            issuer=EMAIL,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except jwt.InvalidTokenError:
        return Told(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
    assert told["scope"] == "https://www.googleapis.com/auth/bigquery"
    return {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}


def _reference(project: str, dataset: str, table: str) -> dict[str, str]:
    return {"projectId": project, "datasetId": dataset, "tableId": table}


SCALARS = {
    "STRING": pa.string(),
    "FLOAT": pa.float64(),
    "NUMERIC": pa.decimal128(38, 9),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int64(),
}


def _type(one: Field) -> pa.DataType:
    if one["type"] == "RECORD":
        inner = pa.struct([(part["name"], _type(part)) for part in one["fields"]])
    else:
        inner = SCALARS[one["type"]]
    return pa.list_(inner) if one.get("mode") == "REPEATED" else inner


def _arrow(table: Table) -> pa.Table:
    columns = [(one["name"], _type(one)) for one in table.schema]
    if table.has_parts:
        columns.append((PARTITION, SCALARS["TIMESTAMP"]))
    repeated = {one["name"]: [] for one in table.schema if one.get("mode") == "REPEATED"}
    return pa.Table.from_pylist([{**repeated, **row} for row in table.rows], pa.schema(columns))


def _values_read(connection: duckdb.DuckDBPyConnection, tree: exp.Expression, table: Table) -> int:
    leaves = {one["name"]: _leaves(one) for one in table.schema} | {PARTITION: 1}
    named = {part.name for column in tree.find_all(exp.Column) for part in column.parts}
    if tree.find(exp.Star) and not tree.find(exp.Count):
        named |= set(leaves) - {PARTITION}
    where = tree.find(exp.Where)
    conditions = (
        list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where.this] if where else []
    )
    of_parts = [
        one.sql("duckdb") for one in conditions if {column.name for column in one.find_all(exp.Column)} == {PARTITION}
    ]
    sql = f"SELECT count(*) FROM held WHERE {' AND '.join(of_parts) or 'TRUE'}"
    (count,) = connection.execute(sql).fetchall()[0]
    return int(count) * sum(size for name, size in leaves.items() if name in named)


def _leaves(one: Field) -> int:
    return sum(map(_leaves, one["fields"])) if one["type"] == "RECORD" else 1


def _field(one: pa.Field) -> dict[str, Any]:
    """Return a column of a result as BigQuery describes it."""
    inner, mode = (one.type.value_type, "REPEATED") if pa.types.is_list(one.type) else (one.type, "NULLABLE")
    if pa.types.is_struct(inner):
        fields = [_field(inner.field(number)) for number in range(inner.num_fields)]
        return {"name": one.name, "type": "RECORD", "mode": mode, "fields": fields}
    (kind,) = [name for name, told in SCALARS.items() if told == inner] or [_other(inner)]
    return {"name": one.name, "type": kind, "mode": mode}


def _other(inner: pa.DataType) -> str:
    if pa.types.is_timestamp(inner):
        return "TIMESTAMP"
    raise LookupError(f"no type of BigQuery is {inner}")


def _cell(value: Any, one: Field) -> Any:
    """Return a value as BigQuery writes it: texts, records as their fields in order."""
    if one["mode"] == "REPEATED":
        return [{"v": _cell(item, {**one, "mode": "NULLABLE"})} for item in value or []]
    if value is None:
        return None
    if one["type"] == "RECORD":
        return {"f": [{"v": _cell(value[part["name"]], part)} for part in one["fields"]]}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return str(moment.days * 86_400_000_000 + moment.seconds * 1_000_000 + moment.microseconds)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # BigQuery writes 1.0E-5.
        return repr(value).replace("e-0", "E-").replace("e", "E")
    return str(value)


@contextmanager
def bigquery(held: BigQuery) -> Iterator[FakeService]:
    """Run the API."""
    with service(held.answer) as running:
        yield running
