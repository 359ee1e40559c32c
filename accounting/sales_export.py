"""The sales of some days as a file that leaves while it is read, and a line in the audit log about it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from accounting.asked import Asked
from accounting.exports import sales, spreadsheets
from accounting.exports.cells import Csv, Sheet
from ledger.snapshot import snapshot
from studio import audit
from studio.models import Staff
from studio.refusal import BadInput

WHATS = {sales.LINES: "Every line of every sale", sales.TENDERS: "Every tender"}
FORMS = {spreadsheets.CSV: "CSV", spreadsheets.XLSX: "Excel"}


@dataclass(frozen=True, slots=True)
class SalesFile:
    """One file: LINES or TENDERS of what is asked, as CSV or XLSX; BadInput for anything else."""

    what: str
    form: str
    asked: Asked

    def __post_init__(self) -> None:
        if self.what not in WHATS:
            raise BadInput("what", f"There are {' and '.join(WHATS)} to export.")
        if self.form not in FORMS:
            raise BadInput("format", f"A file is {' or '.join(FORMS)}.")

    @property
    def name(self) -> str:
        """How it is called: "sales-lines_2026-10-01_2026-10-31.csv"."""
        return f"sales-{self.what}_{self.asked.starts_on}_{self.asked.last_on}.{self.form}"

    @property
    def content_type(self) -> str:
        return spreadsheets.TYPES[self.form]

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, read at one instant; the first leave before the last row is read."""
        columns = sales.COLUMNS[self.what]
        with snapshot() as using:
            if self.form == spreadsheets.CSV:
                yield from spreadsheets.as_csv(columns, sales.rows(self.what, Csv(), self.asked, using=using))
            else:
                ready = sales.rows(self.what, Sheet(), self.asked, using=using)
                yield from spreadsheets.as_xlsx(columns, ready, title=f"Sales {self.what}")


def note(file: SalesFile, *, by: Staff | None, now: dt.datetime) -> None:
    """Say in the audit log who takes which sales along; in the caller's transaction."""
    asked = file.asked
    after = {"file": file.name, "locations": [place.code for place in asked.places]}
    audit.record(at=now, action="sales_exported", actor=by, after=after)
