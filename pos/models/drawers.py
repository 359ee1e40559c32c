"""Cash drawers and their sessions from float to count (R8)."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q

from studio.models import Device, Location


class Drawer(models.Model):
    """A cash drawer that stands at a location."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="drawers")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["location", "name"]
        constraints = [models.UniqueConstraint(name="drawer_name_once_per_location", fields=["location", "name"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.location.code})"


class DrawerSession(models.Model):
    """A drawer from the counted float to the count at its close; all amounts in cents."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    id = models.UUIDField(primary_key=True, editable=False)
    drawer = models.ForeignKey(Drawer, on_delete=models.PROTECT, related_name="sessions")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    float_cents = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    expected_cents = models.BigIntegerField(null=True)
    counted_cents = models.BigIntegerField(null=True)
    left_cents = models.BigIntegerField(null=True)
    note = models.CharField(max_length=300, blank=True)
    z_number = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(name="one_open_session_per_drawer", fields=["drawer"], condition=Q(status="open")),
            models.UniqueConstraint(name="z_number_once_per_location", fields=["location", "z_number"]),
            models.CheckConstraint(
                name="closed_drawer_was_counted",
                condition=Q(status="open") | Q(counted_cents__gte=0, left_cents__gte=0, z_number__isnull=False),
            ),
            models.CheckConstraint(name="float_is_not_negative", condition=Q(float_cents__gte=0)),
        ]
        indexes = [models.Index(name="open_drawers", fields=["location"], condition=Q(status="open"))]

    def __str__(self) -> str:
        return f"{self.drawer} {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def over_short_cents(self) -> int | None:
        """Counted minus expected: positive is over, negative is short; None while open."""
        if self.counted_cents is None or self.expected_cents is None:
            return None
        return self.counted_cents - self.expected_cents

    @property
    def opened_on(self) -> dt.date:
        return self.business_date
