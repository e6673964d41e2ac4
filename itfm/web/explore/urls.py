"""Addresses of Explore."""

from __future__ import annotations

from django.urls import path

from itfm.web.explore import saved_views, views

urlpatterns = [
    path("explore", views.explore, name="explore"),
    path("explore/lens", views.explore_lens, name="explore_lens"),
    path("explore/lines", views.explore_lines, name="explore_lines"),
    path("explore/values", views.explore_values, name="explore_values"),
    path("explore/export", views.explore_export, name="explore_export"),
    path("explore/views", saved_views.explore_views, name="explore_views"),
    path("explore/views/save", saved_views.explore_view_save, name="explore_view_save"),
    path("explore/views/<uuid:view_id>/rename", saved_views.explore_view_rename, name="explore_view_rename"),
    path("explore/views/<uuid:view_id>/share", saved_views.explore_view_share, name="explore_view_share"),
    path("explore/views/<uuid:view_id>/delete", saved_views.explore_view_delete, name="explore_view_delete"),
    path("explore/views/<uuid:view_id>/restore", saved_views.explore_view_restore, name="explore_view_restore"),
]
