"""The exact effect of a change, shown before it happens: rehearsed by the rules themselves, in their sentences (R40).

A form carries the mark of what was shown; if the change would do anything else by then, it is shown anew.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from memberships.portal.showing import committed, rehearsed
from studio.refusal import Refusal

Done = TypeVar("Done")


class EffectChanged(Refusal):
    """It would do something else than was shown: a day has begun, a session was used, a price has changed."""

    code = "effect_changed"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change comes to, in sentences; or why it can not be."""

    sentences: Sequence[str]
    problem: str = ""

    @property
    def mark(self) -> str:
        """What a form says it has shown."""
        return mark_of(self.sentences)


def mark_of(sentences: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sentences).encode()).hexdigest()[:20]


def effect_of(change: Callable[[], Sequence[str]]) -> Effect:
    """What the change would do now; nothing is written."""
    try:
        return Effect(rehearsed(change))
    except Refusal as no:
        return Effect((), problem=no.sentence)


def make(change: Callable[[], tuple[Sequence[str], Done]], *, shown: str) -> Done:
    """Make the change that was shown; EffectChanged, and nothing is written, when it does something else."""

    def unit() -> Done:
        sentences, done = change()
        if mark_of(sentences) != shown:
            raise EffectChanged("Something has changed since. Look at what it comes to now.")
        return done

    return committed(unit)
