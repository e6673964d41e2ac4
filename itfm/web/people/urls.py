"""Addresses of members, invitations and organizations."""

from __future__ import annotations

from django.urls import path

from itfm.web.people import views

urlpatterns = [
    path("members", views.members, name="members"),
    path("members/invite", views.invite_member, name="invite"),
    path("organizations", views.organizations, name="organizations"),
    path("invitations/<str:token>", views.invitation, name="invitation"),
]
