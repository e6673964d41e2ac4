"""Addresses of services."""

from __future__ import annotations

from django.urls import path

from itfm.web.catalog import views

urlpatterns = [
    path("bills/services", views.services, name="services"),
    path("bills/services/map", views.service_map, name="service_map"),
    path("bills/services/read-again", views.services_read_again, name="services_read_again"),
    path("bills/services/<uuid:mapping_id>/unmap", views.service_unmap, name="service_unmap"),
]
