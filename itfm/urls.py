"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from itfm.api.urls import urlpatterns as api
from itfm.web import health
from itfm.web.allocation.urls import urlpatterns as allocation
from itfm.web.bills.urls import urlpatterns as bills
from itfm.web.catalog.urls import urlpatterns as catalog
from itfm.web.design.urls import urlpatterns as design
from itfm.web.explain.urls import urlpatterns as explain
from itfm.web.explore.urls import urlpatterns as explore
from itfm.web.invoices.urls import urlpatterns as invoices
from itfm.web.mail.urls import urlpatterns as mail
from itfm.web.orders.urls import urlpatterns as orders
from itfm.web.overview.urls import urlpatterns as overview
from itfm.web.people.urls import urlpatterns as people
from itfm.web.recommendations.urls import urlpatterns as recommendations
from itfm.web.settings.urls import urlpatterns as settings
from itfm.web.showback.urls import urlpatterns as showback
from itfm.web.sources.urls import urlpatterns as sources
from itfm.web.uploads.urls import urlpatterns as uploads

urlpatterns: list[URLPattern | URLResolver] = [
    *overview,
    *explore,
    *explain,
    *bills,
    *catalog,
    *invoices,
    *orders,
    *recommendations,
    *sources,
    *allocation,
    *uploads,
    *showback,
    *mail,
    *people,
    *settings,
    *design,
    path("account/", include("allauth.urls")),
    path("api/v1/", include((api, "api"))),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]
