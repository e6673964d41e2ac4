"""Addresses of invoices."""

from __future__ import annotations

from django.urls import path

from itfm.web.invoices import views

urlpatterns = [
    path("bills/invoices", views.invoices, name="invoices"),
    path("bills/invoices/state", views.invoice_state, name="invoice_state"),
    path("bills/invoices/new", views.invoice_new, name="invoice_new"),
    path("bills/invoices/upload", views.invoice_upload, name="invoice_upload"),
    path("bills/invoices/<uuid:invoice_id>", views.invoice, name="invoice"),
    path("bills/invoices/<uuid:invoice_id>/edit", views.invoice_edit, name="invoice_edit"),
    path("bills/invoices/<uuid:invoice_id>/void", views.invoice_void, name="invoice_void"),
    path("bills/invoices/<uuid:invoice_id>/restore", views.invoice_restore, name="invoice_restore"),
]
