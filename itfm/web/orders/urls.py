"""Addresses of purchase orders."""

from __future__ import annotations

from django.urls import path

from itfm.web.orders import views

urlpatterns = [
    path("bills/purchase-orders", views.purchase_orders, name="purchase_orders"),
    path("bills/purchase-orders/file", views.purchase_orders_file, name="purchase_orders_file"),
    path("bills/purchase-orders/new", views.purchase_order_new, name="purchase_order_new"),
    path("bills/purchase-orders/upload", views.purchase_order_upload, name="purchase_order_upload"),
    path("bills/purchase-orders/<uuid:order_id>", views.purchase_order, name="purchase_order"),
    path("bills/purchase-orders/<uuid:order_id>/edit", views.purchase_order_edit, name="purchase_order_edit"),
    path("bills/purchase-orders/<uuid:order_id>/close", views.purchase_order_close, name="purchase_order_close"),
    path("bills/purchase-orders/<uuid:order_id>/reopen", views.purchase_order_reopen, name="purchase_order_reopen"),
    path("bills/purchase-orders/<uuid:order_id>/delete", views.purchase_order_delete, name="purchase_order_delete"),
]
