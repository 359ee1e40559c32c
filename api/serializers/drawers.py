"""What a request says about a cash drawer and about another person's yes."""

from rest_framework import serializers

from api.serializers.fields import BIGGEST_ID, CentsOrNone, StaffId, Strict, Uuid, WholeNumber, Words
from pos.models import Approval


class Opening(Strict):
    """A drawer and the float that was counted into it."""

    drawer = WholeNumber(min_value=1, max_value=BIGGEST_ID)
    float_cents = CentsOrNone()


class Closing(Strict):
    """The blind count, and what of it stays in the drawer (default all of it)."""

    counted_cents = CentsOrNone()
    left_cents = CentsOrNone(required=False, allow_null=True)
    note = Words(max_length=300, required=False, allow_blank=True, default="")
    approval = Uuid(required=False, allow_null=True)


class Consent(Strict):
    """One action on one object for one amount, and the PIN of the person who approves it."""

    action = serializers.ChoiceField(Approval.Action.choices)
    object = Uuid()
    amount_cents = WholeNumber(min_value=-BIGGEST_ID, max_value=BIGGEST_ID, help_text="As the refusal named it.")
    staff = StaffId()
    pin = Words(max_length=6, min_length=6, write_only=True)
