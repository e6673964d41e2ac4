"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from itfm.api import views as api
from itfm.web import health, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("overview", views.overview, name="overview"),
    path("bills", views.bills, name="bills"),
    path("bills/running", views.bills_running, name="bills_running"),
    path("bills/<uuid:bill_id>", views.bill, name="bill"),
    path("sources/<uuid:source_id>/pull", views.pull, name="pull"),
    path("members", views.members, name="members"),
    path("members/invite", views.invite_member, name="invite"),
    path("organizations", views.organizations, name="organizations"),
    path("invitations/<str:token>", views.invitation, name="invitation"),
    path("account/", include("allauth.urls")),
    path("api/v1/costs", api.costs, name="api_costs"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
