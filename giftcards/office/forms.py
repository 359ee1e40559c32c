"""What the owner fills in to make gift cards: many for one buyer, plastic ones, free ones, those of another system."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.http import QueryDict

from giftcards import bulk, sheets
from giftcards.bulk import Order
from giftcards.handing import Gift
from giftcards.imports import MOST_PLASTIC
from giftcards.shop.designs import DESIGNS, FIRST
from giftcards.shop.forms import MESSAGE, NAME, Message, Words
from studio.ids import new_id
from studio.models import Location

MOST_BYTES = 1_000_000
PAID_BY = [("external", "Paid beside the till (transfer, other terminal)"), ("check", "Check")]


class MakingForm(forms.Form):
    """What all of them have: a location, an id that makes a second sending harmless, and "check only"."""

    location = forms.ModelChoiceField(Location.objects.none(), to_field_name="code", empty_label=None)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, places: list[Location], **more: Any) -> None:
        super().__init__(*args, **more)
        location = self.fields["location"]
        assert isinstance(location, forms.ModelChoiceField)  # noqa: S101 - as declared above
        location.queryset = Location.objects.filter(pk__in=[place.pk for place in places])
        self.fields["key"].initial = new_id

    @property
    def place(self) -> Location:
        place: Location = self.cleaned_data["location"]
        return place

    @property
    def made_id(self) -> uuid.UUID:
        made_id: uuid.UUID = self.cleaned_data["key"]
        return made_id

    @property
    def is_rehearsal(self) -> bool:
        """Whether only the check was asked for."""
        return "check" in self.data


class SheetForm(MakingForm):
    """Rows of a CSV, as a file or pasted; what was read stays in the box for the next sending."""

    file = forms.FileField(required=False, label="CSV file")
    text = forms.CharField(required=False, max_length=MOST_BYTES, label="or paste the rows", widget=forms.Textarea)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if file is not None:
            cleaned["text"] = self._read(file)
            self.data = {**self.data.dict(), "text": cleaned["text"]} if isinstance(self.data, QueryDict) else self.data
        if not cleaned.get("text", "").strip() and not self.may_be_empty and not self.errors:
            self.add_error("text", "Choose a CSV file, or paste its rows.")
        return cleaned

    may_be_empty = False

    def _read(self, file: Any) -> str:
        if file.size > MOST_BYTES:
            raise forms.ValidationError("This file is too large.")
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("This file is no text in UTF-8. Save it as CSV (UTF-8).") from error
        return text


class BulkForm(SheetForm):
    """An order for many."""

    buyer_name = Words(max_length=NAME, label="Who gives them")
    buyer_email = forms.EmailField(label="Their e-mail, for the receipt")
    message = Message(required=False, max_length=MESSAGE, label="A few words on each card", widget=forms.Textarea)
    design = forms.ChoiceField(choices=[(key, one.name) for key, one in DESIGNS.items()], initial=FIRST)
    send_on = forms.DateField(required=False, label="Mail them on", widget=forms.DateInput({"type": "date"}))
    paid_by = forms.ChoiceField(choices=PAID_BY, label="How it is paid")
    reference = Words(required=False, max_length=60, label="Reference of the payment")

    def order(self) -> Order:
        """The order beside its recipients."""
        names = ("buyer_name", "buyer_email", "paid_by", "reference", "message", "design", "send_on")
        return Order(**{name: self.cleaned_data[name] for name in names})

    def recipients(self) -> list[bulk.Recipient]:
        """Whom the cards are for; BadRows with every mistake."""
        return bulk.read_csv(self.cleaned_data["text"])


class PlasticForm(SheetForm):
    """A box of plastic cards: so many to be printed, or those that the printer has made."""

    name = Words(max_length=80, label="Name of the box")
    count = forms.IntegerField(required=False, min_value=1, max_value=MOST_PLASTIC, label="How many to make")
    may_be_empty = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("count")) == bool(cleaned.get("text", "").strip()) and not self.errors:
            self.add_error("count", "Say how many to make, or give the codes of cards that are there: one of them.")
        return cleaned


class ImportForm(SheetForm):
    """Cards of another system with what is on them."""

    name = Words(max_length=80, label="What these cards are called")


class PromotionForm(MakingForm):
    """A card that is given away."""

    amount = forms.CharField(max_length=12, label="Worth")
    expires_on = forms.DateField(label="First day on which it pays nothing", widget=forms.DateInput({"type": "date"}))
    why = Words(max_length=200, label="What it is given for")
    to = Words(required=False, max_length=NAME, label="For")
    email = forms.EmailField(required=False, label="Mail it to")
    message = Message(required=False, max_length=MESSAGE, label="A few words", widget=forms.Textarea)

    def clean_amount(self) -> int:
        try:
            return sheets.money(self.cleaned_data["amount"].strip())
        except sheets.BadCell as bad:
            raise forms.ValidationError(str(bad)) from bad

    def gift(self) -> Gift:
        """Whom it is for, and how."""
        return Gift(**{name: self.cleaned_data[name] for name in ("to", "email", "message")})

    def until(self) -> dt.date:
        day: dt.date = self.cleaned_data["expires_on"]
        return day
