"""Addresses of the local mail."""

from __future__ import annotations

from django.urls import path

from itfm.web.mail import views

urlpatterns = [
    path("mail", views.mail, name="mail"),
    path("mail/<uuid:message_id>", views.mail_letter, name="mail_letter"),
    path("mail/<uuid:message_id>/html", views.mail_html, name="mail_html"),
    path("mail/<uuid:message_id>/eml", views.mail_file, name="mail_file"),
]
