"""Addresses of bills."""

from __future__ import annotations

from django.urls import path

from itfm.web.bills import views

urlpatterns = [
    path("bills", views.bills, name="bills"),
    path("bills/running", views.bills_running, name="bills_running"),
    path("bills/findings", views.findings, name="findings"),
    path("bills/findings.csv", views.findings_file, name="findings_file"),
    path("bills/<uuid:bill_id>", views.bill, name="bill"),
    path("bills/<uuid:bill_id>/findings.csv", views.bill_findings, name="bill_findings"),
    path("bills/<uuid:bill_id>/comparison.csv", views.bill_comparison, name="bill_comparison"),
    path("bills/<uuid:bill_id>/charges.csv", views.bill_charges_csv, name="bill_charges_csv"),
    path("bills/<uuid:bill_id>/charges.parquet", views.bill_charges_parquet, name="bill_charges_parquet"),
    path("sources/<uuid:source_id>/pull", views.pull, name="pull"),
]
