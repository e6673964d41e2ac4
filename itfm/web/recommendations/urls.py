"""Addresses of recommendations."""

from __future__ import annotations

from django.urls import path

from itfm.web.recommendations import views

urlpatterns = [
    path("bills/recommendations", views.recommendations, name="recommendations"),
    path("bills/recommendations/file", views.recommendations_file, name="recommendations_file"),
]
