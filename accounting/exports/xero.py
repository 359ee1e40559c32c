"""Xero: manual journals as CSV (ACCOUNTING 8.4)."""

from collections.abc import Iterable, Iterator, Sequence

from accounting.exports.formats import BookEntry, BookLine, Export, File, Writer
from accounting.exports.rows import as_csv, part_name, shared_out
from accounting.exports.text import amount, for_import
from ledger.accounts import Account


class Xero(Writer):
    """Files for Xero's import of manual journals, 300 lines each; an amount above zero is a debit."""

    code = "XRO"
    slug = "xero"
    title = "Xero"
    meaning = (
        "Manual journals as CSV; they arrive as drafts. Accounts are codes, and none of them a bank account there."
    )
    longest_name = 10
    lines_per_file = 300
    header = (
        *("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"),
        *("TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2"),
    )

    def suggested(self, account: Account) -> str:
        return str(account.value)

    def trouble_with(self, name: str) -> str:
        if not (name.isascii() and name.replace(".", "").replace("-", "").isalnum()):
            return f"“{name}” is no account code of Xero: letters and digits, and between them points and dashes."
        return super().trouble_with(name)

    def files(self, export: Export) -> Iterator[File]:
        parts = shared_out(export.entries(), most=self.lines_per_file)
        for n, part in enumerate(parts, start=1):
            yield part_name(export.number, n, "csv"), as_csv(self._rows(part, export.tax_rate_name))

    def _rows(self, entries: Iterable[BookEntry], tax_rate: str) -> Iterator[Sequence[str]]:
        yield self.header
        for entry in entries:
            for line in entry.lines:
                yield self._row(entry, line, tax_rate)

    def _row(self, entry: BookEntry, line: BookLine, tax_rate: str) -> Sequence[str]:
        narration = for_import(f"{entry.number} {entry.title}", most=250)
        day = f"{entry.on.day} {entry.on:%b %Y}"  # no order of figures that could be misread
        memo, place = for_import(line.memo, most=250), for_import(line.place.name, most=100)
        return narration, day, memo, line.name, tax_rate, amount(line.amount_cents), "Location", place, "", ""
