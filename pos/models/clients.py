"""The people who come for a treatment."""

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField


class Client(models.Model):
    """A client of the studio; the tablet makes the id, so that a repeated request makes no second client."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = PhoneNumberField(blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="For the desk. No health data here.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
