"""Every address of the API."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from itfm.api import reference
from itfm.api.resources import (
    bills,
    charges,
    cost_centers,
    costs,
    drivers,
    explain,
    keys,
    logs,
    me,
    members,
    reallocations,
    rules,
    runs,
    sources,
    views,
)

resources: list[URLPattern] = [
    path("me", me.Me.as_view(), name="api_me"),
    path("me/notifications", me.MyNotifications.as_view(), name="api_my_notifications"),
    path("costs", costs.Costs.as_view(), name="api_costs"),
    path("costs/file", costs.CostsFile.as_view(), name="api_costs_file"),
    path("costs/statement", costs.Statement.as_view(), name="api_statement"),
    path("views", views.Views.as_view(), name="api_views"),
    path("views/<uuid:view_id>", views.OneView.as_view(), name="api_view"),
    path("views/<uuid:view_id>/restorations", views.ViewRestorations.as_view(), name="api_view_restorations"),
    path("explain", explain.Explain.as_view(), name="api_explain"),
    path("charges", charges.Charges.as_view(), name="api_charges"),
    path("charges/file", charges.Download.as_view(), name="api_charges_file"),
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
    path("rules", rules.Rules.as_view(), name="api_rules"),
    path("rules/versions", rules.Versions.as_view(), name="api_rule_versions"),
    path("rules/versions/<int:version>", rules.OneVersion.as_view(), name="api_rule_version"),
    path("dimensions", rules.Dimensions.as_view(), name="api_dimensions"),
    path("splits", rules.Splits.as_view(), name="api_splits"),
    path("drivers", rules.Drivers.as_view(), name="api_drivers"),
    path("drivers/<slug:driver>/values", drivers.DriverValues.as_view(), name="api_driver_values"),
    path("runs", runs.Runs.as_view(), name="api_runs"),
    path("runs/<uuid:run_id>", runs.OneRun.as_view(), name="api_run"),
    path("reallocations", reallocations.Reallocations.as_view(), name="api_reallocations"),
    path("reallocations/<uuid:reallocation_id>", reallocations.OneReallocation.as_view(), name="api_reallocation"),
    path(
        "reallocations/<uuid:reallocation_id>/cancellations",
        reallocations.Cancellations.as_view(),
        name="api_cancellations",
    ),
    path("cost-centers", cost_centers.CostCenters.as_view(), name="api_cost_centers"),
    path("cost-centers/tree", cost_centers.Tree.as_view(), name="api_cost_center_tree"),
    path("members", members.Members.as_view(), name="api_members"),
    path("members/<uuid:member_id>", members.OneMember.as_view(), name="api_member"),
    path("members/<uuid:member_id>/scopes", members.MemberScopes.as_view(), name="api_member_scopes"),
    path("invitations", members.Invitations.as_view(), name="api_invitations"),
    path("invitations/<uuid:invitation_id>", members.OneInvitation.as_view(), name="api_invitation"),
    path("invitations/<uuid:invitation_id>/renewals", members.Renewals.as_view(), name="api_renewals"),
    path("opt-outs", logs.OptOuts.as_view(), name="api_opt_outs"),
    path("notifications/<uuid:notification_id>", logs.OneNotification.as_view(), name="api_notification"),
    path("notifications/<uuid:notification_id>/retries", logs.Retries.as_view(), name="api_retries"),
    path("notifications", logs.Notifications.as_view(), name="api_notifications"),
    path("audit-events", logs.AuditEvents.as_view(), name="api_audit_events"),
    path("keys", keys.Keys.as_view(), name="api_keys"),
    path("keys/<uuid:key_id>", keys.OneKey.as_view(), name="api_key"),
    path("keys/<uuid:key_id>/rotations", keys.Rotations.as_view(), name="api_rotations"),
]

urlpatterns = [
    *resources,
    path("openapi.json", reference.schema, name="api_schema"),
    path("reference", reference.swagger, name="api_reference"),
    path("reference/redoc", reference.redoc, name="api_redoc"),
    # Also what no address can hold, such as a line break: everything under here is answered as a problem.
    re_path(r"^(?P<rest>[\s\S]*)$", reference.nothing, name="api_nothing"),
]
