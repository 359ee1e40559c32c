"""What a request says about a client's health and preferences."""

from rest_framework import serializers

from api.serializers.fields import StaffId, Strict, WholeNumber, Words
from clientfile.models import HealthRead


class ByTherapist(Strict):
    """Whose PIN it is, where a therapist acts on a tablet on which somebody else is signed on."""

    staff = StaffId(required=False)
    pin = Words(max_length=6, min_length=6, required=False, write_only=True)


class TherapistCheck(Strict):
    """The therapist who says OK; the PIN is text, for it may begin with a zero."""

    staff = StaffId()
    pin = Words(max_length=6, min_length=6, write_only=True)


class ReadHealth(ByTherapist):
    """Why the file is read."""

    reason = serializers.ChoiceField(choices=HealthRead.Reason.choices)


class SetFlag(ByTherapist):
    """A flag of the owner's list; from today when nothing is said, until the day before `ends_on`."""

    flag = Words(max_length=40)
    starts_on = serializers.DateField(required=False, allow_null=True, default=None)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)
    note = Words(max_length=500, required=False, allow_blank=True, default="")


class WriteNote(ByTherapist):
    """What a therapist writes down."""

    text = Words(max_length=2000)


class RenewIntake(Strict):
    """The day on which the client filled in the intake form."""

    on = serializers.DateField()


class MergeInto(Strict):
    """The client who is the same person and stays."""

    into = serializers.UUIDField()


class Preferences(Strict):
    """How the client likes it; what is left out is not known. No health data here."""

    pressure = WholeNumber(
        min_value=1, max_value=5, required=False, allow_null=True, default=None, help_text="1 is light, 5 is deep."
    )
    avoid = Words(max_length=200, required=False, allow_blank=True, default="")
    oil = Words(max_length=80, required=False, allow_blank=True, default="")
    therapist = StaffId(required=False, allow_null=True, default=None)
