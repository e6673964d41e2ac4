"""Addresses of Explain."""

from __future__ import annotations

from django.urls import path

from itfm.web.explain import views

urlpatterns = [
    path("explain", views.explain, name="explain"),
]
