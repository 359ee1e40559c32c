"""Gift cards as they are given: ordered in the shop or mailed by the house, with the mails about them (R17, R18)."""

import secrets
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from giftcards.models.cards import GiftCard
from jobs.leases import Leased
from payments.models import Charge
from pos.models import Item, Sale
from studio.ids import new_id
from studio.models import Location
from studio.refusal import Refusal

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class OrderIsOver(Refusal):
    """The order was paid or given up meanwhile."""

    code = "order_is_over"


def new_number() -> str:
    """What a buyer reads to us: 40 random bits, which open nothing."""
    return "G-" + "".join(secrets.choice(LETTERS) for _ in range(8))


class GiftOrder(models.Model):
    """One card as somebody gives it: what it is worth, whom it is for, and how it gets there.

    One of the shop has its charge; one that the house mails, alone or with many others of one sale, has none.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "not paid yet"
        FULFILLED = "fulfilled", "paid and made"
        GIVEN_BACK = "given_back", "paid, and the money given back"

    class Way(models.TextChoices):
        EMAIL = "email", "mailed to them"
        HAND = "hand", "handed over by the buyer"

    MOVES: dict[str, frozenset[str]] = {
        Status.DRAFT: frozenset({Status.FULFILLED, Status.GIVEN_BACK}),
        Status.FULFILLED: frozenset({Status.GIVEN_BACK}),  # a card that was held back
        Status.GIVEN_BACK: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=12, unique=True, default=new_number)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField(help_text="What is paid; of a treatment card its price on that day.")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="+", help_text="Its treatment.")
    way = models.CharField(max_length=5, choices=Way, default=Way.EMAIL)
    recipient_name = models.CharField(max_length=80, blank=True)
    recipient_email = models.EmailField(blank=True)
    buyer_name = models.CharField(max_length=80, blank=True)
    buyer_email = models.EmailField(blank=True, help_text="Empty: the buyer has the receipt from the desk.")
    message = models.CharField(max_length=300, blank=True)
    design = models.CharField(max_length=20)
    send_on = models.DateField(null=True, help_text="Mailed at nine in the morning of that day; empty: at once.")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When it was fulfilled, or its money given back.")
    charge = models.OneToOneField(Charge, null=True, on_delete=models.PROTECT, related_name="+")
    sale = models.ForeignKey(Sale, null=True, on_delete=models.PROTECT, related_name="+")
    card = models.OneToOneField(GiftCard, null=True, on_delete=models.PROTECT, related_name="order")
    why = models.CharField(max_length=200, blank=True, help_text="Why the money was given back.")
    held_at = models.DateTimeField(null=True, help_text="Since when its card waits for a look at a risky payment.")

    class Meta:
        verbose_name = "gift order"
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(name="gift_order_costs_something", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="fulfilled_gift_order_has_its_card",
                condition=~Q(status="fulfilled") | Q(card__isnull=False),
            ),
            models.CheckConstraint(
                name="paid_gift_order_has_its_sale",
                condition=~Q(status="fulfilled") | Q(charge__isnull=True) | Q(sale__isnull=False),
            ),
            models.CheckConstraint(
                name="mailed_gift_order_says_to_whom", condition=~Q(way="email") | ~Q(recipient_email="")
            ),
        ]
        indexes = [
            models.Index(name="gift_orders_of_a_buyer", fields=["buyer_email", "ended_at"]),
            models.Index(name="gift_orders_held_back", fields=["held_at"], condition=Q(held_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"order {self.number}"

    @property
    def owner(self) -> str:
        """How charges and pages of Stripe's name it."""
        return f"order:{self.pk}"

    @property
    def is_mailed(self) -> bool:
        """Whether we bring it to the recipient; otherwise the buyer does."""
        return self.way == self.Way.EMAIL

    def move_to(self, status: "GiftOrder.Status", **fields: Any) -> None:
        """Move the state by one guarded UPDATE; OrderIsOver when somebody was faster."""
        sources = [source for source, targets in self.MOVES.items() if status in targets]
        if not GiftOrder.objects.filter(pk=self.pk, status__in=sources).update(status=status, **fields):
            self.refresh_from_db(fields=["status"])
            raise OrderIsOver(f"This order is {self.get_status_display()}.")
        self.status = status
        for name, value in fields.items():
            setattr(self, name, value)


class Delivery(Leased):
    """One mail about an order, sent once; what it says is made when it leaves, so that no code lies anywhere."""

    class Kind(models.TextChoices):
        CARD = "card", "the card, to its recipient"
        RECEIPT = "receipt", "receipt and copy, to the buyer"
        BOUNCED = "bounced", "that it did not arrive, to the buyer"
        GIVEN_BACK = "given_back", "that the money goes back, to the buyer"

    objects: ClassVar[models.Manager["Delivery"]] = models.Manager()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(GiftOrder, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=Kind)
    n = models.PositiveSmallIntegerField(default=1, help_text="Which sending of this kind it is.")
    message_id = models.CharField(max_length=200, unique=True)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_to = models.EmailField(blank=True)
    cancelled_at = models.DateTimeField(null=True, help_text="When it turned out that the card is not to be sent.")
    bounced_at = models.DateTimeField(null=True)
    bounce_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "gift card mail"
        ordering = ["-queued_at", "-id"]
        constraints = [models.UniqueConstraint(name="one_gift_mail_per_sending", fields=["order", "kind", "n"])]
        indexes = [
            models.Index(name="gift_mails_waiting", fields=["run_at"], condition=Q(sent_at=None, cancelled_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.n} of {self.order_id}"

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be sent."""
        return self.sent_at is None and self.cancelled_at is None
