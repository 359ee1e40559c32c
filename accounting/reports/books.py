"""REP22: the trial balance, and the general ledger with the running balance of each account."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Sum

from accounting.asked import Asked
from accounting.reports.journal import READ_AT_ONCE, address_of, event, postings, sides, sums
from accounting.tables import Cell, Column, Form, Row, Table, total
from accounting.trial import trial_balance
from ledger.accounts import Account
from ledger.models import Posting

BALANCE = (
    Column("account", "Account"),
    Column("name", "Name"),
    Column(
        "opening_cents", "Opening", Form.MONEY, "The balance before the first day; debit positive, credit negative."
    ),
    Column("debit_cents", "Debits", Form.MONEY),
    Column("credit_cents", "Credits", Form.MONEY),
    Column("closing_cents", "Closing", Form.MONEY, "Opening + debits − credits; all accounts together come to zero."),
)
LEDGER = (
    Column("account", "Account"),
    Column("business_date", "Day", Form.DATE),
    Column("entry", "Event", Form.TEXT, "What happened; it leads to the whole entry."),
    Column("location", "Location"),
    Column("debit_cents", "Debit", Form.MONEY),
    Column("credit_cents", "Credit", Form.MONEY),
    Column("balance_cents", "Balance", Form.MONEY, "After this line; debit positive, credit negative."),
    Column("memo", "Memo"),
    Column("entry_id", "Entry"),
)


class TrialBalance:
    """REP22, the trial balance."""

    code: ClassVar[str] = "REP22"
    slug: ClassVar[str] = "trial-balance"
    group: ClassVar[str] = "Books"
    title: ClassVar[str] = "Trial balance"
    meaning: ClassVar[str] = "Each account before, during and after the range; debits are credits."
    filters: ClassVar[tuple[str, ...]] = ()

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """A row for each account that ever had a posting there."""
        here = {place.pk for place in asked.places}
        sums: dict[Account, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in trial_balance(asked.starts_on, asked.ends_on, using=using):
            if row.location_id in here:
                for n, cents in enumerate((row.opening_cents, row.debit_cents, row.credit_cents)):
                    sums[row.account][n] += cents
        rows = [_balance(account, sums[account], asked) for account in sorted(sums)]
        return [
            Table(
                name="accounts",
                title="Accounts",
                columns=BALANCE,
                rows=rows,
                total=total(BALANCE, rows, account="Total"),
                note="Assets and expenses are positive, debts and income negative.",
            )
        ]


def _balance(account: Account, sums: Sequence[int], asked: Asked) -> Row:
    opening_cents, debit_cents, credit_cents = sums
    cells: dict[str, Cell] = {
        "account": str(account.value),
        "name": str(account.label),
        "opening_cents": opening_cents,
        "debit_cents": debit_cents,
        "credit_cents": credit_cents,
        "closing_cents": opening_cents + debit_cents - credit_cents,
    }
    ledger = f"/reports/general-ledger/{_query(asked)}&account={account.value}"
    return Row(cells, {"account": ledger, "debit_cents": ledger, "credit_cents": ledger})


def _query(asked: Asked) -> str:
    """The days, and the place when it is one, for the address of another report."""
    days = {"from": f"{asked.starts_on}", "to": f"{asked.last_on}"}
    place = {"location": asked.places[0].code} if len(asked.places) == 1 else {}
    return f"?{urlencode({**days, **place})}"


class GeneralLedger:
    """REP22, the general ledger."""

    code: ClassVar[str] = "REP22"
    slug: ClassVar[str] = "general-ledger"
    group: ClassVar[str] = "Books"
    title: ClassVar[str] = "General ledger"
    meaning: ClassVar[str] = "Every line of each account with the balance after it."
    filters: ClassVar[tuple[str, ...]] = ("account",)

    def tables(self, asked: Asked, *, using: str) -> Sequence[Table]:
        """Account after account, each from its opening balance on."""
        found = postings(asked, using=using)
        opening = _openings(asked, using=using)
        both = sums(found)
        closing = sum(opening.values()) + both["debit_cents"] - both["credit_cents"]
        return [
            Table(
                name="lines",
                title="Lines",
                columns=LEDGER,
                rows=_lines(found, opening, asked),
                total=Row({"account": "Total", **both, "balance_cents": closing}),
            )
        ]


def _openings(asked: Asked, *, using: str) -> Mapping[int, int]:
    """What each account that was asked for came to before the first day, in cents."""
    before = Posting.objects.using(using).filter(entry__business_date__lt=asked.starts_on, location__in=asked.places)
    if account := asked.chosen.get("account"):
        before = before.filter(account=account)
    rows = before.order_by().values_list("account").annotate(cents=Sum("amount_cents"))
    return {account: int(cents) for account, cents in rows if cents}


def _lines(found: Any, opening: Mapping[int, int], asked: Asked) -> Iterator[Row]:
    rows = found.order_by("account", "entry__business_date", "entry__created_at", "entry_id", "position").values_list(
        "account", "entry__business_date", "entry__kind", "location__code", "amount_cents", "entry__memo", "entry_id"
    )
    waiting = sorted(opening)
    now, balance_cents = 0, 0
    for account, day, kind, place, cents, memo, entry_id in rows.iterator(chunk_size=READ_AT_ONCE):
        if account != now:
            while waiting and waiting[0] <= account:
                yield _opening(waiting[0], opening[waiting.pop(0)], asked)
            now, balance_cents = account, opening.get(account, 0)
        balance_cents += cents
        cells: dict[str, Cell] = {"account": Account(account).title, "business_date": day, "location": place}
        more = {"entry": event(kind), "balance_cents": balance_cents, "memo": memo, "entry_id": str(entry_id)}
        yield Row({**cells, **sides(cents), **more}, {"entry": address_of(entry_id)})
    for account in waiting:
        yield _opening(account, opening[account], asked)


def _opening(account: int, cents: int, asked: Asked) -> Row:
    """The line with which an account begins."""
    on = asked.starts_on
    return Row(
        {"account": Account(account).title, "business_date": on, "entry": "Opening balance", "balance_cents": cents}
    )
