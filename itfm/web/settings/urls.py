"""Addresses of the settings."""

from __future__ import annotations

from django.urls import path

from itfm.web.settings import account_views, audit_views, key_views, member_views, notification_views, views

urlpatterns = [
    path("settings", views.settings, name="settings"),
    path("settings/save", views.settings_save, name="settings_save"),
    path("settings/leave", views.settings_leave, name="settings_leave"),
    path("settings/close", views.settings_close, name="settings_close"),
    path("settings/account", account_views.settings_security, name="settings_security"),
    path("settings/account/sessions/end", account_views.sessions_end, name="sessions_end"),
    path("settings/audit", audit_views.audit, name="audit"),
    path("settings/audit.csv", audit_views.audit_export, name="audit_export"),
    path("settings/keys", key_views.keys, name="keys"),
    path("settings/keys/create", key_views.key_create, name="key_create"),
    path("settings/keys/<uuid:key_id>/rotate", key_views.key_rotate, name="key_rotate"),
    path("settings/keys/<uuid:key_id>/revoke", key_views.key_revoke, name="key_revoke"),
    path("settings/notifications", notification_views.notifications, name="notifications"),
    path("settings/notifications/wishes", notification_views.notifications_wishes, name="notifications_wishes"),
    path("settings/notifications/schedule", notification_views.notifications_schedule, name="notifications_schedule"),
    path("settings/notifications/test", notification_views.notifications_test, name="notifications_test"),
    path("settings/members", member_views.members, name="members"),
    path("settings/members/invite", member_views.invite_member, name="invite"),
    path("settings/members/<uuid:member_id>", member_views.member, name="member"),
    path("settings/members/<uuid:member_id>/role", member_views.member_role, name="member_role"),
    path("settings/members/<uuid:member_id>/scopes", member_views.member_scope_add, name="member_scope_add"),
    path("settings/members/<uuid:member_id>/remove", member_views.member_remove, name="member_remove"),
    path("settings/members/<uuid:member_id>/transfer", member_views.member_transfer, name="member_transfer"),
    path("settings/scopes/<uuid:scope_id>/remove", member_views.member_scope_remove, name="member_scope_remove"),
    path("settings/former/<uuid:former_id>/restore", member_views.member_restore, name="member_restore"),
    path("settings/invitations/<uuid:invitation_id>/renew", member_views.invitation_renew, name="invitation_renew"),
    path(
        "settings/invitations/<uuid:invitation_id>/withdraw",
        member_views.invitation_withdraw,
        name="invitation_withdraw",
    ),
]
