"""Folders in the lake that no record names: their worker was killed before it could."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ingestion.models import BillRevision, BillUpload, RecommendationList
from itfm.core import leftovers
from itfm.core.lake import organization_folder
from itfm.core.tenancy import tenant


def tidy_bills(organization_id: UUID, *, before: datetime) -> int:
    """Remove what was left before that moment, and return how many folders it was.

    The charges of every revision and every list of recommendations stay, of those that were replaced too, and so do
    all bytes as delivered.
    """
    root = organization_folder(organization_id)

    def revisions() -> set[str]:
        with tenant(organization_id):
            return set(BillRevision.objects.values_list("folder", flat=True))

    def recommendations() -> set[str]:
        with tenant(organization_id):
            return set(RecommendationList.objects.values_list("folder", flat=True))

    def uploads() -> set[str]:
        with tenant(organization_id):
            return {f"uploads/{upload_id}" for upload_id in BillUpload.objects.values_list("id", flat=True)}

    charges = leftovers.folders(organization_id, "charges", "*", "YYYY-MM", "*")
    lists = leftovers.folders(organization_id, "recommendations", "*", "*")
    files = leftovers.folders(organization_id, "uploads", "*")
    return leftovers.remove(
        organization_id,
        [
            *leftovers.unnamed(charges, root=root, before=before, named=revisions),
            *leftovers.unnamed(lists, root=root, before=before, named=recommendations),
            *leftovers.unnamed(files, root=root, before=before, named=uploads),
        ],
    )
