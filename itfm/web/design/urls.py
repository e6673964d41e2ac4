"""Addresses of the design system."""

from __future__ import annotations

from django.urls import path

from itfm.web.design import views

urlpatterns = [
    path("design", views.design, name="design"),
    path("design/suggestions", views.design_suggestions, name="design_suggestions"),
    path("design/panel", views.design_panel, name="design_panel"),
]
