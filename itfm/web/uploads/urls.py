"""Addresses of uploads."""

from __future__ import annotations

from django.urls import path

from itfm.web.uploads import views

urlpatterns = [
    path("uploads/new", views.upload_new, name="upload_new"),
    path("uploads/<uuid:upload_id>", views.upload, name="upload"),
    path("uploads/<uuid:upload_id>/read", views.upload_read, name="upload_read"),
    path("uploads/<uuid:upload_id>/confirm", views.upload_confirm, name="upload_confirm"),
    path("uploads/<uuid:upload_id>/discard", views.upload_discard, name="upload_discard"),
]
