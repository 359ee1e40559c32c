"""What a request says about a gift card."""

from rest_framework import serializers

from api.serializers.fields import Strict, Uuid, Words

MOST_CARDS = 20


class Block(Strict):
    """Why a card is stopped."""

    why = Words(max_length=200)


class Consented(Strict):
    """The yes of somebody with the right, where it is needed."""

    approval = Uuid(required=False, allow_null=True)


class Merge(Consented):
    """The cards whose value goes to the one of the address."""

    cards = serializers.ListField(child=Uuid(), min_length=1, max_length=MOST_CARDS)


class CashOut(Consented):
    """The drawer that pays; the tablet's own, or the only open one, unless it is named."""

    drawer_session = Uuid(required=False, allow_null=True)


class Holder(Strict):
    """The client who holds the card; null: nobody we know."""

    client = Uuid(allow_null=True)


class Purpose(Strict):
    """What the code of a card is wanted for."""

    why = serializers.ChoiceField([("print", "print"), ("mail", "mail"), ("tell", "tell")])


class Mailing(Strict):
    """Where a card is mailed, and what stands on it; what is left out stays empty, or as it was."""

    email = serializers.EmailField(max_length=254)
    to = Words(max_length=80, required=False, allow_blank=True, default="", help_text="Whom it is for.")
    by = Words(max_length=80, required=False, allow_blank=True, default="", help_text="Who gives it.")
    message = Words(max_length=300, required=False, allow_blank=True, default="")
