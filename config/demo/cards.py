"""The demo's cards: readers at Stripe's stand-in, the cards that clients hold to them, and the account's nights."""

import contextlib
import datetime as dt
import json
import random
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from django.conf import settings
from django.core.management.base import CommandError

from payments import inbox, readers, refunds
from payments import keys as stripe_keys
from payments.gateway import gateway
from payments.models import CardRefund, Reader, SavedCard, SyncPoint
from payments.reconciliation import FetchMovements
from studio.models import Location

CARDS = ["4242424242424242", "5555555555554444", "378282246310005", "6011111111111117"]
DECLINED = "4000000000009995"


def are_simulated() -> bool:
    """Whether the stand-in answers, so that ninety days of cards can be held to its readers."""
    return stripe_keys.is_stand_in()


def begin() -> None:
    """An account without anything in it."""
    _tell("reset")


def install_reader(location: Location, *, now: dt.datetime) -> Reader:
    """A reader for the location's desk."""
    return readers.register(location, code="simulated-wpe", label="Front reader", now=now)


def it_is(now: dt.datetime) -> None:
    """Let the stand-in date what it makes to that moment."""
    _tell("clock", now=now.timestamp())


def hold(reader: Reader, *, chance: random.Random, number: str = "") -> None:
    """A client holds a card to the reader."""
    path = f"/v1/test_helpers/terminal/readers/{reader.stripe_id}/present_payment_method"
    form = {"type": "card_present", "card_present[number]": number or chance.choice(CARDS)}
    _post(path, urllib.parse.urlencode(form).encode(), {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"})


def fill_in(url: str) -> None:
    """A client fills in a page of Stripe's with the card that always pays."""
    form = urllib.parse.urlencode({"card": "visa", "email": "client@example.com", "name": "Client"}).encode()
    opener = urllib.request.build_opener(_StaysThere)
    with contextlib.suppress(urllib.error.HTTPError), opener.open(url, form, timeout=10):
        pass  # the way back is not followed: it leads to the studio's own pages


def refuse(card: SavedCard) -> None:
    """The bank says no to that card from now on."""
    _tell(f"payment_methods/{card.stripe_method}", outcome="insufficient_funds")


def end_day(now: dt.datetime) -> None:
    """At night the account pays out what is available, and the books take in what moved."""
    it_is(now)
    _tell("payouts/run")
    FetchMovements().run(now=now)


def end(now: dt.datetime) -> None:
    """Back to the real clock, with one refund that the card did not take, so that the owner's page has something.

    What happened in the past is no news any more.
    """
    _tell("clock", reset=True)
    refund = CardRefund.objects.filter(status=CardRefund.Status.SUCCEEDED).first()
    if refund is not None and refund.stripe_id is not None:
        _tell(f"refunds/{refund.stripe_id}", outcome="failed")
        refunds.hear_refund(gateway().read_refund(refund.stripe_id), now=now)
    FetchMovements().run(now=now)
    SyncPoint.objects.update_or_create(name=inbox.FetchMissedEvents.kind, defaults={"at": now})


class _StaysThere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *args: object, **more: object) -> None:
        return None


def _tell(what: str, **order: object) -> None:
    _post(f"/_sim/{what}", json.dumps(order).encode(), {"Content-Type": "application/json"})


def _post(path: str, body: bytes, headers: Mapping[str, str]) -> None:
    request = urllib.request.Request(settings.STRIPE_API_BASE + path, body, dict(headers), method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the stand-in's own address
            return
    except urllib.error.HTTPError as error:
        raise CommandError(f"The stand-in for Stripe refuses {path}: {error.read().decode()}") from error
    except OSError as away:
        where = settings.STRIPE_API_BASE
        hint = f"python -m stripe_sim --port {urllib.parse.urlsplit(where).port}"
        raise CommandError(f"No stand-in for Stripe answers at {where}. Start one: {hint}") from away
