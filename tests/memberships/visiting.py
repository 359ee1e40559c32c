"""Clients at their own pages: a browser, the mail, Stripe's page, the worker, one clock for all."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from jobs.worker import Worker
from memberships.portal import signing_in
from pos.models import Client
from tests.memberships.members import House
from tests.payments.pages import pays

LINK = re.compile(r"/my/in/[\w-]+")


@dataclass
class Visitor:
    """A browser at the pages of clients."""

    house: House
    browser: Browser = field(default_factory=Browser)
    answer: Any = None

    def opens(self, path: str) -> int:
        self.answer = self.browser.get(path)
        return int(self.answer.status_code)

    def sends(self, path: str, **fields: str) -> int:
        self.answer = self.browser.post(path, fields)
        return int(self.answer.status_code)

    def follows(self) -> int:
        """Goes where the last answer leads."""
        return self.opens(self.answer["Location"])

    def presses(self, path: str, button: str = "", **more: str) -> int:
        """Opens the page and sends the form that goes to it (the one with the button), as it was shown."""
        assert self.opens(path) == 200, self.says()
        forms = re.findall(
            rf'<form method="post" action="{re.escape(path)}".*?</form>', self.answer.content.decode(), re.S
        )
        [form] = [form for form in forms if button in form]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        hidden.pop("csrfmiddlewaretoken", None)
        return self.sends(path, **hidden | more)

    def says(self) -> str:
        """The words of the page."""
        inner = re.sub(r"<(head|nav|footer)\b.*?</\1>", " ", self.answer.content.decode(), flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inner)).split())

    def sentences(self) -> list[str]:
        """What the page says will happen."""
        lists = re.findall(r'<ul class="effect">(.*?)</ul>', self.answer.content.decode(), re.S)
        return [html.unescape(one) for part in lists for one in re.findall(r"<li>(.*?)</li>", part, re.S)]

    def signs_in(self, client: Client) -> "Visitor":
        """By a link that is theirs, without the mail."""
        assert self.sends(f"/my/in/{signing_in.make_link(client, now=timezone.now())}") == 303
        return self

    def asks_for_link(self, email: str) -> list[str]:
        """Asks, and the worker mails; the links that came, in their order."""
        before = len(mail.outbox)
        assert self.sends("/my/sign-in/", email=email) == 303, self.says()
        self.worker_works()
        letters = [str(one.body) for one in mail.outbox[before:] if "/my/in/" in str(one.body)]
        return [link for letter in letters for link in LINK.findall(letter)]

    def worker_works(self) -> None:
        Worker(clock=timezone.now).run_once()

    def pays_at_stripe(self, card: str = "visa") -> int:
        """On Stripe's page, to which the last answer leads; then back to us."""
        url = self.answer["Location"]
        assert url.startswith(self.house.stripe.url), url
        return pays(url, card)
