"""Reports that leave by mail: now, every Monday or first, once to each address, until it says no."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail as post
from django.db import transaction
from django.test import Client as Browser

from accounting import letters, mailing
from accounting.letters import ReportSendings
from accounting.mailing import MailReports
from accounting.models import ReportMail, ReportRecipient, ReportSending
from jobs import leases
from studio.models import AuditRow, Grant
from tests.accounting.office import DAY, Books, a_day, signed_on
from tests.builders import NOW, Studio, beach, person

MONDAY = dt.datetime(2026, 3, 9, 11, 0, tzinfo=dt.UTC)  # seven in New York, a day after its clocks went forward
FIRST = dt.datetime(2026, 4, 1, 11, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def books(studio: Studio) -> Books:
    return signed_on(person("acca", role="accountant", email="acca@example.com"))


def postman(now: dt.datetime) -> list[Any]:
    """The mails that leave at that moment."""
    post.outbox.clear()
    work = ReportSendings()
    with transaction.atomic():
        rows = leases.claim(work.claimable(now=now), now=now, lease=work.lease, limit=50)
    for row in rows:
        work.work(row, now=now)
    return post.outbox


def arranged(books: Books, every: str = "week", to: str = "acca@example.com", slug: str = "sales") -> ReportMail:
    """A report that leaves by itself, made at the studio's `NOW`."""
    assert books.sends(f"/reports/{slug}/mail{DAY}", to=to, form="csv", when=every) == 302
    ReportMail.objects.update(made_at=NOW)
    return ReportMail.objects.get()


def test_a_report_is_sent_now_with_its_file_and_its_sums(studio: Studio, books: Books) -> None:
    a_day(studio)
    books.opens(f"/reports/sales/mail{DAY}")
    assert "acca@example.com" in books.answer.content.decode()
    assert (
        books.sends(f"/reports/sales/mail{DAY}", to="acca@example.com\nowner@example.com", form="csv", when="now")
        == 302
    )

    first, second = postman(dt.datetime.now(dt.UTC) + MINUTE)
    assert {first.to[0], second.to[0]} == {"acca@example.com", "owner@example.com"}
    assert first.subject == "Daily sales summary, 2 Mar 2026 · Massage Escape"
    assert "Net sales: $130.00" in first.body
    assert "/reports/sales/?from=2026-03-02&to=2026-03-02" in first.body
    name, contents, kind = first.attachments[0]
    assert (name, kind) == ("sales_2026-03-02_2026-03-02.csv", "text/csv")
    assert "130.00" in (contents if isinstance(contents, str) else contents.decode())
    assert "List-Unsubscribe" not in first.extra_headers
    assert AuditRow.objects.get(action="report_mailed").after["to"] == ["acca@example.com", "owner@example.com"]


def test_every_monday_at_seven_the_week_before_leaves_once(studio: Studio, books: Books) -> None:
    a_day(studio)
    arranged(books)
    job = MailReports()
    job.run(now=MONDAY - MINUTE)
    assert postman(MONDAY - MINUTE) == []

    for _ in range(2):  # the second run finds the slot taken
        job.run(now=MONDAY)
    (sent,) = postman(MONDAY)
    assert sent.subject == "Daily sales summary, 2 Mar – 8 Mar 2026 · Massage Escape"
    job.run(now=MONDAY + 100 * MINUTE)
    assert postman(MONDAY + 100 * MINUTE) == []

    weeks = dt.timedelta(days=14)
    job.run(now=MONDAY + weeks)  # nobody worked for a fortnight: the last one makes up for it
    (sent,) = postman(MONDAY + weeks)
    assert sent.subject.startswith("Daily sales summary, 16 Mar – 22 Mar 2026")


def test_on_the_first_of_a_month_the_month_before_leaves(studio: Studio, books: Books) -> None:
    a_day(studio)
    arranged(books, "month")
    MailReports().run(now=FIRST - MINUTE)
    assert not ReportSending.objects.exists()
    MailReports().run(now=FIRST)
    (sent,) = postman(FIRST)
    assert sent.subject.startswith("Daily sales summary, 1 Mar – 31 Mar 2026")


def test_an_address_says_no_by_one_tap_and_the_others_go_on(studio: Studio, books: Books) -> None:
    mail = arranged(books, to="acca@example.com, owner@example.com")
    MailReports().run(now=MONDAY)
    headers = {sent.to[0]: sent.extra_headers for sent in postman(MONDAY)}
    assert headers["owner@example.com"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["owner@example.com"]["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")

    stranger = Browser(enforce_csrf_checks=True)
    assert b"Send me no more" in stranger.get(link).content
    assert ReportRecipient.objects.filter(left_at=None).count() == 2, "looking is not saying no"
    assert stranger.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert stranger.post(link).status_code == 200

    later = MONDAY + dt.timedelta(days=7)
    MailReports().run(now=later)
    assert [sent.to for sent in postman(later)] == [["acca@example.com"]]
    assert AuditRow.objects.filter(action="report_mail_left").count() == 1
    assert stranger.get("/reports/mails/leave/made-up").status_code == 404
    books.opens("/reports/mails/")
    assert "owner@example.com (said no)" in books.says()
    assert mail.recipients.count() == 2


def test_who_says_no_while_it_waits_does_not_get_it(studio: Studio, books: Books) -> None:
    arranged(books)
    MailReports().run(now=MONDAY)
    mailing.leave(ReportRecipient.objects.get(), now=MONDAY)
    assert postman(MONDAY + MINUTE) == []
    assert ReportSending.objects.get().cancelled_at == MONDAY + MINUTE


def test_what_somebody_stops_leaves_no_more_and_nobody_else_can_stop_it(studio: Studio, books: Books) -> None:
    mail = arranged(books)
    other = signed_on(person("oscar", role="accountant"))
    assert other.sends(f"/reports/mails/{mail.pk}/end") == 404
    assert books.sends(f"/reports/mails/{mail.pk}/end") == 302
    MailReports().run(now=MONDAY)
    assert not ReportSending.objects.exists()


def test_a_report_shows_what_its_maker_may_see_when_it_leaves(studio: Studio, books: Books) -> None:
    arranged(books)
    Grant.objects.update(location=None)
    Grant.objects.filter(staff__username="acca").delete()
    MailReports().run(now=MONDAY)
    assert postman(MONDAY) == []
    assert ReportSending.objects.get().cancelled_at == MONDAY


def test_a_location_that_its_maker_sees_no_more_is_not_sent(studio: Studio, books: Books) -> None:
    there = beach()
    books.sends("/reports/sales/mail?location=UPT", to="acca@example.com", form="xlsx", when="week")
    ReportMail.objects.update(made_at=NOW)
    Grant.objects.filter(staff__username="acca").update(location=there)
    MailReports().run(now=MONDAY)
    assert postman(MONDAY) == []
    assert ReportSending.objects.get().cancelled_at == MONDAY


def test_a_file_that_is_too_large_is_linked(studio: Studio, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST_ATTACHED", 100)
    books.sends(f"/reports/sales/mail{DAY}", to="acca@example.com", form="xlsx", when="now")
    (sent,) = postman(dt.datetime.now(dt.UTC) + MINUTE)
    assert sent.attachments == []
    assert "too large to be attached" in sent.body


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"to": "", "form": "csv", "when": "now"}, "Name one to 10 addresses."),
        ({"to": "nobody", "form": "csv", "when": "now"}, "“nobody” is no e-mail address."),
        ({"to": " ".join(f"a{n}@example.com" for n in range(11)), "form": "csv", "when": "now"}, "Name one to 10"),
        ({"to": "a@example.com", "form": "pdf", "when": "now"}, "Choose Excel or CSV."),
        ({"to": "a@example.com", "form": "csv", "when": "never"}, "Choose when it is sent."),
    ],
)
def test_a_mistake_in_the_form_is_told_on_it(books: Books, said: dict[str, str], told: str) -> None:
    assert books.sends(f"/reports/sales/mail{DAY}", **said) == 400
    assert told in books.says()
    assert not ReportSending.objects.exists()
