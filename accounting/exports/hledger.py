"""hledger: a journal whose balance assertions come from the rows behind the books (ACCOUNTING 8.7)."""

import datetime as dt
from collections.abc import Iterator, Sequence

from accounting.exports.formats import BookEntry, Export, File
from accounting.exports.plaintext import ROOTS, PlainText, TieOut, as_bytes
from accounting.exports.text import amount, plain
from ledger.accounts import Account

TYPES = {1: "A", 2: "L", 3: "E", 4: "R", 5: "X", 6: "X"}
CASH = (Account.CASH_DRAWER, Account.CASH_SAFE, Account.BANK)
BROUGHT_FORWARD, TIED_OUT = "Brought forward", "Sub-ledger tie-out"


class Hledger(PlainText):
    """One journal; `hledger check -s ordereddates payees` accepts it while every sub-ledger agrees with the books."""

    code = "HLG"
    slug = "hledger"
    title = "hledger"
    meaning = "A plain-text journal with balance assertions that were counted apart from it: hledger itself proves it."

    def suggested(self, account: Account) -> str:
        return f"{ROOTS[account.value // 1000]}:{account.label.lower()}"

    def trouble_with(self, name: str) -> str:
        if safe(name) != name or "" in (part.strip() for part in name.split(":")):
            return f"“{name}” is no account name of hledger: no “;” or “|”, one space at a time, no empty part."
        return super().trouble_with(name)

    def files(self, export: Export) -> Iterator[File]:
        ties = TieOut.from_json(export.kept)
        yield f"{export.number}.journal", as_bytes(self._paragraphs(export, ties))

    def _paragraphs(self, export: Export, ties: TieOut) -> Iterator[str]:
        usd = export.currency
        yield f"; {safe(export.business)}, {export.starts_on} to {export.last_on}, {export.number}"
        yield f"decimal-mark .\ncommodity {usd} 1000.00"
        yield "\n".join(f"account {name}  ; type:{_type(code)}" for name, code in self.accounts(export, ties).items())
        yield "\n".join(f"payee {payee}" for payee in _payees(export))
        if opening := list(self.named(export, ties.opening)):
            lines = [f"    {name}  {usd} {amount(cents)}" for name, cents in opening]
            yield "\n".join([_head(export.starts_on, "OPEN", BROUGHT_FORWARD), *lines])
        for entry in export.entries():
            yield self._entry(export, entry)
        if claims := list(self.named(export, ties.claims)):
            lines = [f"    {name}  {usd} 0.00 = {usd} {amount(cents)}" for name, cents in claims]
            yield "\n".join([_head(export.last_on, "TIE", TIED_OUT), *lines])

    def _entry(self, export: Export, entry: BookEntry) -> str:
        about = f"entry-no:{entry.entry_no}" + (f", batch:{export.number}" if export.number else "")
        rows = [f"{entry.on} * ({entry.number}) {safe(entry.title)}  ; {about}"]
        for line in entry.lines:
            tags = f"location:{line.place.code}" + (
                f", jurisdiction:{_tag(line.jurisdiction)}" * bool(line.jurisdiction)
            )
            name = self.account(export, line.account, line.place)
            rows.append(f"    {name}  {export.currency} {amount(line.amount_cents)}  ; {tags}")
        return "\n".join(rows)


def safe(text: str) -> str:
    """Text that neither begins a comment nor ends a payee or an account: one line, one space at a time."""
    return " ".join(plain(text).replace(";", " ").replace("|", " ").split())


def _tag(text: str) -> str:
    return safe(text).replace(",", " ")


def _type(account: Account) -> str:
    return "C" if account in CASH else TYPES[account.value // 1000]


def _payees(export: Export) -> Sequence[str]:
    return sorted({safe(entry.title) for entry in export.entries()} | {BROUGHT_FORWARD, TIED_OUT})


def _head(on: dt.date, what: str, payee: str) -> str:
    return f"{on} * ({what}-{on}) {payee}"
