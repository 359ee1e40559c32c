"""What plain-text books need beside the entries: what was there before, and what the rows behind the books come to.

Both are kept with a batch when it becomes final. The opening is everything in our books by the last day that is not in
the batch, so that a file stands for itself; the claims are counted by the sub-ledgers, never by the journal, so that a
checker of somebody else's finds a cent that is in one and not in the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from accounting.exports.formats import Export, Place, Writer
from accounting.trial import balances_at
from ledger import subledgers
from ledger.accounts import Account
from ledger.snapshot import snapshot

Sums = Mapping[tuple[Account, int], int]
ROOTS = {1: "assets", 2: "liabilities", 3: "equity", 4: "income", 5: "expenses", 6: "expenses"}


@dataclass(frozen=True, slots=True)
class TieOut:
    """By account and location in cents, debit positive: what is brought forward, and what must be there at the end."""

    opening: Sums
    claims: Sums

    def as_json(self) -> dict[str, Any]:
        """For the facts of a batch."""
        return {"opening": _rows(self.opening), "claims": _rows(self.claims)}

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> "TieOut":
        """From the facts of a batch."""
        return TieOut(_sums(kept.get("opening", [])), _sums(kept.get("claims", [])))


def tie_out(export: Export) -> TieOut:
    """What to bring forward and what to claim, at the locations that the export has entries of; as of one instant."""
    moved: dict[tuple[Account, int], int] = defaultdict(int)
    with snapshot() as using:
        for entry in export.entries():
            for line in entry.lines:
                moved[line.account, line.place.id] += line.amount_cents
        booked = balances_at(export.ends_on, using=using)
        counted = subledgers.count(ends_on=export.ends_on, using=using)
    here = {place for _, place in moved}
    keys = sorted(key for key in booked.keys() | moved.keys() if key[1] in here)
    before = {key: booked.get(key, 0) - moved.get(key, 0) for key in keys}
    return TieOut(
        {key: cents for key, cents in before.items() if cents},
        {key: cents for key, cents in counted.items() if key[1] in here},
    )


class PlainText(Writer):
    """A writer of plain-text books; each account has a sub-account for each location, named by its code."""

    owns_names = True

    def keep(self, export: Export) -> dict[str, Any]:
        return tie_out(export).as_json()

    def account(self, export: Export, account: Account, place: Place) -> str:
        """The full name of an account at a location."""
        name = export.names.get(account, self.suggested(account)).replace("{location}", place.name)
        return f"{name}:{place.code}"

    def accounts(self, export: Export, ties: TieOut) -> dict[str, Account]:
        """Every account that the file names, in the order of the chart."""
        places = {place.id: place for place in export.places}
        used = {(line.account, line.place.id) for entry in export.entries() for line in entry.lines}
        used |= ties.opening.keys() | ties.claims.keys()
        return {self.account(export, account, places[place]): account for account, place in sorted(used)}

    def named(self, export: Export, sums: Sums) -> Iterator[tuple[str, int]]:
        """The sums by full name."""
        places = {place.id: place for place in export.places}
        for (account, place), cents in sums.items():
            yield self.account(export, account, places[place]), cents


def as_bytes(paragraphs: Iterable[str]) -> Iterator[bytes]:
    """Each paragraph with an empty line after it, as UTF-8."""
    for paragraph in paragraphs:
        yield f"{paragraph}\n\n".encode()


def _rows(sums: Sums) -> list[list[int]]:
    return [[account.value, place, cents] for (account, place), cents in sums.items()]


def _sums(rows: Iterable[Iterable[int]]) -> dict[tuple[Account, int], int]:
    return {(Account(account), place): cents for account, place, cents in rows}
