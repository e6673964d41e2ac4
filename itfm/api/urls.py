"""Every address of the API."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from itfm.api import reference
from itfm.api.resources import bills, costs, keys, me, sources

resources: list[URLPattern] = [
    path("me", me.Me.as_view(), name="api_me"),
    path("costs", costs.Costs.as_view(), name="api_costs"),
    path("bills", bills.Bills.as_view(), name="api_bills"),
    path("bills/<uuid:bill_id>", bills.OneBill.as_view(), name="api_bill"),
    path("bills/<uuid:bill_id>/revisions", bills.Revisions.as_view(), name="api_revisions"),
    path("revisions/<uuid:revision_id>", bills.OneRevision.as_view(), name="api_revision"),
    path("findings", bills.Findings.as_view(), name="api_findings"),
    path("sources", sources.Sources.as_view(), name="api_sources"),
    path("sources/<uuid:source_id>", sources.OneSource.as_view(), name="api_source"),
    path("sources/<uuid:source_id>/pulls", sources.Pulls.as_view(), name="api_pulls"),
    path("imports", sources.Imports.as_view(), name="api_imports"),
    path("imports/<uuid:import_id>", sources.OneImport.as_view(), name="api_import"),
    path("keys", keys.Keys.as_view(), name="api_keys"),
    path("keys/<uuid:key_id>", keys.OneKey.as_view(), name="api_key"),
    path("keys/<uuid:key_id>/rotations", keys.Rotations.as_view(), name="api_rotations"),
]

urlpatterns = [
    *resources,
    re_path(r"^(?P<rest>.*)$", reference.nothing, name="api_nothing"),
]
