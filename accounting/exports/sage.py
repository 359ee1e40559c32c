"""Sage: the general journal of Sage 50 US and journal entries of Sage Intacct, both as CSV (ACCOUNTING 8.5)."""

from collections.abc import Iterable, Iterator, Sequence

from accounting.exports.formats import BookEntry, Export, File, Writer
from accounting.exports.rows import as_csv, part_name
from accounting.exports.text import amount, in_ascii
from ledger.accounts import Account


def _no_code(name: str, title: str) -> str:
    if name.isascii() and name.replace("-", "").replace(".", "").isalnum():
        return ""
    return f"“{name}” is no account number of {title}: letters and digits, and between them points and dashes."


class Sage50(Writer):
    """The file GENERAL.CSV of Sage 50 US; each row says how many rows its entry has."""

    code = "S50"
    slug = "sage-50"
    title = "Sage 50 US"
    meaning = "The general journal as CSV. Accounts are account IDs."
    longest_name = 15
    header = ("Date", "Reference", "Number of Distributions", "G/L Account", "Description", "Amount")

    def suggested(self, account: Account) -> str:
        return str(account.value)

    def trouble_with(self, name: str) -> str:
        return _no_code(name, self.title) or super().trouble_with(name)

    def files(self, export: Export) -> Iterator[File]:
        yield part_name(export.number, 1, "csv"), as_csv(self._rows(export.entries()), encoding="cp1252")

    def _rows(self, entries: Iterable[BookEntry]) -> Iterator[Sequence[str]]:
        yield self.header
        for entry in entries:
            reference = entry.number if len(entry.number) <= 20 else entry.short
            about = (f"{entry.on:%m/%d/%y}", reference, str(len(entry.lines)))
            for line in entry.lines:
                yield *about, line.name, in_ascii(line.memo, most=160), amount(line.amount_cents)


class SageIntacct(Writer):
    """Journal entries of Sage Intacct; what belongs to the whole entry stands on its first line only."""

    code = "INT"
    slug = "sage-intacct"
    title = "Sage Intacct"
    meaning = (
        "Journal entries as CSV; location IDs there are our location codes. One wrong entry rejects the whole file."
    )
    longest_name = 24
    header = (
        *("JOURNAL", "DATE", "DESCRIPTION", "REFERENCE_NO", "LINE_NO", "ACCT_NO"),
        *("LOCATION_ID", "DEPT_ID", "MEMO", "DEBIT", "CREDIT"),
    )

    def suggested(self, account: Account) -> str:
        return str(account.value)

    def trouble_with(self, name: str) -> str:
        return _no_code(name, self.title) or super().trouble_with(name)

    def files(self, export: Export) -> Iterator[File]:
        rows = self._rows(export.entries(), export.journal_code)
        yield part_name(export.number, 1, "csv"), as_csv(rows, encoding="cp1252")

    def _rows(self, entries: Iterable[BookEntry], journal: str) -> Iterator[Sequence[str]]:
        yield self.header
        for entry in entries:
            rank = f"{entry.rank:04}"
            title = f"{in_ascii(entry.title, most=29 - len(rank))} {rank}"
            about: Sequence[str] = (journal, f"{entry.on:%m/%d/%Y}", title, entry.number)
            for n, line in enumerate(entry.lines, start=1):
                cents = line.amount_cents
                sides = (amount(cents), "") if cents > 0 else ("", amount(-cents))
                yield *about, str(n), line.name, line.place.code, "", in_ascii(line.memo, most=1000), *sides
                about = ("", "", "", "")
