"""Stripe's news, and how far it was read."""

from django.db import models
from django.db.models import Q

from jobs.leases import Leased


class StripeEvent(Leased):
    """An event as Stripe sent it, kept before anything is done about it."""

    event_id = models.CharField(max_length=80, primary_key=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(help_text="When it happened at Stripe.")
    received_at = models.DateTimeField()
    payload = models.TextField()
    came_by = models.CharField(max_length=10, help_text="webhook or sweep")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(name="stripe_events_waiting", fields=["run_at"], condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class SyncPoint(models.Model):
    """How far something was read from Stripe."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} up to {self.at:%Y-%m-%d %H:%M}"
