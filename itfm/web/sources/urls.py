"""Addresses of sources."""

from __future__ import annotations

from django.urls import path

from itfm.web.sources import views

urlpatterns = [
    path("sources/new", views.source_new, name="source_new"),
    path("sources/new/<slug:kind>", views.source_connect, name="source_connect"),
    path("sources/<uuid:source_id>", views.source, name="source"),
    path("sources/<uuid:source_id>/settings", views.source_settings, name="source_settings"),
    path("sources/<uuid:source_id>/test", views.source_test, name="source_test"),
    path("sources/<uuid:source_id>/schedule", views.source_schedule, name="source_schedule"),
    path("sources/<uuid:source_id>/pause", views.source_pause, name="source_pause"),
    path("sources/<uuid:source_id>/resume", views.source_resume, name="source_resume"),
    path("sources/<uuid:source_id>/remove", views.source_remove, name="source_remove"),
    path("sources/<uuid:source_id>/restore", views.source_restore, name="source_restore"),
    path("sources/<uuid:source_id>/erase", views.source_erase, name="source_erase"),
]
