"""Finding a client by what somebody types: the beginnings of words, and the end or any run of a phone number.

Each client's words are rows with an index, so that a hundred thousand clients are searched as fast as sixty.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db import connection
from django.db.models import CharField, Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast

from pos.models import Client, ClientWord, Sale

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


@dataclass(frozen=True, slots=True)
class Found:
    """The clients that everything typed fits, in order of name.

    A page is cut from the words and their names, in one index; then only its clients are read.
    """

    words: QuerySet[ClientWord]
    order: tuple[str, ...] = ("name", "id")

    def order_by(self, *order: str) -> Self:
        return replace(self, order=order)

    def filter(self, **conditions: Any) -> Self:
        return replace(self, words=self.words.filter(**conditions))

    def __getitem__(self, page: slice) -> QuerySet[Client]:
        order = [field.replace("name", "its_name").replace("id", "client") for field in self.order]
        once = self.words.values("client").annotate(its_name=Min("name")).order_by(*order)
        return as_told(Client.objects.filter(pk__in=once.values("client")[page])).order_by(*self.order)

    def __iter__(self) -> Iterator[Client]:
        return iter(self[:])


def find(typed: str) -> Found | QuerySet[Client]:
    """The clients that everything typed fits, in order of name; all of them when nothing is typed."""
    asked = [either for part in _joined_numbers(typed).split() for either in _asked(part)]
    if not asked:
        return as_told(Client.objects.order_by("name", "pk"))
    longest, *others = sorted(asked, key=lambda either: -min(map(len, either)))  # the longest fits the fewest
    words = ClientWord.objects.filter(_begins_any(longest))
    for either in others:
        words = words.filter(_has(either))
    return Found(words)


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


def _has(spellings: tuple[str, ...]) -> Exists:
    return Exists(ClientWord.objects.filter(_begins_any(spellings), client=OuterRef("client")))


def _begins_any(spellings: tuple[str, ...]) -> Q:
    return reduce(or_, map(_begins, spellings))


def _begins(word: str) -> Q:
    """The index serves LIKE on PostgreSQL; on SQLite, whose LIKE knows no case, a range."""
    return Q(word__startswith=word) if connection.vendor == "postgresql" else Q(word__gte=word, word__lt=word + LAST)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _folded(text).replace("_", " "))


def _folded(text: str) -> str:
    """Without case and accents, so that Zoë is found as zoe."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _joined_numbers(words: str) -> str:
    """The words with the parts of a phone number joined to one: "+1 614 555-0123 maya" has two."""
    return re.sub(r"(?<=[\d)])[\s.-]+(?=[\d(])", "", words)
