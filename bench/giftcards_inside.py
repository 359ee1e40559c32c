"""What `bench.giftcards` does with Footfall's own code, in processes of its own; each answers with a line of JSON."""

import csv
import io
import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from giftcards import codes, imports  # noqa: E402
from giftcards.models import GiftCard, GiftCardMove  # noqa: E402
from studio.ids import new_id  # noqa: E402
from studio.models import Business  # noqa: E402
from tests import builders  # noqa: E402

AT_ONCE = 250_000

# A card's HMAC is 64 hexadecimal digits that look random: those of MD5 fill the index in the same way.
CARDS = """
    INSERT INTO giftcards_giftcard (id, serial, kind, status, balance_cents, held_cents, paid_cents, held_paid_cents,
        breakage_cents, code_mac, code_key, code_sealed, last4, location_id, state, issued_on, loaded_on, why_blocked,
        made_at)
    SELECT gen_random_uuid(), 'B-' || n, 'value', 'active', 5000, 0, 5000, 0, 0, md5(n::text) || md5('x' || n), '0',
        repeat('s', 120), right(n::text, 4), %s, 'OH', DATE '2025-01-01', DATE '2025-01-01', '', %s
    FROM generate_series(%s::bigint, %s::bigint) n
"""
MOVES = """
    INSERT INTO giftcards_giftcardmove (id, card_id, kind, paid_cents, promo_cents, breakage_cents, at, key,
        location_id, why)
    SELECT gen_random_uuid(), id, 'imported', 5000, 0, 0, made_at, 'bench:' || serial, location_id, ''
    FROM giftcards_giftcard WHERE serial LIKE 'B-%%' AND made_at = %s
"""


def prepare(count: int) -> dict[str, int]:
    """A studio with so many cards of another system, written by the database itself, and then ANALYZE."""
    call_command("migrate", verbosity=0)
    with transaction.atomic(durable=True):
        studio = builders.build_studio()
        studio.desk.at(timezone.now()).opens_drawer(200_00)
    with connection.cursor() as cursor:
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET {limit} = 0")  # the limits are made for tills
        for first in range(1, count + 1, AT_ONCE):
            now, last = timezone.now(), min(first + AT_ONCE - 1, count)
            with transaction.atomic(durable=True):
                cursor.execute(CARDS, [studio.location.pk, now, first, last])
                cursor.execute(MOVES, [now])
        cursor.execute("VACUUM ANALYZE")
    return {"cards": GiftCard.objects.count(), "moves": GiftCardMove.objects.count()}


def known(count: int) -> list[str]:
    """The codes of so many real cards of $2,000, taken over as those of another system are."""
    studio = Business.objects.get()
    made = [codes.new_code() for _ in range(count)]
    out = io.StringIO()
    csv.writer(out).writerows([("code", "balance", "issued_on"), *((code, "2000.00", "2025-01-01") for code in made)])
    desk = builders.TestDesk(_owners_desk()).desk
    with transaction.atomic(durable=True):
        imports.take_over(out.getvalue(), batch_id=new_id(), name=str(studio), desk=desk, now=timezone.now())
    return made


def _owners_desk() -> builders.Desk:
    location = GiftCard.objects.values_list("location", flat=True)[:1].get()
    owner = builders.Staff.objects.get(username="olga")
    return builders.Desk(location=builders.Location.objects.get(pk=location), staff=owner)


def main() -> None:
    command, number = sys.argv[1], int(sys.argv[2])
    print(json.dumps({"prepare": prepare, "known": known}[command](number)))


if __name__ == "__main__":
    main()
