"""Addresses of invitations, and of the choice of an organization."""

from __future__ import annotations

from django.urls import path

from itfm.web.people import views

urlpatterns = [
    path("organizations", views.organizations, name="organizations"),
    path("organizations/<uuid:organization_id>/restore", views.organization_restore, name="organization_restore"),
    path("invitations/<str:token>", views.invitation, name="invitation"),
]
