"""The one form of the shop, read and checked; what is wrong is said beside its field (R18)."""

import datetime as dt
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from giftcards.delivery import MOST_DAYS_AHEAD
from giftcards.models import GiftOrder
from giftcards.shop.designs import DESIGNS, FIRST
from giftcards.shop.orders import Wish
from ledger.money import dollars

AMOUNTS = (60_00, 120_00, 165_00, 200_00)
FIRST_AMOUNT = "120.00"
TREATMENT = "treatment:"
OTHER = "other"
NAME, MESSAGE = 80, 300
UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of the words behind them, in our own sentences too."""


def clean_words(text: str) -> str:
    """Words on one line without signs that nobody sees."""
    return " ".join(_seen(text).split())


def _seen(text: str) -> str:
    return "".join(
        sign for sign in text if sign in "\n\t" or (unicodedata.category(sign) not in UNSEEN and sign not in TURNS)
    )


class Words(forms.CharField):
    """A name: one line, counted as people count."""

    def to_python(self, value: Any) -> str:
        return clean_words(super().to_python(value) or "")


class Message(forms.CharField):
    """A few lines; a line break is one sign, however the browser sends it."""

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        return _seen(text).strip()


class GiftForm(forms.Form):
    """Amount or treatment, whom it is for, who gives it."""

    what = forms.CharField(max_length=60, initial=FIRST_AMOUNT, error_messages={"required": "Choose what you give."})
    amount = forms.CharField(required=False, max_length=20)
    design = forms.ChoiceField(choices=[(key, one.name) for key, one in DESIGNS.items()], initial=FIRST)
    way = forms.ChoiceField(choices=GiftOrder.Way.choices, initial=GiftOrder.Way.EMAIL)
    recipient_name = Words(required=False)
    recipient_email = forms.CharField(required=False)
    message = Message(required=False)
    send_on = forms.CharField(required=False, max_length=20)
    buyer_name = Words(required=False)
    buyer_email = forms.CharField(required=False)
    website = forms.CharField(required=False)

    def __init__(self, *args: Any, today: dt.date, **more: Any) -> None:
        super().__init__(*args, **more)
        self.today = today

    @property
    def last_day(self) -> dt.date:
        """The last day on which a card may be sent."""
        return self.today + dt.timedelta(days=MOST_DAYS_AHEAD)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError("Leave this field empty: only programs fill it in.")
        return ""

    def clean_message(self) -> str:
        text: str = self.cleaned_data["message"]
        if len(text) > MESSAGE:
            raise ValidationError(f"A message has at most {MESSAGE} characters; yours has {len(text)}.")
        return text

    def clean_send_on(self) -> dt.date | None:
        text = self.cleaned_data["send_on"].strip()
        if not text:
            return None
        try:
            day = dt.date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError("Write the day like 2027-02-14, or leave it empty.") from error
        if not self.today <= day <= self.last_day:
            raise ValidationError(f"Choose a day from today to {self.last_day.isoformat()}.")
        return day

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        is_mailed = found.get("way") == GiftOrder.Way.EMAIL
        self._name("recipient_name", "Write the name of whom it is for.", needed=is_mailed)
        self._name("buyer_name", "Write your name: it stands on the card.", needed=True)
        self._email("recipient_email", "Write the e-mail address the card goes to.", needed=is_mailed)
        self._email("buyer_email", "Write your e-mail address: the receipt goes there.", needed=True)
        self._price()
        if not is_mailed:
            found["send_on"] = None
        return found

    def _name(self, field: str, sentence: str, *, needed: bool) -> None:
        name = self.cleaned_data.get(field, "")
        if needed and not name:
            self.add_error(field, sentence)
        elif len(name) > NAME:
            self.add_error(field, f"A name has at most {NAME} characters; this one has {len(name)}.")

    def _email(self, field: str, sentence: str, *, needed: bool) -> None:
        address = self.cleaned_data.get(field, "").strip()
        self.cleaned_data[field] = address if needed else ""
        if not needed:
            return
        try:
            EmailValidator()(address)
        except ValidationError:
            self.add_error(field, sentence if not address else "This is no e-mail address. One is ada@example.com.")
        else:
            if len(address) > 254:
                self.add_error(field, "This e-mail address is too long.")

    def _price(self) -> None:
        """What `what` stands for, as cents or the code of a treatment."""
        what = self.cleaned_data.get("what", "")
        self.cleaned_data["item"] = what.removeprefix(TREATMENT) if what.startswith(TREATMENT) else ""
        self.cleaned_data["amount_cents"] = 0
        if what and not what.startswith(TREATMENT):
            field = "amount" if what == OTHER else "what"
            typed = self.cleaned_data.get("amount", "") if what == OTHER else what
            cents = _cents(typed)
            if cents is None:
                self.add_error(field, "Write an amount in dollars, like 80 or 80.50.")
            else:
                self.cleaned_data["amount_cents"] = cents

    def wish(self) -> Wish:
        """What a valid form asks for."""
        found = self.cleaned_data
        names = ("amount_cents", "item", "recipient_name", "recipient_email", "buyer_name", "buyer_email", "message")
        return Wish(
            **{name: found[name] for name in names},
            way=GiftOrder.Way(found["way"]),
            design=found["design"],
            send_on=found["send_on"],
        )


def _cents(typed: str) -> int | None:
    """`80`, `$80.50`, `1,000` in cents; None when it is no amount in whole cents."""
    plain = typed.strip().removeprefix("$").replace(",", "").strip()
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit():
        return None
    try:
        cents = Decimal(plain) * 100
    except InvalidOperation:
        return None
    return int(cents) if cents == int(cents) else None


class RecipientForm(forms.Form):
    """Who gets the card after all."""

    recipient_name = Words(max_length=NAME, error_messages={"required": "Write the name of whom it is for."})
    recipient_email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "Write the e-mail address the card goes to.",
            "invalid": "This is no e-mail address.",
        },
    )


def initial_of(order: GiftOrder) -> dict[str, object]:
    """The fields as they were for an order: to change it, or to give the same again."""
    cents = dollars(order.amount_cents).replace(",", "") if order.item is None else ""
    is_preset = order.amount_cents in AMOUNTS
    return {
        "what": TREATMENT + order.item.code if order.item is not None else cents if is_preset else OTHER,
        "amount": "" if is_preset or order.item is not None else cents,
        "design": order.design,
        "way": order.way,
        "recipient_name": order.recipient_name,
        "recipient_email": order.recipient_email,
        "message": order.message,
        "send_on": order.send_on.isoformat() if order.send_on is not None else "",
        "buyer_name": order.buyer_name,
        "buyer_email": order.buyer_email,
    }
