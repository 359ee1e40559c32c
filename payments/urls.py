"""The address at which Stripe tells us things, and the owner's page of trouble."""

from django.urls import path

from payments import office, views

urlpatterns = [
    path("stripe/webhook", views.webhook, name="stripe_webhook"),
    path("trouble/", office.page, name="trouble"),
    path("trouble/charges/<uuid:charge_id>/look", office.look_again, name="trouble_charge_look"),
    path("trouble/charges/<uuid:charge_id>/give-back", office.give_back, name="trouble_charge_back"),
    path("trouble/pages/<uuid:page_id>/look", office.look_at_page, name="trouble_page_look"),
    path("trouble/refunds/<uuid:refund_id>/again", office.refund_again, name="trouble_refund_again"),
    path("trouble/refunds/<uuid:refund_id>/paid", office.refund_paid, name="trouble_refund_paid"),
    path("trouble/refunds/<uuid:refund_id>/send", office.refund_send, name="trouble_refund_send"),
    path("trouble/events/again", office.events_again, name="trouble_events"),
    path("trouble/events/<str:event_id>/again", office.event_again, name="trouble_event"),
]
