"""What a request says about memberships."""

from rest_framework import serializers

from api.serializers.fields import Strict, Uuid, WholeNumber, Words
from memberships.changes import AT_RENEWAL, NOW
from memberships.freezes import MOST_MEDICAL
from memberships.models import Cancellation

HASH = 64


class Join(Strict):
    """Who joins which plan, and the hash of the text that they have read and agreed to."""

    client = Uuid()
    plan = Words(max_length=40, help_text="Its code.")
    text_hash = Words(max_length=HASH, help_text="Of the plan's terms.")
    signature = Words(max_length=120, required=False, allow_blank=True, default="", help_text="The name as typed.")


class Freezing(Strict):
    """How long a pause is; a medical one begins at once."""

    months = WholeNumber(min_value=1, max_value=MOST_MEDICAL)
    reason = serializers.ChoiceField([("", "any"), ("medical", "medical")], required=False, default="")


class Changing(Strict):
    """Which plan, from when, and the hash of its text that the client has agreed to; a dry run goes without."""

    plan = Words(max_length=40, help_text="Its code.")
    when = serializers.ChoiceField([(NOW, "at once"), (AT_RENEWAL, "at the renewal")], default=AT_RENEWAL)
    text_hash = Words(max_length=HASH, required=False, allow_blank=True, default="")
    signature = Words(max_length=120, required=False, allow_blank=True, default="", help_text="The name as typed.")


class Cancelling(Strict):
    """Why somebody leaves; for some reasons it costs nothing."""

    why = serializers.ChoiceField(Cancellation.Why.choices, default=Cancellation.Why.OWN_WISH.value)
    note = Words(max_length=300, required=False, allow_blank=True, default="")


class Waiving(Strict):
    """That the fee for leaving is waived, and who approved it."""

    approval = Uuid(required=False, allow_null=True)
