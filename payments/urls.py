"""The address at which Stripe tells us things."""

from django.urls import path

from payments import views

urlpatterns = [path("stripe/webhook", views.webhook, name="stripe_webhook")]
