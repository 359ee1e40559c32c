"""What a request says about sessions that are paid already."""

from api.serializers.fields import Strict, Uuid, WholeNumber, Words

MOST_UNITS = 999


class Transfer(Strict):
    """Who gets sessions, and how many; all that are free, unless it says."""

    client = Uuid()
    units = WholeNumber(min_value=1, max_value=MOST_UNITS, required=False, allow_null=True)


class Waiver(Strict):
    """Why a session comes back that was taken for a missed appointment."""

    why = Words(max_length=200)
