"""A month is closed while entries are on their way: each is in what was stored, or was refused; both engines."""

import datetime as dt

import pytest
from django.db import transaction

from accounting.closing import NotReady, close_month
from accounting.closingchecks import check_closings_are_as_sealed, check_months_open_as_they_closed
from accounting.models import Closing
from ledger import journal
from ledger.accounts import Account
from ledger.chain import unlinked
from ledger.journal import credit, debit
from ledger.models import Entry
from ledger.periods import PeriodAlreadyClosed, PeriodClosed
from tests.builders import NOW, Studio, build_studio
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reports"])


@transaction.atomic
def banks(studio: Studio, key: str, at: dt.datetime) -> Entry | None:
    """A dollar goes from the safe to the bank."""
    lines = [debit(Account.BANK, 1_00), credit(Account.CASH_SAFE, 1_00)]
    return journal.post(key=key, kind="deposit", location=studio.location, occurred_at=at, now=at, lines=lines)


def test_what_is_posted_while_a_month_is_closed_is_stored_or_refused() -> None:
    studio = build_studio()
    for round_ in range(4):
        at = dt.datetime(2025, 9 + round_, 15, 15, 0, tzinfo=dt.UTC)
        banks(studio, f"first:{round_}", at)

        def act(n: int, at: dt.datetime = at, round_: int = round_) -> object:
            if n < 2:
                return close_month(at.date(), by=studio.owner, now=NOW)
            return banks(studio, f"{n}:{round_}", at)

        answers = race(5, act)

        closings = [answer for answer in answers[:2] if isinstance(answer, Closing)]
        losers = [answer for answer in answers[:2] if not isinstance(answer, Closing)]
        assert len(closings) == 1, answers
        assert isinstance(losers[0], PeriodAlreadyClosed | NotReady), answers
        posted = [answer for answer in answers[2:] if isinstance(answer, Entry)]
        refused = [answer for answer in answers[2:] if isinstance(answer, PeriodClosed)]
        assert len(posted) + len(refused) == 3, answers
        assert closings[0].entries == 1 + len(posted)
        stored = closings[0].balances.get(account=Account.BANK)
        assert stored.debit_cents == 1_00 * (1 + len(posted))
    assert not unlinked().exists()
    assert list(check_months_open_as_they_closed(using="default", now=NOW)) == []
    assert list(check_closings_are_as_sealed(using="default", now=NOW)) == []


def test_a_month_is_stored_once_however_often_it_is_closed_at_once() -> None:
    studio = build_studio()
    at = dt.datetime(2026, 1, 15, 15, 0, tzinfo=dt.UTC)
    banks(studio, "once", at)

    answers = race(4, lambda _: close_month(at.date(), by=studio.owner, now=NOW))

    assert sum(isinstance(answer, Closing) for answer in answers) == 1, answers
    assert Closing.objects.count() == 1
