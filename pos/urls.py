"""Addresses of the desk page and of receipts."""

from django.urls import path, re_path

from pos import installing, offline_office, pay_pages, views

urlpatterns = [
    path("desk/manifest.webmanifest", installing.manifest, name="manifest"),
    path("offline-sales/", offline_office.page, name="offline_sales"),
    path("offline-sales/<uuid:offline_id>", offline_office.decide, name="offline_decide"),
    path("desk/sw.js", installing.worker, name="desk_worker"),
    path("desk/", views.desk, name="desk"),
    re_path(r"^pay/(?P<token>[A-Za-z0-9_-]{22})$", pay_pages.pay, name="pay"),
    re_path(r"^pay/(?P<token>[A-Za-z0-9_-]{22})/done$", pay_pages.done, name="pay_done"),
    re_path(r"^r/(?P<token>[A-Za-z0-9_-]{22})\.pdf$", views.receipt_as_pdf, name="receipt_pdf"),
    re_path(r"^r/(?P<token>[A-Za-z0-9_-]{22})$", views.receipt, name="receipt"),
]
