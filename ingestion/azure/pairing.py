"""Making one delivery of a month's exports of actual and amortized cost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from ingestion.azure.exports import Export, export_named
from ingestion.delivery import DeliveredFile, Delivery, DeliveryError
from ingestion.focus.findings import Finding


def paired(deliveries: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """Return one delivery for each billing period; exports of something else are told with the first and left out.

    It is complete when both of its exports are. Where there is only one, it stands alone.

    :raises DeliveryError: other_export, when nothing else is there; ambiguous_exports, when a month has two of a kind.
    """
    of_month: dict[date | None, list[Delivery]] = defaultdict(list)
    others: list[Delivery] = []
    for delivery in deliveries:
        is_other = bool(delivery.dataset) and export_named(delivery.dataset) is None
        (others if is_other else of_month[delivery.billing_period]).append(delivery)
    if others and not of_month:
        raise DeliveryError(
            "other_export",
            f"The manifest {others[0].name} is of an export of type {others[0].dataset}. This kind of source reads"
            " ActualCost and AmortizedCost; FocusCost is read by a source of kind focus.",
        )
    found = [_one(exports) for exports in of_month.values()]
    if found and others:
        found[0] = replace(found[0], notes=tuple(_left_out(other) for other in others))
    return tuple(found)


def _one(deliveries: Sequence[Delivery]) -> Delivery:
    """Return the one delivery of a period, its files marked with their exports."""
    by_export: dict[Export | None, Delivery] = {}
    for delivery in deliveries:
        export = _export(delivery)
        rival = by_export.setdefault(export, delivery)
        if rival is not delivery:
            raise _ambiguous(rival, delivery, what=f"{export} cost" if export else "the same cost")
    if len(by_export) > 1 and (unknown := by_export.get(None)):
        raise _ambiguous(unknown, next(found for found in deliveries if found is not unknown), what="the same cost")
    marked = [_marked(by_export[export], export) for export in ("actual", "amortized", None) if export in by_export]
    first = marked[0]
    return replace(
        first,
        name=" and ".join(delivery.name for delivery in marked)[:500],
        manifest=next((each.manifest for each in marked if each.manifest != "none"), "none"),
        files=tuple(file for delivery in marked for file in delivery.files),
        missing=tuple(path for delivery in marked for path in delivery.missing),
        ignored=tuple(path for delivery in marked for path in delivery.ignored),
    )


def _export(delivery: Delivery) -> Export | None:
    """Return the one export that all files of a delivery are of; None when there are both, or nothing tells."""
    if told := export_named(delivery.dataset):
        return told
    named = {export_named(path) for path in (*(file.path for file in delivery.files), *delivery.missing)}
    return named.pop() if len(named) == 1 else None


def _marked(delivery: Delivery, export: Export | None) -> Delivery:
    files: tuple[DeliveredFile, ...] = tuple(replace(file, dataset=export or "") for file in delivery.files)
    return replace(delivery, files=files)


def _ambiguous(first: Delivery, second: Delivery, *, what: str) -> DeliveryError:
    month = f" of {first.billing_period:%Y-%m}" if first.billing_period else ""
    return DeliveryError(
        "ambiguous_exports",
        f"Both {first.name} and {second.name} may be {what}{month}, which would count twice. Give each export a source"
        " of its own by its path or prefix, or name the folders ActualCost and AmortizedCost.",
    )


def _left_out(delivery: Delivery) -> Finding:
    return Finding(
        code="other_export",
        severity="info",
        file=delivery.name,
        message=f"{delivery.name} is of an export of type {delivery.dataset} and was left out.",
    )
