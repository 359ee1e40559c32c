"""QuickBooks: journal entries for QuickBooks Online as CSV (ACCOUNTING 8.1), for QuickBooks Desktop as IIF (8.3)."""

from collections.abc import Iterable, Iterator, Sequence

from accounting.exports.formats import BookEntry, BookLine, Export, File, Writer
from accounting.exports.rows import as_csv, as_tabbed, part_name, shared_out
from accounting.exports.text import amount, for_import, in_ascii, plain
from ledger.accounts import Account

SUGGESTED = {
    Account.CASH_DRAWER: "Cash:Drawer {location}",
    Account.CASH_SAFE: "Cash:Safe",
    Account.SALES_TAX: "Sales Tax Payable - POS",
    Account.TIPS: "Tips Payable",
    Account.SERVICES: "Massage Services",
    Account.RETAIL: "Retail Sales",
    Account.CASH_OVER_SHORT: "Cash Over and Short",
}


class QuickBooksOnline(Writer):
    """Files for QuickBooks Online's import of journal entries, 1,000 rows each."""

    code = "QBO"
    slug = "quickbooks-online"
    title = "QuickBooks Online"
    meaning = "Journal entries as CSV. Account numbers must be switched off there; sub-accounts are Parent:Sub."
    rows_per_file = 1000
    header = (
        *("JournalNo", "JournalDate", "AccountName", "Debits", "Credits"),
        *("Description", "Name", "Location", "Class"),
    )

    def suggested(self, account: Account) -> str:
        return SUGGESTED.get(account, account.label)

    def files(self, export: Export) -> Iterator[File]:
        parts = shared_out(export.entries(), most=self.rows_per_file)
        for n, part in enumerate(parts, start=1):
            yield part_name(export.number, n, "csv"), as_csv(self._rows(part))

    def _rows(self, entries: Iterable[BookEntry]) -> Iterator[Sequence[str]]:
        yield self.header
        for entry in entries:
            for line in entry.lines:
                yield self._row(entry, line)

    def _row(self, entry: BookEntry, line: BookLine) -> Sequence[str]:
        cents = line.amount_cents
        sides = (amount(cents), "") if cents > 0 else ("", amount(-cents))
        memo, place = for_import(line.memo, most=4000), for_import(line.place.name, most=100)
        return entry.number, f"{entry.on:%m/%d/%Y}", plain(line.name), *sides, memo, "", place, ""


class QuickBooksDesktop(Writer):
    """One IIF file for QuickBooks Desktop: tabs, no quotes, ASCII."""

    code = "QBD"
    slug = "quickbooks-desktop"
    title = "QuickBooks Desktop"
    meaning = "General journal entries as IIF. Accounts and classes must exist there, spelled exactly so."
    longest_name = 159
    header = (
        "!TRNS\tTRNSID\tTRNSTYPE\tDATE\tACCNT\tNAME\tCLASS\tAMOUNT\tDOCNUM\tMEMO",
        "!SPL\tSPLID\tTRNSTYPE\tDATE\tACCNT\tNAME\tCLASS\tAMOUNT\tDOCNUM\tMEMO",
        "!ENDTRNS",
    )

    def suggested(self, account: Account) -> str:
        return SUGGESTED.get(account, account.label)

    def trouble_with(self, name: str) -> str:
        if in_ascii(name, most=len(name)) != name:
            return f"“{name}” has letters that an IIF file can not have; use plain ones without double quotes."
        if long := next((part for part in name.split(":") if len(part) > 31), ""):
            return f"“{long}” has {len(long)} characters; {self.title} takes 31 between two colons."
        return super().trouble_with(name)

    def files(self, export: Export) -> Iterator[File]:
        yield part_name(export.number, 1, "iif"), as_tabbed(self._rows(export.entries()))

    def _rows(self, entries: Iterable[BookEntry]) -> Iterator[Sequence[str]]:
        for head in self.header:
            yield (head,)
        for entry in entries:
            for n, line in enumerate(entry.lines):
                yield self._row("SPL" if n else "TRNS", entry, line)
            yield ("ENDTRNS",)

    def _row(self, word: str, entry: BookEntry, line: BookLine) -> Sequence[str]:
        account, place = in_ascii(line.name, most=159), in_ascii(line.place.name, most=31)
        memo = in_ascii(line.memo, most=4000)
        day, cents = f"{entry.on:%m/%d/%Y}", amount(line.amount_cents)
        return word, "", "GENERAL JOURNAL", day, account, "", place, cents, entry.short, memo
