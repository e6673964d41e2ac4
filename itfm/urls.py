"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from itfm.api import views as api
from itfm.web import health
from itfm.web.bills.urls import urlpatterns as bills
from itfm.web.overview.urls import urlpatterns as overview
from itfm.web.people.urls import urlpatterns as people
from itfm.web.settings.urls import urlpatterns as settings
from itfm.web.sources.urls import urlpatterns as sources
from itfm.web.uploads.urls import urlpatterns as uploads

urlpatterns: list[URLPattern | URLResolver] = [
    *overview,
    *bills,
    *sources,
    *uploads,
    *people,
    *settings,
    path("account/", include("allauth.urls")),
    path("api/v1/costs", api.costs, name="api_costs"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
