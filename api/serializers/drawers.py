"""What a request says about a cash drawer and about another person's yes."""

from typing import Any

from rest_framework import serializers

from api.serializers.fields import BIGGEST_ID, Cents, CentsOrNone, StaffId, Strict, Uuid, WholeNumber, Words, listed
from pos.asked import MAX_CENTS
from pos.drawer_close import MOST_PIECES, PIECES, counted_in
from pos.models import Approval, DrawerCorrection, DrawerMovement
from pos.movements import AskedMovement


class Opening(Strict):
    """A drawer and the float that was counted into it."""

    drawer = WholeNumber(min_value=1, max_value=BIGGEST_ID)
    float_cents = CentsOrNone()


class CountedPieces(Strict):
    """How many notes or coins of a value there were."""

    value_cents = serializers.ChoiceField(PIECES)
    pieces = WholeNumber(min_value=0, max_value=MOST_PIECES)


class Closing(Strict):
    """The blind count as one total or by notes and coins, and what of it stays in the drawer (default all of it)."""

    counted_cents = CentsOrNone(required=False, help_text="May be left out where `pieces` says it.")
    pieces = listed(CountedPieces(), most=len(PIECES), required=False)
    left_cents = CentsOrNone(required=False, allow_null=True)
    carry_over = serializers.ListField(
        child=Uuid(), required=False, max_length=500, help_text="The parked sales that may stay, by their ids."
    )
    note = Words(max_length=300, required=False, allow_blank=True, default="")
    approval = Uuid(required=False, allow_null=True)

    def validate(self, attrs: Any) -> Any:
        counted = attrs.pop("pieces", None)
        attrs["pieces"] = {row["value_cents"]: row["pieces"] for row in counted} if counted else None
        if counted and len(attrs["pieces"]) != len(counted):
            raise serializers.ValidationError({"pieces": ["Name each note and coin once."]})
        if "counted_cents" not in attrs:
            if attrs["pieces"] is None:
                raise serializers.ValidationError({"counted_cents": ["Count the cash."]})
            attrs["counted_cents"] = counted_in(attrs["pieces"])
        return attrs


class Movement(Strict):
    """What happens to the drawer: how much, why, and who gets tips."""

    kind = serializers.ChoiceField(DrawerMovement.Kind.choices)
    amount_cents = CentsOrNone(required=False, default=0, help_text="None where the drawer is only opened.")
    reason = serializers.ChoiceField(DrawerMovement.Reason.choices, required=False, allow_blank=True, default="")
    note = Words(max_length=200, required=False, allow_blank=True, default="")
    therapist = StaffId(required=False, allow_null=True, default=None)
    approval = Uuid(required=False, allow_null=True)

    def validate(self, attrs: Any) -> Any:
        asked = AskedMovement(
            kind=attrs["kind"],
            amount_cents=attrs["amount_cents"],
            reason=attrs["reason"],
            note=attrs["note"],
            therapist_id=attrs["therapist"],
        )
        return {"asked": asked, "approval": attrs.get("approval")}


class Correction(Strict):
    """What turned out about a closed drawer: more, or (negative) less, than was written down."""

    about = serializers.ChoiceField(DrawerCorrection.About.choices)
    amount_cents = WholeNumber(min_value=-MAX_CENTS, max_value=MAX_CENTS)
    why = Words(max_length=200)
    approval = Uuid(required=False, allow_null=True)


class Deposit(Strict):
    """Cash of the safe that was brought to the bank, and the number of its slip."""

    amount_cents = Cents()
    slip = Words(max_length=40)


class PaperSize(Strict):
    """On what an X or Z is printed."""

    size = serializers.ChoiceField(["roll", "letter"], required=False, default="roll")


class Consent(Strict):
    """One action on one object for one amount, and the PIN of the person who approves it."""

    action = serializers.ChoiceField(Approval.Action.choices)
    object = Uuid()
    amount_cents = WholeNumber(min_value=-BIGGEST_ID, max_value=BIGGEST_ID, help_text="As the refusal named it.")
    staff = StaffId()
    pin = Words(max_length=6, min_length=6, write_only=True)
