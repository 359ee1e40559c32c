"""What an export into other books is made of, and what a writer of one kind of file has to offer.

`settings.EXPORT_FORMATS` lists the writers by dotted path, so that pages, the command and the checks know the same.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from accounting.exports.text import for_import
from ledger.accounts import Account

File = tuple[str, Iterable[bytes]]
"""A file's name and its contents, piece by piece."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location as it was called when the batch became final; `letter` stands for it where there is no room."""

    id: int
    code: str
    name: str
    letter: str


@dataclass(frozen=True, slots=True)
class BookLine:
    """One line of an entry for other books: cents, debit positive; `name` is the account as the other books call it."""

    account: Account
    name: str
    amount_cents: int
    place: Place
    jurisdiction: str
    memo: str


@dataclass(frozen=True, slots=True)
class BookEntry:
    """An entry for other books; it comes to zero, and its lines have the order of print.

    `number` is at most 21 characters ("UPT-20260102-S-0007"), `short` at most 11; `entry_no` is the number in the
    chain of the first of our entries in it.
    """

    number: str
    short: str
    title: str
    on: dt.date
    bucket: str
    rank: int
    place: Place
    entry_no: int
    lines: tuple[BookLine, ...]


@dataclass(frozen=True, slots=True)
class BookPosting:
    """A posting of our books as it stands there, for files that leave nothing out.

    `document_no` is the number that its entry has where each event is an entry of its own.
    """

    entry_no: int
    document_no: str
    event_key: str
    event_type: str
    business_date: dt.date
    occurred_at: dt.datetime
    posted_at: dt.datetime
    place: Place
    line_no: int
    account: Account
    name: str
    amount_cents: int
    therapist: str
    category: str
    tender: str
    jurisdiction: str
    instrument: str
    stripe_bt: str
    payout: str
    client: uuid.UUID | None
    drawer_session: uuid.UUID | None
    reverses_no: int | None
    original_date: dt.date | None


@dataclass(frozen=True, slots=True)
class Export:
    """A batch as its writer sees it: everything in it is immutable or was kept when the batch became final.

    `entries()` and `postings()` read the books anew each time, in the same order. `names` has the account names of the
    other books, with `{location}` where a location's name goes. `kept` is what `Writer.keep` gave. `using` is the
    alias to read with.
    """

    number: str
    business: str
    currency: str
    starts_on: dt.date
    ends_on: dt.date
    grain: str
    final_at: dt.datetime
    head: tuple[int, str]
    places: tuple[Place, ...]
    names: Mapping[Account, str]
    tax_rate_name: str
    journal_code: str
    previous_sha256: str
    using: str
    entries: Callable[[], Iterator[BookEntry]]
    postings: Callable[[], Iterator[BookPosting]]
    kept: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last_on(self) -> dt.date:
        """The last day of it, as people say it."""
        return self.ends_on - dt.timedelta(days=1)


class Writer:
    """One kind of file for other books; a subclass says what it is called and writes the files.

    `code` begins the numbers of its batches ("QBO"), `slug` names it in addresses and commands. `owns_names`: the
    suggested account names hold without anybody having saved them, because no chart of others has to know them.
    `has_postings`: its lines are our postings one by one, not entries merged for other books. `repeats`: made again its
    files have the same bytes on any machine; otherwise they are packed by a library that may pack differently one day.
    """

    code: ClassVar[str]
    slug: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    owns_names: ClassVar[bool] = False
    has_postings: ClassVar[bool] = False
    repeats: ClassVar[bool] = True
    longest_name: ClassVar[int] = 100
    """The most characters of an account's name or code there."""

    def suggested(self, account: Account) -> str:
        """The name that the account could have there."""
        return account.label

    def trouble_with(self, name: str) -> str:
        """Why the other books would not take this account name (locations filled in); empty when they would."""
        if name != for_import(name, most=len(name)):
            return (
                f"“{name}” begins with a sign that a spreadsheet calculates with, or has characters that do not show."
            )
        if len(name) > self.longest_name:
            return f"“{name}” has {len(name)} characters; {self.title} takes {self.longest_name}."
        return ""

    def keep(self, export: Export) -> dict[str, Any]:
        """What else the files depend on and may change later (JSON), kept with the batch when it becomes final."""
        return {}

    def files(self, export: Export) -> Iterator[File]:
        """The files, in an order that never changes; the same export gives the same bytes."""
        raise NotImplementedError


@cache
def writers() -> dict[str, Writer]:
    """Every writer by its slug, in the order of the settings."""
    found: list[Writer] = [import_string(path)() for path in settings.EXPORT_FORMATS]
    return {writer.slug: writer for writer in found}
