"""Addresses of the Overview."""

from __future__ import annotations

from django.urls import path

from itfm.web.overview import views

urlpatterns = [
    path("", views.home, name="home"),
    path("overview", views.overview, name="overview"),
    path("overview/lens", views.overview_lens, name="overview_lens"),
]
