"""Addresses of Showback."""

from __future__ import annotations

from django.urls import path

from itfm.web.showback import views

urlpatterns = [
    path("showback", views.showback, name="showback"),
    path("showback/<str:code>", views.scorecard, name="scorecard"),
    path("showback/<str:code>/statement.csv", views.scorecard_csv, name="scorecard_csv"),
    path("showback/<str:code>/owner", views.scorecard_owner, name="scorecard_owner"),
]
