"""What a request says about tablets, people, clients and their receipts."""

from rest_framework import serializers

from api.serializers.fields import StaffId, Strict, Words


class Pairing(Strict):
    """The code that the back office shows."""

    code = Words(max_length=20, help_text="8 characters; spaces, dashes and case do not matter.")


class NewDevice(Strict):
    """A tablet to be paired at this location."""

    name = Words(max_length=60)


class SignOn(Strict):
    """Who signs on; the PIN is text, for it may begin with a zero."""

    staff = StaffId()
    pin = Words(max_length=6, min_length=6, write_only=True)


class ClientFile(Strict):
    """What is known of a client; what is left out is empty."""

    name = Words(max_length=120)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    phone = Words(max_length=40, required=False, allow_blank=True, default="")
    note = Words(max_length=300, required=False, allow_blank=True, default="", help_text="No health data here.")
    tax_certificate = Words(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="Of an exemption from sales tax; left out: as it was.",
    )


class ClientSearch(Strict):
    """Words to find a client by: parts of name, e-mail address or phone number."""

    search = Words(max_length=80, required=False, allow_blank=True, default="")
    cursor = Words(required=False, allow_blank=True, help_text="From `next` or `previous`.")


class MailTo(Strict):
    """Where a receipt goes."""

    email = serializers.EmailField(max_length=254)
