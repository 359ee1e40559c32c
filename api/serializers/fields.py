"""The strict fields of a request: what is validated is one value however it was written, or it is refused."""

import re
import uuid
from typing import Any

from rest_framework import serializers

from pos.asked import MAX_CENTS

BIGGEST_ID = 2**63 - 1
_DIGITS = re.compile(r"\s*[+-]?\d{1,19}\s*")


class Strict(serializers.Serializer[Any]):
    """An object with known fields only: a misspelt one is told, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(str(key) for key in data.keys() - self.fields.keys())):
            raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """1, 1.0, "1" and "１" are one value; 1.5, "1e3", true and whatever is not within the bounds are none."""

    default_error_messages = {"invalid": "Give a whole number."}

    def __init__(self, *, min_value: int, max_value: int, **more: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **more)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and _DIGITS.fullmatch(data):
            return int(data)
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Cents(WholeNumber):
    """An amount in cents, at least one."""

    default_error_messages = {
        "invalid": "Give an amount in whole cents.",
        "min_value": "An amount is at least one cent.",
        "max_value": "An amount is at most $100,000.",
    }

    def __init__(self, *, min_value: int = 1, max_value: int = MAX_CENTS, **more: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **more)


class CentsOrNone(Cents):
    """An amount in cents that may be zero, such as a float or a count."""

    default_error_messages = {"min_value": "An amount is not negative."}

    def __init__(self, **more: Any) -> None:
        super().__init__(min_value=0, **more)


class StaffId(WholeNumber):
    """The id of a person who works here."""

    default_error_messages = {"invalid": "Give the number of a person."}

    def __init__(self, **more: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_ID, **more)


class ReaderId(WholeNumber):
    """The id of a card reader."""

    default_error_messages = {"invalid": "Give the number of a card reader."}

    def __init__(self, **more: Any) -> None:
        super().__init__(min_value=1, max_value=BIGGEST_ID, **more)


class Words(serializers.CharField):
    """Text, and only text, without spaces around it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Uuid(serializers.UUIDField):
    """A UUID as text; however it is written it is one value."""

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data.strip())


class Percent(serializers.DecimalField):
    """A percentage above 0 and up to 100, with two decimals at most."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, **more)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            self.fail("invalid")
        number = super().to_internal_value(data)
        if not 0 < number <= 100:
            raise serializers.ValidationError("A percentage is above 0 and at most 100.")
        return number


class Yes(serializers.BooleanField):
    """True or left out: there is nothing to say no to."""

    def to_internal_value(self, data: Any) -> bool:
        if data is not True:
            raise serializers.ValidationError("Give true, or leave it out.")
        return True


def listed(child: Strict, *, most: int, **more: Any) -> serializers.ListSerializer[Any]:
    """A list of such objects, of at most so many."""
    return serializers.ListSerializer(child=child, max_length=most, **more)
