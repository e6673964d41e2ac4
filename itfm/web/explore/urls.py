"""Addresses of Explore."""

from __future__ import annotations

from django.urls import path

from itfm.web.explore import views

urlpatterns = [
    path("explore", views.explore, name="explore"),
    path("explore/lines", views.explore_lines, name="explore_lines"),
    path("explore/values", views.explore_values, name="explore_values"),
    path("explore/export", views.explore_export, name="explore_export"),
]
