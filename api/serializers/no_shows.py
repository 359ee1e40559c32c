"""What a request says about a missed appointment."""

from rest_framework import serializers

from api.serializers.fields import Strict, Uuid, Words
from memberships.noshows import REASONS


class MissedAppointment(Strict):
    """A session is taken from a client who did not come."""

    client = Uuid()
    reason = serializers.ChoiceField(list(REASONS.items()))
    instrument = Words(max_length=80, required=False, help_text="Of which lot; default: what expires first.")
