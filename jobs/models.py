"""Mails on their way out, slots of recurring work, and the worker's sign of life."""

from django.db import models
from django.db.models import Q

from jobs.leases import Leased
from studio.ids import new_id


class OutboxMail(Leased):
    """A mail written in the transaction that it reports, and sent after it; the same `dedupe` is the same mail."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dedupe = models.CharField(max_length=120, unique=True)
    message_id = models.CharField(max_length=200)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "mail"
        ordering = ["-queued_at"]
        indexes = [models.Index(name="mails_waiting", fields=["run_at"], condition=Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"


class Slot(Leased):
    """One time at which a kind of recurring work is due; unique, so that it is done once by whoever comes first."""

    kind = models.CharField(max_length=60)
    slot_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-slot_at"]
        constraints = [models.UniqueConstraint(name="one_slot_per_kind_and_time", fields=["kind", "slot_at"])]
        indexes = [models.Index(name="slots_waiting", fields=["run_at"], condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} of {self.slot_at:%Y-%m-%d %H:%M}"


class WorkerBeat(models.Model):
    """A worker's sign of life, renewed about every half minute."""

    name = models.CharField(max_length=120, unique=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        verbose_name = "worker"
        ordering = ["-beat_at"]

    def __str__(self) -> str:
        return self.name
