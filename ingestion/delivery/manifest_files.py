"""Reading one manifest: what a report or export of AWS or Azure says its files are. Pure but for the reading.

A manifest comes from outside: its size, depth and every path in it are checked before they are used.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.delivery import tree
from ingestion.delivery.contents import DeliveredFile
from ingestion.delivery.stores import DeliveryError, Store

Form = TypeVar("Form", bound=BaseModel)
MANIFEST_ENDING: Final = "-Manifest.json"
COST_EXPORT: Final = "manifest.json"
"""What Azure Cost Management calls the manifests of all its exports."""
MOST_BYTES: Final = 5_000_000
MOST_LEVELS: Final = 16
_START: Final = re.compile(r"(\d{4})-?(\d{2})-?01(?:T|$)")
_S3: Final = re.compile(r"s3[an]?://", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What one manifest says. `keys` are the provider's paths of the files, without bucket, in the order given.

    Of Azure's, `dataset` is the type of the export, as `ActualCost`, and `submitted_at` the time its run began.
    """

    file: DeliveredFile
    kind: Literal["cur", "data_export", "cost_export"]
    billing_period: date | None
    keys: tuple[str, ...]
    dataset: str = ""
    submitted_at: str = ""


class _Period(BaseModel):
    start: str


class _Report(BaseModel):
    """A manifest of the legacy Cost and Usage Report."""

    model_config = ConfigDict(strict=True)

    billing_period: Annotated[_Period, Field(alias="billingPeriod")]
    keys: Annotated[list[str], Field(alias="reportKeys")]


class _Export(BaseModel):
    """A manifest of AWS Data Exports (CUR 2.0, FOCUS)."""

    model_config = ConfigDict(strict=True)

    billing_period: Annotated[_Period | None, Field(alias="billingPeriod")] = None
    keys: Annotated[list[str], Field(alias="dataFiles")]


class _Blob(BaseModel):
    model_config = ConfigDict(strict=True)

    name: Annotated[str, Field(alias="blobName")]


class _ExportConfig(BaseModel):
    type: str


class _Run(BaseModel):
    submitted: Annotated[str, Field(alias="submittedTime")] = ""
    start: Annotated[str, Field(alias="startDate")] = ""


class _CostExport(BaseModel):
    """A manifest of an Azure Cost Management export, of actual, amortized or FOCUS cost."""

    model_config = ConfigDict(strict=True)

    config: Annotated[_ExportConfig, Field(alias="exportConfig")]
    run: Annotated[_Run, Field(alias="runInfo")] = _Run()
    blobs: list[_Blob]


def read_manifest(store: Store, file: DeliveredFile) -> Manifest | None:
    """Read a manifest; None for a `manifest.json` that some other tool left there.

    :raises DeliveryError: bad_manifest, outside_store, unsupported_file, period_mismatch; each names the manifest.
    """
    document = _document(store, file)
    if file.name == COST_EXPORT:
        is_export = isinstance(document, dict) and "exportConfig" in document
        return _cost_export(file, document) if is_export else None
    is_report = isinstance(document, dict) and "reportKeys" in document
    form: type[_Report | _Export] = _Report if is_report else _Export
    told = _validated(form, document, file=file)
    keys = tuple(_key(file, key) for key in told.keys)
    return Manifest(
        file=file,
        kind="cur" if is_report else "data_export",
        billing_period=_billing_period(file, told.billing_period, keys),
        keys=keys,
    )


def _cost_export(file: DeliveredFile, document: object) -> Manifest:
    """Return what Azure says; an export of other days than a month's is known by its rows only."""
    told = _validated(_CostExport, document, file=file)
    keys = tuple(_key(file, blob.name) for blob in told.blobs)
    is_month = tree.period_folder(file.path) is not None and _START.match(told.run.start)
    return Manifest(
        file=file,
        kind="cost_export",
        billing_period=_billing_period(file, _Period(start=told.run.start) if is_month else None, keys),
        keys=keys,
        dataset=told.config.type,
        submitted_at=told.run.submitted,
    )


def _validated(form: type[Form], document: object, *, file: DeliveredFile) -> Form:
    try:
        return form.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _bad(file, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _document(store: Store, file: DeliveredFile) -> Any:  # the JSON as it comes; validated by the caller
    size = file.size or 0
    if size > MOST_BYTES:
        raise _bad(file, f"it has {size:,} bytes, more than {MOST_BYTES:,}")
    with store.open(file.path, version=file.version) as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) != size:
        raise DeliveryError("changed", f"{file.path} changed while it was read. Pull again.")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _bad(file, "it is no JSON") from error
    if _is_deeper(document, than=MOST_LEVELS):
        raise _bad(file, f"it is nested more than {MOST_LEVELS} levels deep")
    return document


def _is_deeper(document: object, *, than: int) -> bool:
    level: list[object] = [document]
    for _ in range(than):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(inner, dict | list) for inner in level)


def _key(file: DeliveredFile, told: str) -> str:
    """Return the path without scheme and bucket; doubled and leading slashes, which S3 allows, mean nothing here."""
    path = told
    if scheme := _S3.match(told):
        path = told[scheme.end() :].partition("/")[2]
    parts = [part for part in path.split("/") if part]
    if not parts or "://" in path or "\\" in path or "\x00" in path or {".", ".."} & set(parts):
        raise DeliveryError(
            "outside_store", f"The manifest {file.path} names {told!r}, which is no file of a delivery. Get it anew."
        )
    if not tree.is_data(parts[-1]):
        raise DeliveryError(
            "unsupported_file",
            f"The manifest {file.path} names {told}, which is neither CSV, gzip nor Parquet."
            " Choose GZIP or Parquet as the report's format.",
        )
    return "/".join(parts)


def _billing_period(file: DeliveredFile, told: _Period | None, keys: tuple[str, ...]) -> date | None:
    found = {period for path in (file.path, *keys) if (period := tree.period_of(path))}
    if told:
        start = _START.match(told.start)
        period = tree.month(start[1], start[2]) if start else None
        if period is None:
            raise _bad(file, f"billingPeriod starts at {told.start!r}, which is no first day of a month")
        found.add(period)
    if len(found) > 1:
        several = " and ".join(f"{period:%Y-%m}" for period in sorted(found))
        raise DeliveryError(
            "period_mismatch", f"The manifest {file.path} and its paths speak of {several}. Put it where it belongs."
        )
    return found.pop() if found else None


def _bad(file: DeliveredFile, why: str) -> DeliveryError:
    return DeliveryError("bad_manifest", f"The manifest {file.path} cannot be used: {why}. Get it anew.")
