"""Sessions that are paid and not used yet: a package's or a month's, with their value and all that happened to them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ledger.accounts import Account
from memberships.models.definitions import PackagePart, Plan
from pos.models import Client, Item, SaleLine, Tender
from studio.ids import new_id
from studio.models import Location


class SessionLot(models.Model):
    """A lot of sessions of one owner: `units` left of what was bought, worth `value_cents` of what was paid (R21).

    A package part that is sold opens one, a paid due opens one. What open sales hold is part of units and value.
    """

    class Kind(models.TextChoices):
        PACKAGE = "package", "package"
        CREDIT = "credit", "member credit"

    class Status(models.TextChoices):
        OPEN = "open", "open"
        USED = "used", "used up"
        CONVERTED = "converted", "store credit"
        EXPIRED = "expired", "expired"
        REFUNDED = "refunded", "refunded"
        TRANSFERRED = "transferred", "given away"
        UPGRADED = "upgraded", "gone into another package"
        REVOKED = "revoked", "taken back"

    MOVES: dict[str, frozenset[str]] = {
        Status.OPEN: frozenset(
            {
                Status.USED,
                Status.CONVERTED,
                Status.EXPIRED,
                Status.REFUNDED,
                Status.TRANSFERRED,
                Status.UPGRADED,
                Status.REVOKED,
            }
        ),
        # A visit that is refunded and a transfer that is undone bring a lot back.
        Status.USED: frozenset({Status.OPEN}),
        Status.CONVERTED: frozenset({Status.OPEN}),
        Status.EXPIRED: frozenset({Status.OPEN}),
        Status.REFUNDED: frozenset({Status.OPEN}),
        Status.TRANSFERRED: frozenset({Status.OPEN}),
        Status.UPGRADED: frozenset({Status.OPEN}),
        Status.REVOKED: frozenset({Status.OPEN}),
    }

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="session_lots")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", help_text="Who sold it.")
    name = models.CharField(max_length=120, help_text="As the receipt and the client's card say it.")
    part = models.ForeignKey(PackagePart, null=True, on_delete=models.PROTECT, related_name="lots")
    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="lots")
    sale_line = models.ForeignKey(SaleLine, null=True, on_delete=models.PROTECT, related_name="session_lots")
    due_key = models.CharField(max_length=80, blank=True, db_index=True, help_text="due:<uuid> that was paid for it.")
    came_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="given_on")
    granted_units = models.PositiveIntegerField()
    units = models.PositiveIntegerField()
    held_units = models.PositiveIntegerField(default=0)
    paid_cents = models.BigIntegerField(help_text="What was paid for all of it.")
    value_cents = models.BigIntegerField(help_text="What is left of that.")
    held_cents = models.BigIntegerField(default=0)
    tax_was_paid = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    expires_on = models.DateField(null=True, help_text="The first day on which it can not be used any more.")
    stopped_on = models.DateField(null=True, help_text="A medical freeze stops the clock from this day.")

    class Meta:
        ordering = [F("expires_on").asc(nulls_last=True), "opened_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="lot_holds_no_more_than_it_has",
                condition=Q(units__gte=F("held_units"), value_cents__gte=F("held_cents"), held_cents__gte=0),
            ),
            models.CheckConstraint(
                name="lot_without_sessions_has_no_value",
                condition=Q(units__gt=0) | Q(units=0, value_cents=0, held_cents=0),
            ),
            models.CheckConstraint(
                name="lot_never_above_what_was_paid",
                condition=Q(value_cents__lte=F("paid_cents"), units__lte=F("granted_units")),
            ),
            models.CheckConstraint(name="open_lot_has_sessions", condition=~Q(status="open", units=0)),
            models.UniqueConstraint(name="one_grant_per_due", fields=["due_key"], condition=~Q(due_key="")),
        ]
        indexes = [
            models.Index(name="open_lots_of_a_client", fields=["client"], condition=Q(status="open")),
            models.Index(name="lots_by_expiry", fields=["expires_on"], condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.units} of {self.granted_units} left"

    @property
    def account(self) -> Account:
        """2210 for packages, 2220 for credits: the books' account of what is left."""
        return Account.PACKAGES if self.kind == self.Kind.PACKAGE else Account.MEMBER_CREDITS

    @property
    def instrument(self) -> str:
        """How postings name the lot."""
        return f"lot:{self.pk}"

    @property
    def free_units(self) -> int:
        return self.units - self.held_units

    @property
    def next_value_cents(self) -> int:
        """What the next free session is worth: what is left by how many are left, the last takes the rest (R21)."""
        return (self.value_cents - self.held_cents) // self.free_units if self.free_units else 0


class LotMove(models.Model):
    """What happened to a lot: sessions and cents that came (positive) or went (negative)."""

    class Kind(models.TextChoices):
        OPENED = "opened", "bought"
        USED = "used", "used"
        RESTORED = "restored", "given back"
        NO_SHOW = "no_show", "taken for a missed appointment"
        WAIVED = "waived", "given back after a missed appointment"
        GIVEN = "given", "given to somebody"
        RECEIVED = "received", "received from somebody"
        CONVERTED = "converted", "became store credit"
        FORFEITED = "forfeited", "forfeited"
        REFUNDED = "refunded", "refunded"
        UPGRADED = "upgraded", "went into another package"
        REVOKED = "revoked", "taken back"
        RAISED = "raised", "worth more after an upgrade"

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=120, unique=True, help_text="What makes a repeat the same move.")
    lot = models.ForeignKey(SessionLot, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind)
    units = models.IntegerField()
    value_cents = models.BigIntegerField()
    at = models.DateTimeField()
    item = models.ForeignKey(Item, null=True, on_delete=models.PROTECT, related_name="+", help_text="What it paid for.")
    used_by = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.units}"


class LotHold(models.Model):
    """What an open sale holds of a lot for one line; gone when the sale has used it or let it go."""

    tender = models.OneToOneField(Tender, primary_key=True, on_delete=models.CASCADE, related_name="lot_hold")
    lot = models.ForeignKey(SessionLot, on_delete=models.PROTECT, related_name="holds")
    value_cents = models.BigIntegerField()

    def __str__(self) -> str:
        return f"hold on {self.lot}"
