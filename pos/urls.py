"""Addresses of the desk page and of receipts."""

from django.urls import path

from pos import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("r/<str:token>.pdf", views.receipt_as_pdf, name="receipt_pdf"),
    path("r/<str:token>", views.receipt, name="receipt"),
]
