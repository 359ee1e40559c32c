"""Reports that leave by mail, and tokens with which other programs read them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.leases import Leased
from studio.ids import new_id


class Form(models.TextChoices):
    """As what a report is attached."""

    XLSX = "xlsx", "Excel"
    CSV = "csv", "CSV"


class ReportMail(models.Model):
    """A report that leaves by itself, every Monday with the week before or every first with the month before."""

    class Every(models.TextChoices):
        WEEK = "week", "every Monday, the week before"
        MONTH = "month", "on the first of a month, the month before"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    report = models.CharField(max_length=60, help_text="The report's part of the address.")
    every = models.CharField(max_length=5, choices=Every)
    form = models.CharField(max_length=4, choices=Form)
    narrowed = models.CharField(max_length=300, blank=True, help_text="What it is narrowed by, as in an address.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(name="report_mail_has_a_known_rhythm", condition=Q(every__in=["week", "month"]))
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.get_every_display()}"


class ReportRecipient(models.Model):
    """Somebody who gets a report by itself, until they say no."""

    mail = models.ForeignKey(ReportMail, on_delete=models.PROTECT, related_name="recipients")
    email = models.EmailField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(name="one_recipient_per_report_mail", fields=["mail", "email"])]

    def __str__(self) -> str:
        return self.email


class ReportSending(Leased):
    """One report to one address, once; its figures are read when it leaves, with the rights its maker has then."""

    objects: ClassVar[models.Manager["ReportSending"]] = models.Manager()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    to = models.EmailField()
    report = models.CharField(max_length=60)
    asked = models.CharField(max_length=400, help_text="The question with its days, as in an address.")
    form = models.CharField(max_length=4, choices=Form)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(ReportRecipient, null=True, on_delete=models.PROTECT, related_name="sendings")
    slot_on = models.DateField(null=True, help_text="The Monday or first for which it leaves; null: sent by hand.")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True, help_text="When it turned out that it is not to be sent.")

    class Meta:
        ordering = ["-queued_at", "-id"]
        constraints = [
            models.UniqueConstraint(name="one_report_per_recipient_and_slot", fields=["recipient", "slot_on"]),
            models.CheckConstraint(
                name="report_of_a_slot_has_its_recipient",
                condition=Q(recipient=None, slot_on=None) | Q(recipient__isnull=False, slot_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="reports_to_send", fields=["run_at"], condition=Q(sent_at=None, cancelled_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.report} to {self.to}"


class ReportToken(models.Model):
    """A key with which another program reads reports as its maker may; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="report_tokens")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.name
