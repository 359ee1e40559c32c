"""What the holder of a card may ask without being known: its balance, and how often it may be guessed at (R19, S3, S4).

The edge reserves a try and commits it, only then looks, and afterwards says whether it found one.
"""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass

from giftcards import codes, spending
from giftcards.models import GiftCard, GiftCardMove
from studio import throttle
from studio.models import Throttle
from studio.refusal import Refusal

TRIES, TRIES_PER = 10, dt.timedelta(minutes=10)
MISSES, LOCKED_FOR = 5, dt.timedelta(minutes=15)
DESK_TRIES, DESK_TRIES_PER = 30, dt.timedelta(minutes=1)
ALL_MISSES, ALL_MISSES_PER = 1_000, dt.timedelta(hours=1)
ALL_MISSES_KEY = "gift-miss:all"
"""Above so many misses an hour, of everybody together, the public check is off and `check_books` rings."""
LAST_USES = 5


class NoSuchBalance(Refusal):
    """Unknown, not active, blocked or expired: the public never learns which."""

    code = "no_such_card"


class TooManyTries(Refusal):
    """The address, or everybody together, has guessed too often; the details say how long to wait."""

    code = "too_many_tries"


@dataclass(frozen=True, slots=True)
class Use:
    """A use or a load of the card, without names: positive is more on it."""

    on: dt.date
    face_cents: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What the holder may know; of a treatment card the treatment and not what was paid for it."""

    last4: str
    balance_cents: int | None
    treatment: str
    expires_on: dt.date | None
    uses: tuple[Use, ...]


def reserve(address: str, *, now: dt.datetime) -> None:
    """Count a try of the address, and a miss until it is known to be none; TooManyTries before anything is looked at.

    The caller commits this and only then looks.
    """
    taken: list[str] = []
    for key, limit, per in _buckets(address):
        if not throttle.reserve(key=key, limit=limit, per=per, now=now):
            for taken_key in taken:
                throttle.give_back(key=taken_key, now=now)
            wait = throttle.time_to_wait(key=key, per=per, now=now)
            raise TooManyTries(
                "Too many tries. Wait a while, or ask the studio.", wait_seconds=int(wait.total_seconds()) + 1
            )
        taken.append(key)


def reserve_at_desk(device_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Count a look of a tablet, which has a bucket of its own: the tills go on when the public check is off."""
    key = f"gift-desk:{device_id}"
    if not throttle.reserve(key=key, limit=DESK_TRIES, per=DESK_TRIES_PER, now=now):
        wait = throttle.time_to_wait(key=key, per=DESK_TRIES_PER, now=now)
        raise TooManyTries("Too many codes at once. Wait a minute.", wait_seconds=int(wait.total_seconds()) + 1)


def look(text: str, *, now: dt.datetime) -> Balance | None:
    """The balance of a card that pays today; None for every other code, after the same steps."""
    cards = GiftCard.objects.filter(code_mac__in=codes.macs_like(text)).select_related("location", "item")
    card = cards.first()
    if card is None or card.status != GiftCard.Status.ACTIVE:
        return None
    return None if spending.has_expired(card, on=card.location.business_date(now)) else _balance(card)


def found(address: str, *, now: dt.datetime) -> None:
    """The try was right: it is no miss."""
    for key, _, _ in _buckets(address)[1:]:
        throttle.give_back(key=key, now=now)


def missed(address: str, *, now: dt.datetime) -> None:
    """The try was wrong: the wait begins with the last of the allowed misses."""
    throttle.wait_anew_when_spent(key=_miss_key(address), limit=MISSES, now=now)


def is_off(*, now: dt.datetime, using: str = "default") -> bool:
    """Whether so many codes were guessed within the hour that the public check is off."""
    spent = Throttle.objects.using(using).filter(key=ALL_MISSES_KEY, used__gte=ALL_MISSES)
    return spent.filter(window_started_at__gt=now - ALL_MISSES_PER).exists()


def _buckets(address: str) -> tuple[tuple[str, int, dt.timedelta], ...]:
    return (
        (f"gift-try:{_hidden(address)}", TRIES, TRIES_PER),
        (_miss_key(address), MISSES, LOCKED_FOR),
        (ALL_MISSES_KEY, ALL_MISSES, ALL_MISSES_PER),
    )


def _miss_key(address: str) -> str:
    return f"gift-miss:{_hidden(address)}"


def _hidden(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def _balance(card: GiftCard) -> Balance:
    is_treatment = spending.is_whole_treatment(card)
    moves = card.moves.exclude(kind=GiftCardMove.Kind.BREAKAGE).order_by("-at", "-id")[:LAST_USES]
    uses = tuple(Use(card.location.business_date(move.at), move.face_cents) for move in moves)
    return Balance(
        last4=card.last4,
        balance_cents=None if is_treatment else card.free_cents,
        treatment=str(card.item) if is_treatment else "",
        expires_on=card.expires_on,
        uses=() if card.kind == GiftCard.Kind.TREATMENT else uses,
    )
