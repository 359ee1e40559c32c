"""What a request says of a code."""

from api.serializers.fields import Strict, Words


class Code(Strict):
    """A code as it was typed or scanned; spaces, dashes and small letters do not matter."""

    code = Words(max_length=80)
