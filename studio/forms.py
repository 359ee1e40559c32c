"""The back office's forms for a person: PIN and password go in and never come out."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError

from studio.models import Grant, Staff
from studio.pins import check_new_pin
from studio.refusal import BadInput

if TYPE_CHECKING:
    _ChangeForm = UserChangeForm[Staff]
    _AddForm = AdminUserCreationForm[Staff]
    _GrantFormSet = forms.BaseInlineFormSet[Grant, Staff, forms.ModelForm[Grant]]
else:
    _ChangeForm, _AddForm, _GrantFormSet = UserChangeForm, AdminUserCreationForm, forms.BaseInlineFormSet


class NewPin(forms.Form):
    """A write-only field for a new PIN."""

    new_pin = forms.CharField(
        label="New PIN",
        required=False,
        strip=False,
        max_length=6,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "inputmode": "numeric"}),
        help_text="6 digits for the tablet; leave empty to keep the PIN as it is. Signs the person off everywhere.",
    )

    def clean_new_pin(self) -> str:
        pin: str = self.cleaned_data["new_pin"]
        try:
            if pin:
                check_new_pin(pin)
        except BadInput as bad:
            raise ValidationError(bad.sentence) from bad
        return pin


class StaffAddForm(NewPin, _AddForm):
    """A new person; without a password, as desk people are, unless one is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["usable_password"].initial = "false"
        self.fields["usable_password"].label = "Password for the back office"
        self.fields["usable_password"].help_text = "Only who works in the back office needs one."

    class Meta(AdminUserCreationForm.Meta):
        model = Staff
        fields = ("username", "display_name", "email")


class StaffChangeForm(NewPin, _ChangeForm):
    """An existing person; the password has its own page."""

    class Meta(UserChangeForm.Meta):
        model = Staff


class GrantFormSet(_GrantFormSet):
    """The roles of a person; each once per place."""

    def clean(self) -> None:
        super().clean()
        # Django leaves constraints with a condition to the database when the parent is not part of the form.
        kept = [form for form in self.forms if form not in self.deleted_forms and form.cleaned_data]
        places = [(form.cleaned_data.get("group"), form.cleaned_data.get("location")) for form in kept]
        if len(places) != len(set(places)):
            raise ValidationError("A role can be given only once for each place.")
