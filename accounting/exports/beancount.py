"""beancount: a ledger whose balance directives come from the rows behind the books (ACCOUNTING 8.7)."""

import datetime as dt
import re
from collections.abc import Iterator

from accounting.exports.formats import BookEntry, Export, File
from accounting.exports.plaintext import ROOTS, PlainText, TieOut, as_bytes
from accounting.exports.text import amount, plain
from ledger.accounts import Account

DAY = dt.timedelta(days=1)
NAME = re.compile(r"(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+")


class Beancount(PlainText):
    """One ledger; `bean-check` accepts it while every sub-ledger agrees with the books to the cent."""

    code = "BEAN"
    slug = "beancount"
    title = "beancount"
    meaning = "A plain-text ledger with balances that were counted apart from it: bean-check itself proves it."

    def suggested(self, account: Account) -> str:
        words = re.findall(r"[A-Za-z0-9]+", account.label)
        return f"{ROOTS[account.value // 1000].capitalize()}:{''.join(word[:1].upper() + word[1:] for word in words)}"

    def trouble_with(self, name: str) -> str:
        if NAME.fullmatch(name) is None:
            return f"“{name}” is no account name of beancount; one is “Assets:CashDrawer”."
        return super().trouble_with(name)

    def files(self, export: Export) -> Iterator[File]:
        ties = TieOut.from_json(export.kept)
        yield f"{export.number}.beancount", as_bytes(self._paragraphs(export, ties))

    def _paragraphs(self, export: Export, ties: TieOut) -> Iterator[str]:
        usd, eve = export.currency, export.starts_on - DAY
        title = f"{export.business}, {export.starts_on} to {export.last_on}, {export.number}"
        # Without the multiplier bean-check would let half a cent pass in each entry, and a cent in each balance.
        options = (("title", title), ("operating_currency", usd), ("tolerance_multiplier", "0"))
        yield "\n".join(f"option {quoted(name)} {quoted(value)}" for name, value in options)
        yield "\n".join(f"{eve} open {name} {usd}" for name in self.accounts(export, ties))
        if opening := list(self.named(export, ties.opening)):
            lines = [f"  {name}  {amount(cents)} {usd}" for name, cents in opening]
            yield "\n".join([f'{eve} * "Brought forward"', *lines])
        for entry in export.entries():
            yield self._entry(export, entry)
        # A balance holds for the morning of its day, so it stands on the day after.
        yield "\n".join(
            f"{export.ends_on} balance {name}  {amount(cents)} ~ 0.00 {usd}"
            for name, cents in self.named(export, ties.claims)
        )

    def _entry(self, export: Export, entry: BookEntry) -> str:
        rows = [
            f"{entry.on} * {quoted(entry.title)} {quoted(entry.number)} ^{entry.number}",
            f'  entry-no: "{entry.entry_no}"',
        ]
        for line in entry.lines:
            name = self.account(export, line.account, line.place)
            rows.append(f"  {name}  {amount(line.amount_cents)} {export.currency}")
            if line.jurisdiction:
                rows.append(f"    jurisdiction: {quoted(line.jurisdiction)}")
        return "\n".join(rows)


def quoted(text: str) -> str:
    """Text as a string of beancount: on one line, with quotes and backslashes that do not end it."""
    escaped = plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
