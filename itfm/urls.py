"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from itfm.api import views as api
from itfm.web import health
from itfm.web.bills.urls import urlpatterns as bills
from itfm.web.explain.urls import urlpatterns as explain
from itfm.web.overview.urls import urlpatterns as overview
from itfm.web.people.urls import urlpatterns as people
from itfm.web.settings.urls import urlpatterns as settings

urlpatterns: list[URLPattern | URLResolver] = [
    *overview,
    *explain,
    *bills,
    *people,
    *settings,
    path("account/", include("allauth.urls")),
    path("api/v1/costs", api.costs, name="api_costs"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
