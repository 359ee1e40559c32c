"""Receipts and the counters that number them without gaps (R10)."""

import secrets

from django.db import connection, models
from django.db.models import Q

from pos.models.refunds import Refund
from pos.models.sales import Sale
from studio.models import Location


def new_token() -> str:
    """An unguessable word for a receipt's link: 128 bits."""
    return secrets.token_urlsafe(16)


class Counter(models.Model):
    """The last number given out at a location under a name; touched last in a transaction, so numbers have no gaps."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=20)
    value = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_counter_per_name", fields=["location", "name"])]

    def __str__(self) -> str:
        return f"{self.location.code} {self.name} {self.value}"

    @staticmethod
    def next(*, location: Location, name: str) -> int:
        """The next number; its row stays locked until COMMIT, so call it last."""
        return Counter.next_of(1, location=location, name=name)[0]

    @staticmethod
    def next_of(count: int, *, location: Location, name: str) -> range:
        """The next so many numbers, as `next`."""
        last = Counter._count_up(location, name, by=count)
        if last is None:
            Counter.objects.bulk_create([Counter(location=location, name=name)], ignore_conflicts=True)
            last = Counter._count_up(location, name, by=count)
        assert last is not None  # noqa: S101 - the row is there now
        return range(last - count + 1, last + 1)

    @staticmethod
    def _count_up(location: Location, name: str, *, by: int) -> int | None:
        """One statement that counts and reads, which the ORM can not say."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pos_counter SET value = value + %s WHERE location_id = %s AND name = %s RETURNING value",
                [by, location.pk, name],
            )
            row: tuple[int] | None = cursor.fetchone()
        return row[0] if row else None


class Receipt(models.Model):
    """The paper of a sale or of a refund, numbered per location."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="receipts")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="receipt")
    token = models.CharField(max_length=32, unique=True, default=new_token)
    issued_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True, help_text="First print; later ones say COPY.")

    class Meta:
        ordering = ["location", "-number"]
        constraints = [
            models.UniqueConstraint(name="receipt_number_once_per_location", fields=["location", "number"]),
            models.UniqueConstraint(name="one_receipt_per_sale", fields=["sale"], condition=Q(refund=None)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The number as it is printed: "UPT-000042"."""
        return f"{self.location.code}-{self.number:06d}"
