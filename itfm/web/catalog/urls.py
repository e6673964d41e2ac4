"""Addresses of services and regions."""

from __future__ import annotations

from django.urls import path

from itfm.web.catalog import views

urlpatterns = [
    path("bills/services", views.services, name="services"),
    path("bills/services/map", views.service_map, name="service_map"),
    path("bills/services/<uuid:mapping_id>/unmap", views.service_unmap, name="service_unmap"),
    path("bills/services/read-again", views.bills_read_again, name="services_read_again"),
    path("bills/regions", views.regions, name="regions"),
    path("bills/regions/map", views.region_map, name="region_map"),
    path("bills/regions/<uuid:mapping_id>/unmap", views.region_unmap, name="region_unmap"),
]
