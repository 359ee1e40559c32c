"""A gift card, every change of what is on it, and what open sales hold of it; all amounts in cents (R13-R17)."""

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from ledger.money import dollars
from pos.models import Client, Item, SaleLine, Tender
from pos.models.stored import NotEnoughLeft, StoredValue
from studio.ids import new_id
from studio.models import Location
from studio.prepared import PreparedUpdate, Slot
from studio.refusal import Refusal

PARTS = ["balance_cents", "held_cents", "paid_cents", "held_paid_cents", "breakage_cents"]


class CardNotUsable(Refusal):
    """The card is not active: it pays nothing and takes nothing."""

    code = "card_not_usable"


class CardBatch(models.Model):
    """Cards that came together: plastic from the printer, or those of another system; the tablet makes the id."""

    class Kind(models.TextChoices):
        PLASTIC = "plastic", "plastic cards"
        IMPORTED = "imported", "cards of another system"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="The contents, so that a repeat is known.")

    class Meta:
        ordering = ["-made_at"]
        verbose_name_plural = "card batches"

    def __str__(self) -> str:
        return self.name


class GiftCard(StoredValue):
    """A gift card. `balance_cents` is its face value left; `paid_cents` of it were paid for, the rest is promotion.

    The paid part is what stands in 2200; the promotional part is in no account until it is used (posting rules 9, 10).
    """

    class Kind(models.TextChoices):
        VALUE = "value", "gift card"
        TREATMENT = "treatment", "treatment card"
        PROMOTIONAL = "promotional", "promotional card"

    class Status(models.TextChoices):
        INACTIVE = "inactive", "not active yet"
        ACTIVE = "active", "active"
        BLOCKED = "blocked", "blocked"
        REPLACED = "replaced", "replaced by another card"
        CASHED_OUT = "cashed_out", "cashed out"
        EXPIRED = "expired", "expired"
        REFUNDED = "refunded", "refunded"

    MOVES: dict[str, frozenset[str]] = {
        Status.INACTIVE: frozenset({Status.ACTIVE, Status.BLOCKED}),
        Status.ACTIVE: frozenset(
            {
                Status.INACTIVE,
                Status.BLOCKED,
                Status.REPLACED,
                Status.CASHED_OUT,
                Status.EXPIRED,
                Status.REFUNDED,
            }
        ),
        Status.BLOCKED: frozenset({Status.ACTIVE, Status.INACTIVE, Status.REPLACED, Status.REFUNDED}),
        Status.REPLACED: frozenset(),
        Status.CASHED_OUT: frozenset(),
        Status.EXPIRED: frozenset(),
        Status.REFUNDED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    serial = models.CharField(max_length=16, unique=True, help_text="A public name: it pays nothing.")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.VALUE)
    status = models.CharField(max_length=10, choices=Status, default=Status.INACTIVE)
    code_mac = models.CharField(max_length=64, unique=True, editable=False)
    code_key = models.CharField(max_length=16, editable=False, help_text="Which key its code was sealed with.")
    code_sealed = models.TextField(editable=False)
    last4 = models.CharField(max_length=4)
    paid_cents = models.BigIntegerField(default=0, help_text="What of the balance was paid for.")
    held_paid_cents = models.BigIntegerField(default=0, help_text="What of the paid part open sales hold.")
    breakage_cents = models.BigIntegerField(default=0, help_text="What of the paid part is income already (2205).")
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="+", help_text="Its treatment.")
    batch = models.ForeignKey(CardBatch, null=True, on_delete=models.PROTECT, related_name="cards")
    sold_line = models.ForeignKey(SaleLine, null=True, on_delete=models.PROTECT, related_name="gift_cards")
    buyer = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="gift_cards")
    state = models.CharField(max_length=2, blank=True, help_text="US state whose law it follows.")
    issued_on = models.DateField(null=True, help_text="The day from which the law counts.")
    loaded_on = models.DateField(null=True, help_text="Its last load.")
    expires_on = models.DateField(null=True, help_text="The first day on which it pays nothing; empty: never.")
    last_used_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaces")
    why_blocked = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()

    class Meta(StoredValue.Meta):
        abstract = False
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="gift_card_never_negative", condition=Q(held_cents__gte=0, balance_cents__gte=F("held_cents"))
            ),
            models.CheckConstraint(
                name="gift_card_paid_part_within_balance",
                condition=Q(held_paid_cents__gte=0, paid_cents__gte=F("held_paid_cents"))
                & Q(paid_cents__lte=F("balance_cents"), held_paid_cents__lte=F("held_cents")),
            ),
            models.CheckConstraint(
                name="gift_card_breakage_within_paid",
                condition=Q(breakage_cents__gte=0, breakage_cents__lte=F("paid_cents")),
            ),
            models.CheckConstraint(
                name="only_a_live_gift_card_has_value",
                condition=Q(status__in=["active", "blocked"], balance_cents__gte=0) | Q(balance_cents=0, held_cents=0),
            ),
            models.CheckConstraint(
                name="promotional_card_was_not_paid", condition=~Q(kind="promotional") | Q(paid_cents=0)
            ),
        ]
        indexes = [
            models.Index(name="gift_cards_of_a_holder", fields=["holder"], condition=Q(status="active")),
            models.Index(name="gift_cards_that_expire", fields=["expires_on"], condition=Q(status="active")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ···{self.last4}"

    @property
    def instrument(self) -> str:
        """How postings on 2200 and 2205 name the card."""
        return f"gift_card:{self.pk}"

    @property
    def promo_cents(self) -> int:
        """What of the balance nobody paid for."""
        return self.balance_cents - self.paid_cents

    @property
    def free_paid_cents(self) -> int:
        """What of the paid part no sale holds."""
        return self.paid_cents - self.held_paid_cents

    def paid_part(self, face_cents: int) -> int:
        """What of so much free face value was paid for; the last use takes all that is left (posting rule 10)."""
        return self.free_paid_cents * face_cents // self.free_cents if self.free_cents else 0

    def move_to(self, status: "GiftCard.Status", **fields: Any) -> None:
        """Move the state by one guarded UPDATE; CardNotUsable when it is not in one that leads there."""
        sources = [source for source, targets in self.MOVES.items() if status in targets]
        if not self._rows().filter(status__in=sources).update(status=status, **fields):
            self.refresh_from_db(fields=["status"])
            raise CardNotUsable(f"This card is {self.get_status_display()}.", card_status=self.status)
        self.status = status
        for name, value in fields.items():
            setattr(self, name, value)

    def hold_parts(self, face_cents: int, *, paid_cents: int) -> None:
        """Reserve so much face value with its paid part; NotEnoughLeft when it is not free."""
        self._change_parts(_HOLD, held=face_cents, held_paid=paid_cents)

    def release_parts(self, face_cents: int, *, paid_cents: int) -> None:
        """Undo a hold."""
        self._change_parts(_CHANGE, held=-face_cents, held_paid=-paid_cents)

    def use_parts(self, face_cents: int, *, paid_cents: int, breakage_cents: int, at: dt.datetime) -> None:
        """Take so much of what is held off the card, used then; `breakage_cents` that comes back is negative."""
        self._change_parts(
            _CHANGE,
            held=-face_cents,
            held_paid=-paid_cents,
            balance=-face_cents,
            paid=-paid_cents,
            breakage=breakage_cents,
            used_at=at,
        )

    def change_parts(self, *, paid_cents: int, promo_cents: int, breakage_cents: int = 0) -> None:
        """Add to its parts, or (negative) take off them what no sale holds; NotEnoughLeft when it is not free."""
        self._change_parts(_CHANGE, balance=paid_cents + promo_cents, paid=paid_cents, breakage=breakage_cents)

    def _change_parts(self, change: PreparedUpdate, *, used_at: dt.datetime | None = None, **by: int) -> None:
        """Add so much to the parts of these names, by one guarded UPDATE."""
        parts = change.told(*PARTS, card=self.pk, used_at=used_at, **_NOTHING | by)
        if parts is None:
            self.refresh_from_db(fields=PARTS)
            raise NotEnoughLeft(f"There is only ${dollars(self.free_cents)} left.", left_cents=self.free_cents)
        for name, cents in zip(PARTS, parts, strict=True):
            setattr(self, name, cents)


_NOTHING = dict.fromkeys((name.removesuffix("_cents") for name in PARTS), 0)
_BY: dict[str, Any] = {name: Slot(name, models.BigIntegerField()) for name in _NOTHING}


def _after(name: str) -> Any:
    """What the part of that name comes to."""
    return F(f"{name}_cents") + _BY[name]


def _that_can_change() -> "models.QuerySet[GiftCard]":
    """The card, unless more of it would be held, of all or of the paid part, than is there, or less than nothing."""
    within: dict[str, Any] = {f"after_{name}__gte": 0 for name in ("held", "held_paid", "breakage")}
    within |= {"after_balance__gte": _after("held"), "after_paid__gte": _after("held_paid")}
    card: Any = GiftCard._base_manager.filter(pk=Slot("card", models.UUIDField()))
    return card.alias(**{f"after_{name}": _after(name) for name in _NOTHING}).filter(**within)  # type: ignore[no-any-return]


_WRITTEN: dict[str, Any] = {f"{name}_cents": _after(name) for name in _NOTHING}
_WRITTEN["last_used_at"] = Coalesce(Slot("used_at", models.DateTimeField()), "last_used_at")
_CHANGE = PreparedUpdate(_that_can_change, **_WRITTEN)
_HOLD = PreparedUpdate(lambda: _that_can_change().filter(status=GiftCard.Status.ACTIVE), **_WRITTEN)


class GiftCardMove(models.Model):
    """One change of what is on a card: more is positive, less negative."""

    class Kind(models.TextChoices):
        SOLD = "sold", "sold"
        GIVEN = "given", "given away"
        IMPORTED = "imported", "taken over from another system"
        LOADED = "loaded", "loaded"
        USED = "used", "used"
        RESTORED = "restored", "given back"
        UNSOLD = "unsold", "sale voided"
        REFUNDED = "refunded", "refunded to its buyer"
        CASHED_OUT = "cashed_out", "cashed out"
        EXPIRED = "expired", "expired"
        REVOKED = "revoked", "revoked after a dispute"
        MOVED_OUT = "moved_out", "moved to another card"
        MOVED_IN = "moved_in", "moved from another card"
        BREAKAGE = "breakage", "counted as income"

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind)
    paid_cents = models.BigIntegerField(default=0)
    promo_cents = models.BigIntegerField(default=0)
    breakage_cents = models.BigIntegerField(default=0, help_text="By how much 2205 of the card grew.")
    at = models.DateTimeField()
    key = models.CharField(max_length=120, unique=True, help_text="What it stands for; the same thing moves it once.")
    line = models.ForeignKey(SaleLine, null=True, on_delete=models.PROTECT, related_name="gift_card_moves")
    tender = models.ForeignKey(Tender, null=True, on_delete=models.PROTECT, related_name="gift_card_moves")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", help_text="Where it happened.")
    client: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(
        null=True, help_text="Who bought or loaded it."
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["card_id", "at", "id"]
        constraints = [
            models.CheckConstraint(
                name="gift_card_move_moves_something",
                condition=~Q(paid_cents=0, promo_cents=0, breakage_cents=0),
            )
        ]
        indexes = [
            models.Index(name="gift_card_moves_of_a_client", fields=["client", "at"], condition=~Q(client=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.face_cents}"

    @property
    def face_cents(self) -> int:
        """What the card's balance changed by."""
        return self.paid_cents + self.promo_cents


class GiftCardHold(models.Model):
    """What an open sale's tender holds of a card; its paid part is fixed here. Gone when settled or released."""

    objects: ClassVar[models.Manager["GiftCardHold"]] = models.Manager()

    tender = models.OneToOneField(Tender, primary_key=True, on_delete=models.PROTECT, related_name="gift_card_hold")
    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="holds")
    face_cents = models.BigIntegerField()
    paid_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gift_card_hold_holds_something",
                condition=Q(face_cents__gt=0, paid_cents__gte=0, paid_cents__lte=F("face_cents")),
            )
        ]

    def __str__(self) -> str:
        return f"hold of {self.face_cents}"

    @property
    def promo_cents(self) -> int:
        """What of it nobody paid for."""
        return self.face_cents - self.paid_cents
