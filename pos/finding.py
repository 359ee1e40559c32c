"""Finding a client by what somebody types: the beginnings of words, and the end or any run of a phone number.

Each client's words are rows with an index, so that a hundred thousand clients are searched as fast as sixty.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    UUIDField,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, StrIndex
from django.db.models.sql.compiler import SQLCompiler

from pos.models import Client, ClientWord, Sale
from studio.models import Location
from studio.prepared import Prepared, PreparedValues, Slot

MOST = 50
"""Clients that are told at once."""
ROWS = 2 * MOST
"""Words that are looked at in the index: a client may have several that begin alike."""
SALES = 200
"""The latest of a place, whose clients go before others."""
LONGEST, LONGEST_BESIDE = 80, 600
LEAST_DIGITS = 3
"""Fewer digits are no phone number, but part of a name."""
NUMBER = "#"
"""Before the digits of a phone number, so that two typed digits do not find it."""
LAST = "\U0010ffff"


def keep_words(clients: Iterable[Client]) -> None:
    """Write the words of clients that were made or changed; in the caller's transaction."""
    clients = list(clients)
    ClientWord.objects.filter(client__in=clients).delete()
    ClientWord.objects.bulk_create(row for client in clients for row in _rows_of(client))


def _rows_of(client: Client) -> list[ClientWord]:
    known = client.name, client.email, str(client.phone)
    beside = beside_of(*known)
    return [ClientWord(client=client, word=word, beside=beside) for word in sorted(words_of(*known))]


def words_of(name: str, email: str, phone: str) -> set[str]:
    """What a client is found by: the words of name and mail, the whole mail, and all ends of the number."""
    digits = re.sub(r"\D", "", phone)
    ends = {NUMBER + digits[start:] for start in range(len(digits) - LEAST_DIGITS + 1)}
    words = {*_words(name), *_words(email), _folded(email), *ends}
    return {word[:LONGEST] for word in words if word}


def beside_of(name: str, email: str, phone: str) -> str:
    """All that `words_of` has in one text, each word after a space, those of the name first."""
    words = [*_words(name), *_words(email), _folded(email), NUMBER + re.sub(r"\D", "", phone)]
    return "".join(f" {word}" for word in words if word)[:LONGEST_BESIDE]


Asked = tuple[tuple[str, ...], ...]
"""Words that must all fit, each with its spellings, the one that fits the fewest first."""


def everybody() -> QuerySet[Client]:
    """All clients, in order of name."""
    return as_told(Client.objects.order_by("name", "pk"))


def find(typed: str, *, at: Location) -> list[Client]:
    """The best `MOST` clients whom everything typed fits, in four queries at most, however many it fits.

    Who is called just so comes first, then who was here last. Of more than `MOST` half are the first of the index and
    half those who were lately at the location `at`: whoever looks for another types a letter more.
    """
    asked = tuple(either for part in _joined_numbers(typed).split() for either in _asked(part))
    keys = _best_of(tuple(sorted(asked, key=lambda either: -min(map(len, either)))), at=at) if asked else []
    told = _TOLD.rows(**_keys(keys)) if keys else []
    called = {either[0] for either in asked}
    return sorted(told, key=lambda client: (not called <= _names(client), *_last_here_first(client)))


def _best_of(asked: Asked, *, at: Location) -> list[uuid.UUID]:
    """Keys of the clients to be told, the first of the index first."""
    others = [either[-1] if len(either) > 1 else f" {either[0]}" for either in asked[1:]]
    fits = {f"other_{number}": word for number, word in enumerate(others)}
    first: dict[uuid.UUID, None] = {}
    is_whole = True
    for word in asked[0]:
        rows = _index(len(others)).tuples(word=word, below=word + LAST, **fits)
        first |= dict.fromkeys(client for (client,) in rows)
        is_whole = is_whole and len(rows) < ROWS
    if is_whole and len(first) <= MOST:
        return list(first)
    return _with_those_of_late(list(first), asked[0], fits, at=at)


def _with_those_of_late(
    first: list[uuid.UUID], spellings: tuple[str, ...], fits: dict[str, str], *, at: Location
) -> list[uuid.UUID]:
    """Half of them the first of the index, and half those of the latest sales."""
    lately: dict[uuid.UUID, None] = {}
    for word in spellings:
        rows = _lately(len(fits)).tuples(location=at.pk, word=word, below=word + LAST, **fits)
        lately |= dict.fromkeys(client for (client,) in rows)
    return list(dict.fromkeys([*first[: MOST // 2], *list(lately)[: MOST // 2], *first]))[:MOST]


def _keys(found: Sequence[uuid.UUID]) -> dict[str, uuid.UUID]:
    """So many keys as the query has slots; the last one stands for those that are missing."""
    return {f"key_{number}": found[min(number, len(found) - 1)] for number in range(MOST)}


def _names(client: Client) -> set[str]:
    """The whole words that somebody is called by."""
    return {*_words(client.name), _folded(client.email)}


def _last_here_first(client: Any) -> tuple[int, str, uuid.UUID]:
    return (-client.last_visit_on.toordinal() if client.last_visit_on else 0), client.name, client.pk


@lru_cache(maxsize=64)
def _index(others: int) -> PreparedValues:
    """Clients by a word that begins like the one asked, as they lie in the index, where so many others fit too."""
    words = _fitting(others).order_by(_Lying("word"), "beside", "client")
    return PreparedValues(lambda: words.values_list("client")[:ROWS])


@lru_cache(maxsize=64)
def _lately(others: int) -> PreparedValues:
    """Clients of the latest sales at a place, where all words fit."""
    place: Any = Slot("location", BigIntegerField())
    sales = Sale.objects.filter(location=place, client__isnull=False, business_date__isnull=False)
    latest = sales.order_by("-business_date", "-pk")
    fits = Exists(_fitting(others).filter(client=OuterRef("client")))
    found = latest.filter(fits, pk__in=latest[:SALES].values("pk"))
    return PreparedValues(lambda: found.values_list("client"))


def _fitting(others: int) -> QuerySet[ClientWord]:
    """Words of a range of the index, beside which the others are."""
    at_least, below = (" ~>=~ ", " ~<~ ") if connection.vendor == "postgresql" else (" >= ", " < ")
    words = ClientWord.objects.filter(_compared(at_least, "word"), _compared(below, "below"))
    for number in range(others):
        words = words.annotate(**{f"at_{number}": StrIndex("beside", Slot(f"other_{number}", CharField()))})
    return words.filter(**{f"at_{number}__gt": 0 for number in range(others)})


def as_told(clients: QuerySet[Client]) -> QuerySet[Client]:
    """With `last_visit_on`, and `number`, the stored phone number as it is: to understand it anew is slow."""
    visits = Sale.objects.filter(client=OuterRef("pk")).exclude(business_date=None)
    last_visit = Subquery(visits.order_by("-business_date").values("business_date")[:1])
    told = clients.annotate(last_visit_on=last_visit, number=Cast("phone", CharField()))
    return told.only("name", "email", "note", "tax_certificate", "created_at")


_TOLD: Prepared[Client] = Prepared(
    lambda: as_told(
        Client.objects.filter(pk__in=[Slot(f"key_{number}", UUIDField()) for number in range(MOST)]).order_by()
    )
)


class _Lying(OrderBy):
    """The order of words as they lie in the index, on PostgreSQL with the operators of LIKE."""

    def __init__(self, field: str) -> None:
        super().__init__(F(field))

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        # Django looks for ASC or DESC at the end.
        return self.as_sql(compiler, connection, template="%(expression)s USING ~<~ /* ASC */")


def _asked(part: str) -> Iterator[tuple[str, ...]]:
    """The words of one typed part, each with its spellings; a mail address and a number stay whole.

    Only signs are a word that nobody has.
    """
    digits = re.sub(r"\D", "", part)
    if "@" in part:
        yield (_folded(part),)
    elif len(digits) >= LEAST_DIGITS and not re.search(r"[^\W\d_]", part):
        yield NUMBER + digits, digits
    else:
        yield from ((word,) for word in _words(part) or [LAST])


def _compared(operator: str, slot: str) -> Func:
    word = Slot(slot, CharField())
    return Func(F("word"), word, template="%(expressions)s", arg_joiner=operator, output_field=BooleanField())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _folded(text).replace("_", " "))


def _folded(text: str) -> str:
    """Without case and accents, so that Zoë is found as zoe."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _joined_numbers(words: str) -> str:
    """The words with the parts of a phone number joined to one: "+1 614 555-0123 maya" has two."""
    return re.sub(r"(?<=[\d)])[\s.-]+(?=[\d(])", "", words)
