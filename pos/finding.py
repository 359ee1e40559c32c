"""Finding a client by what somebody types: the beginnings of words, and the end or any run of a phone number.

Each client's words are rows with an index, so that a hundred thousand clients are searched as fast as sixty.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Self

from django.db import connection
from django.db.models import BooleanField, CharField, Exists, F, Func, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from pos.models import Client, ClientWord, Sale
from studio.prepared import Prepared, Slot

LONGEST = 80
LEAST_DIGITS = 3
"""Fewer digits are no phone number, but part of a name."""
NUMBER = "#"
"""Before the digits of a phone number, so that two typed digits do not find it."""
LAST = "\U0010ffff"


def keep_words(clients: Iterable[Client]) -> None:
    """Write the words of clients that were made or changed; in the caller's transaction."""
    clients = list(clients)
    ClientWord.objects.filter(client__in=clients).delete()
    words = [
        ClientWord(client=client, word=word, name=client.name)
        for client in clients
        for word in sorted(words_of(client.name, client.email, str(client.phone)))
    ]
    ClientWord.objects.bulk_create(words)


def words_of(name: str, email: str, phone: str) -> set[str]:
    """What a client is found by: the words of name and mail, the whole mail, and all ends of the number."""
    digits = re.sub(r"\D", "", phone)
    ends = {NUMBER + digits[start:] for start in range(len(digits) - LEAST_DIGITS + 1)}
    words = {*_words(name), *_words(email), _folded(email), *ends}
    return {word[:LONGEST] for word in words if word}


Asked = tuple[tuple[str, ...], ...]
"""Words that must all fit, each with its spellings, the one that fits the fewest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """The clients that everything typed fits, in order of name.

    A page is cut from the words and their names, in one index; then only its clients are read.
    """

    asked: Asked
    order: tuple[str, ...] = ("name", "id")
    conditions: tuple[tuple[str, Any], ...] = ()

    def order_by(self, *order: str) -> Self:
        return replace(self, order=order)

    def filter(self, **conditions: Any) -> Self:
        return replace(self, conditions=(*self.conditions, *conditions.items()))

    def __getitem__(self, page: slice) -> list[Client]:
        shape = tuple(map(len, self.asked))
        query = _first_pages if not self.conditions else _pages
        return query(shape, self.order, (page.start, page.stop), self.conditions).rows(**dict(self._slots()))

    def __iter__(self) -> Iterator[Client]:
        return iter(self[:])

    def _slots(self) -> Iterator[tuple[str, str]]:
        for number, spellings in enumerate(self.asked):
            for other, word in enumerate(spellings):
                yield f"from_{number}_{other}", word
                yield f"to_{number}_{other}", word + LAST


def find(typed: str) -> Found | QuerySet[Client]:
    """The clients that everything typed fits, in order of name; all of them when nothing is typed."""
    asked = [either for part in _joined_numbers(typed).split() for either in _asked(part)]
    if not asked:
        return as_told(Client.objects.order_by("name", "pk"))
    return Found(tuple(sorted(asked, key=lambda either: -min(map(len, either)))))  # the longest fits the fewest


def _pages(
    shape: tuple[int, ...],
    order: tuple[str, ...],
    page: tuple[int | None, int | None],
    conditions: tuple[tuple[str, Any], ...],
) -> Prepared[Client]:
    """The query for that part of the clients when so many words are asked for, each with so many spellings."""
    words = ClientWord.objects.filter(_begins_any(0, shape[0]), **dict(conditions))
    for number, spellings in list(enumerate(shape))[1:]:
        words = words.filter(
            Exists(ClientWord.objects.filter(_begins_any(number, spellings), client=OuterRef("client")))
        )
    by = [field.replace("name", "its_name").replace("id", "client") for field in order]
    once = words.values("client").annotate(its_name=Min("name")).order_by(*by).values("client")
    return Prepared(lambda: as_told(Client.objects.filter(pk__in=once[slice(*page)])).order_by(*order))


_first_pages = lru_cache(maxsize=64)(_pages)


def as_told(clients: QuerySet[Client]) -> QuerySet[Client]:
    """With `last_visit_on`, and `number`, the stored phone number as it is: to understand it anew is slow."""
    visits = Sale.objects.filter(client=OuterRef("pk")).exclude(business_date=None)
    last_visit = Subquery(visits.order_by("-business_date").values("business_date")[:1])
    told = clients.annotate(last_visit_on=last_visit, number=Cast("phone", CharField()))
    return told.only("name", "email", "note", "created_at")


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


def _begins_any(number: int, spellings: int) -> Q:
    """A word that begins like one of the spellings: a range of the index, on PostgreSQL with the operators of LIKE."""
    at_least, below = (" ~>=~ ", " ~<~ ") if connection.vendor == "postgresql" else (" >= ", " < ")
    ranges = (
        Q(_compared(at_least, f"from_{number}_{other}")) & Q(_compared(below, f"to_{number}_{other}"))
        for other in range(spellings)
    )
    return reduce(or_, ranges)


def _compared(operator: str, slot: str) -> Func:
    word = Slot(slot, CharField())
    return Func(F("word"), word, template="%(expressions)s", arg_joiner=operator, output_field=BooleanField())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _folded(text).replace("_", " "))


def _folded(text: str) -> str:
    """Without case and accents, so that Zoë is found as zoe."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _joined_numbers(words: str) -> str:
    """The words with the parts of a phone number joined to one: "+1 614 555-0123 maya" has two."""
    return re.sub(r"(?<=[\d)])[\s.-]+(?=[\d(])", "", words)
