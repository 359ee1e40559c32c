"""How a client comes to their own pages: a mailed link, used once, begins a visit in that browser.

Whether an address is known shows nowhere: the page only notes the wish, the worker looks it up. The tokens of links
and visits are kept nowhere, their hashes are.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from jobs import outbox
from jobs.leases import LeaseLost
from memberships.models import SignInLink, SignInWish
from pos.models import Client
from studio import throttle
from studio.models import Business
from studio.refusal import Refusal

PER = dt.timedelta(minutes=15)
WISHES_OF_ADDRESS, WISHES_OF_MAIL = 10, 3
"""So many wishes in a quarter of an hour, by where they come from and by where the mail goes."""
LONGEST_EMAIL = 254
MOST_AT_ONE_ADDRESS = 5
"""A family may share an address: each of them gets a link, in one mail."""


class TooManyWishes(Refusal):
    """The browser, or the mail address, has asked often enough for a while."""

    code = "too_many_wishes"


class LinkIsOver(Refusal):
    """Used already, older than a quarter of an hour, or not one of ours: one answer for all."""

    code = "link_is_over"


@dataclass(frozen=True, slots=True)
class Way:
    """A link in a mail: whose it is, and where it leads."""

    client: Client
    url: str


# Wished for ----------------------------------------------------------------------------------------------------------


def wish(email: str, *, address: str, now: dt.datetime) -> None:
    """Note that somebody wants a link; TooManyWishes. The same work whether or not anybody has the address."""
    email = email.strip().lower()
    for key, limit in ((f"sign-in-from:{address}", WISHES_OF_ADDRESS), (f"sign-in-to:{email}", WISHES_OF_MAIL)):
        if not throttle.reserve(key=_hidden(key), limit=limit, per=PER, now=now):
            raise TooManyWishes("That was often. Look into your mail, or try again in a quarter of an hour.")
    SignInWish.objects.create(email=email, asked_at=now, run_at=now)


class SignInWishes:
    """Mails the links that are wished for; a wish that is too old is forgotten."""

    lease = dt.timedelta(minutes=1)

    def claimable(self, *, now: dt.datetime) -> "QuerySet[SignInWish]":
        return SignInWish.objects.all()

    def work(self, row: SignInWish, *, now: dt.datetime) -> None:
        clients = clients_at(row.email) if now - row.asked_at < SignInLink.LASTS else []
        if clients:
            outbox.hand_over(lambda: _letter(row, clients, now=now))
        if not SignInWish.objects.filter(pk=row.pk, lease_token=row.lease_token).delete()[0]:
            raise LeaseLost(f"{row} is worked by somebody else now.")


def clients_at(email: str) -> list[Client]:
    """Who has the mail address, the oldest first."""
    return list(Client.objects.filter(email__iexact=email).order_by("created_at", "pk")[:MOST_AT_ONE_ADDRESS])


def _letter(row: SignInWish, clients: list[Client], *, now: dt.datetime) -> EmailMultiAlternatives:
    """Written when the mail server answers; kept nowhere, because of the links in it."""
    business = Business.current()
    ways = [Way(client, url_of(make_link(client, now=now))) for client in clients]
    context = {"business": business, "ways": ways, "minutes": SignInLink.LASTS.seconds // 60}
    letter = EmailMultiAlternatives(
        f"Your link to {business.name}",
        render_to_string("memberships/mail/sign_in.txt", context),
        None,
        [row.email],
        headers={"Message-ID": outbox.message_id(f"sign-in:{row.pk}:{row.asked_at.isoformat()}:{row.attempts}")},
    )
    letter.attach_alternative(render_to_string("memberships/mail/sign_in.html", context), "text/html")
    return letter


def make_link(client: Client, *, now: dt.datetime) -> str:
    """The token of a new link for the client, known to nobody else."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(token_hash=_hash(token), client=client, made_at=now)
    return token


def url_of(token: str) -> str:
    return settings.SITE_URL + reverse("my_link", args=[token])


# Visits --------------------------------------------------------------------------------------------------------------


def begin(token: str, *, now: dt.datetime) -> str:
    """The token of the visit that the link begins, once; LinkIsOver. In the caller's transaction."""
    visit = secrets.token_urlsafe(32)
    unused = SignInLink.objects.filter(token_hash=_hash(token), used_at=None, made_at__gt=now - SignInLink.LASTS)
    if not unused.update(used_at=now, visit_hash=_hash(visit)):
        raise LinkIsOver("This link was used already, or is older than a quarter of an hour. Ask for a new one.")
    return visit


def visitor(visit: str, *, now: dt.datetime) -> Client | None:
    """Whose visit it is; None when it is over, or none of ours."""
    link = _visits(visit, now=now).select_related("client").first() if visit else None
    return link.client if link is not None else None


def leave(visit: str, *, now: dt.datetime) -> None:
    """The visit is over, in whatever browser its token may still be."""
    _visits(visit, now=now).update(left_at=now)


class ForgetLinks:
    """A daily job: links and visits that are over are forgotten."""

    kind = "forget_links"
    every = dt.timedelta(days=1)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        over = Q(used_at__lt=now - SignInLink.VISIT_LASTS) | Q(used_at=None, made_at__lt=now - SignInLink.LASTS)
        SignInLink.objects.filter(over).delete()
        SignInWish.objects.filter(asked_at__lt=now - SignInLink.LASTS, lease_until=None).delete()


def _visits(visit: str, *, now: dt.datetime) -> "QuerySet[SignInLink]":
    running = SignInLink.objects.filter(visit_hash=_hash(visit), left_at=None)
    return running.filter(used_at__gt=now - SignInLink.VISIT_LASTS)


def _hidden(key: str) -> str:
    """Counters name nobody."""
    kind, _, who = key.partition(":")
    return f"{kind}:{_hash(who)[:32]}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
