"""How fast Stripe may be asked: one row for each limit, shared by all workers."""

from django.db import models


class Pace(models.Model):
    """The next free moment of a limit; whoever takes it moves it on."""

    name = models.CharField(max_length=40, primary_key=True)
    next_us = models.BigIntegerField(default=0, help_text="Microseconds since 1970, UTC.")

    def __str__(self) -> str:
        return self.name
