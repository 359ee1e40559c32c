"""Finding a client by what somebody types: the beginnings of words, and the end or any run of a phone number.

Each client's words are rows with an index, so that a hundred thousand clients are searched as fast as sixty.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from pos.models import Client, ClientWord

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
        ClientWord(client=client, word=word)
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


def holding(clients: QuerySet[Client], typed: str) -> QuerySet[Client]:
    """Those that everything typed fits."""
    for part in _joined_numbers(typed).split():
        for either in _asked(part):
            clients = clients.filter(_has(either))
    return clients


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
    begins = reduce(or_, map(_begins, spellings))
    return Exists(ClientWord.objects.filter(begins, client=OuterRef("pk")))


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
