"""What a studio knows of a client beyond name and sales: health under a key, and how they like it (R35 to R37)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from pos.models import Client, Item, Sale
from studio.ids import new_id
from studio.models import Device, Location, Qualification


class Allergen(models.TextChoices):
    """What some people must not have on their skin."""

    NUT = "nut", "nuts"
    FRAGRANCE = "fragrance", "fragrance"


class Flag(models.Model):
    """A reason for care before a treatment, from the owner's list (R35)."""

    class Effect(models.TextChoices):
        BLOCK = "block", "not without a therapist's yes"
        WAIT = "wait", "the same, until a day"
        ASK = "ask", "only ask"

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    effect = models.CharField(max_length=5, choices=Effect)
    training = models.ForeignKey(
        Qualification,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Which treatments it is about: those that ask for this training. Empty: every treatment.",
    )
    allergen = models.CharField(
        max_length=9, choices=Allergen, blank=True, help_text="An allergy is about whatever is marked to have it."
    )
    hint = models.CharField(max_length=200, blank=True, help_text="What the therapist should ask or do.")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True, help_text="Whether it can be set on further clients.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class AllergenMark(models.Model):
    """A treatment or product that brings an allergen to the skin, such as almond oil."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    allergen = models.CharField(max_length=9, choices=Allergen)

    class Meta:
        ordering = ["item", "allergen"]
        constraints = [models.UniqueConstraint(name="allergen_once_per_item", fields=["item", "allergen"])]

    def __str__(self) -> str:
        return f"{self.item}: {self.get_allergen_display()}"


class Sealed(models.Model):
    """A row whose contents only a key of the settings opens; who wrote it and when stands beside."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key_id = models.CharField(max_length=20)
    sealed = models.TextField()

    class Meta:
        abstract = True


class ClientFlag(Sealed):
    """A flag of a client: which, from when until when and a note are sealed; a lifted one stays to be looked up."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["set_at", "id"]

    def __str__(self) -> str:
        return f"flag {str(self.id)[-6:]}"


class HealthNote(Sealed):
    """What a therapist wrote down of a client's health."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-written_at", "-id"]

    def __str__(self) -> str:
        return f"note {str(self.id)[-6:]}"


class Intake(models.Model):
    """The day on which a client last filled in the intake form; what stands in it stays on paper."""

    client = models.OneToOneField(Client, primary_key=True, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()

    def __str__(self) -> str:
        return str(self.on)


class HealthRead(models.Model):
    """Somebody has read a client's health file, and why; written before it is shown, never changed."""

    class Reason(models.TextChoices):
        TREATMENT = "treatment", "about to treat"
        EMERGENCY = "emergency", "an emergency"
        CLIENT_ASKED = "client_asked", "the client asked"
        COMPLAINT = "complaint", "a complaint or claim"

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=12, choices=Reason)

    class Meta:
        ordering = ["-at"]
        verbose_name = "read of a health file"
        verbose_name_plural = "reads of health files"

    def __str__(self) -> str:
        return f"{self.reader} at {self.at:%Y-%m-%d %H:%M}"


class Acknowledgement(models.Model):
    """A therapist's yes to one thing on one sale, given with their PIN; never changed (R36)."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "therapist's OK"
        verbose_name_plural = "therapists' OKs"

    def __str__(self) -> str:
        return f"{self.therapist}: {self.name}"


class Preferences(models.Model):
    """How a client likes it; no health data."""

    client = models.OneToOneField(Client, primary_key=True, on_delete=models.PROTECT, related_name="+")
    pressure = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 is light, 5 is deep.")
    avoid = models.CharField(max_length=200, blank=True, help_text="Areas to avoid. No reasons: those are health.")
    oil = models.CharField(max_length=80, blank=True)
    therapist = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.CheckConstraint(
                name="pressure_is_one_to_five", condition=Q(pressure=None) | Q(pressure__gte=1, pressure__lte=5)
            )
        ]

    def __str__(self) -> str:
        return f"preferences of client {str(self.pk)[-6:]}"
