"""The two ways in which Footfall says no to a person: an expected refusal and bad input."""

from typing import Any, ClassVar


class Refusal(Exception):
    """An expected no, with a sentence the cashier can read and a stable code; the API answers 409."""

    code: ClassVar[str] = "refused"

    def __init__(self, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class BadInput(Exception):
    """Input that can not be meant, with the field that is wrong; the API answers 400."""

    code: ClassVar[str] = "invalid"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence
