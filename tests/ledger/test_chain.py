import datetime as dt
import hashlib
import json
import random
import uuid

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction

from ledger.accounts import Account
from ledger.chain import (
    BATCH,
    ENTRY_FIELDS,
    NO_HASH,
    OVERTAKEN,
    POSTING_FIELDS,
    LinkEntries,
    canonical,
    head,
    link_entries,
    unlinked,
    verify,
)
from ledger.journal import credit, debit, reverse
from ledger.models import Entry, Link, Posting
from studio.models import Location, Staff
from tests.ledger.books import JANUARY, loose, massage, postings, sell, without_guards, write
from tests.racing import race

pytestmark = pytest.mark.django_db

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@pytest.fixture
def sealed(place, beach, anna) -> tuple[int, str]:
    """Twelve linked entries with every field in use somewhere; the head as it would be printed."""
    for n in range(10):
        sell(place, key=f"sale:{n}", at=JANUARY + n * HOUR, lines=massage(anna.pk))
    said = {"instrument": "gift_card:7", "client": uuid.uuid4(), "drawer_session": uuid.uuid4()}
    rich = [debit(Account.BANK, 5, location=beach, **said), credit(Account.BANK, 5, location=beach)]
    entry = sell(place, key="rich", at=JANUARY + 10 * HOUR, lines=rich)
    later = JANUARY + dt.timedelta(days=3)
    with transaction.atomic():
        reverse(entry, key="void", kind="void", occurred_at=later, now=later, made_by=anna, memo="Ångström “memo”")
    assert link_entries(now=later) == 12
    connection.check_constraints()
    last = head()
    return last.number, last.hash


def test_the_canonical_form_is_what_anybody_can_write_down(beach, anna):
    client, drawer = uuid.UUID(int=3), uuid.UUID(int=4)
    earlier = loose(beach, key="sale:0")
    entry = Entry(
        id=uuid.UUID(int=1),
        key="void:1",
        kind="void",
        location=beach,
        business_date=dt.date(2026, 1, 30),
        occurred_at=dt.datetime(2026, 1, 30, 8, 0, tzinfo=dt.timezone(-8 * HOUR)),
        created_at=dt.datetime(2026, 1, 30, 16, 0, 0, 5, tzinfo=dt.UTC),
        reverses=earlier,
        original_date=dt.date(2026, 1, 29),
        made_by=anna,
        memo="“été”",
    )
    lines = postings(entry, -700, 700)
    lines[0].pk, lines[1].pk = 901, 900
    lines[1].therapist, lines[1].category, lines[1].tender, lines[1].jurisdiction = anna, "massage", "cash", "CA"
    lines[1].instrument, lines[1].client, lines[1].drawer_session = "lot:1", client, drawer
    write(earlier, entry, lines=lines + postings(earlier, 1, -1))

    place = f'"location_id":"{beach.pk}"'
    assert canonical(Entry.objects.get(pk=entry.pk)).decode() == (
        '{"business_date":"2026-01-30","created_at":"2026-01-30T16:00:00.000005+00:00",'
        f'"id":"00000000-0000-0000-0000-000000000001","key":"void:1","kind":"void",{place},'
        f'"made_by_id":"{anna.pk}","memo":"“été”","occurred_at":"2026-01-30T16:00:00.000000+00:00",'
        '"original_date":"2026-01-29","postings":['
        '{"account":1010,"amount_cents":-700,"category":"","client":null,"drawer_session":null,'
        '"entry_id":"00000000-0000-0000-0000-000000000001","id":"901","instrument":"","jurisdiction":"",'
        f'{place},"position":1,"tender":"","therapist_id":null}},'
        '{"account":1010,"amount_cents":700,"category":"massage","client":"00000000-0000-0000-0000-000000000003",'
        '"drawer_session":"00000000-0000-0000-0000-000000000004",'
        '"entry_id":"00000000-0000-0000-0000-000000000001","id":"900","instrument":"lot:1","jurisdiction":"CA",'
        f'{place},"position":2,"tender":"cash","therapist_id":"{anna.pk}"}}],'
        f'"reverses_id":"{earlier.pk}"}}'
    )


def test_an_independent_tool_comes_to_the_same_hashes(sealed):
    prev_hash = "0" * 64
    for number, link in enumerate(Link.objects.order_by("number"), start=1):
        contents = json.dumps(
            json.loads(canonical(link.entry)), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        prev_hash = hashlib.sha256((prev_hash + contents).encode()).hexdigest()
        assert (link.number, link.hash) == (number, prev_hash)
    assert sealed == (12, prev_hash)


@pytest.mark.parametrize(("model", "fields"), [(Entry, ENTRY_FIELDS), (Posting, POSTING_FIELDS)])
def test_every_field_is_sealed(model, fields):
    """A new column fails here: it must join the canonical form without changing that of old entries."""
    assert list(fields) == sorted(field.attname for field in model._meta.concrete_fields)


def test_links_follow_the_order_of_writing(place):
    for key, minutes in (("b", 2), ("a", 1), ("c", 3)):
        sell(place, key=key, at=JANUARY + dt.timedelta(minutes=minutes))

    assert link_entries(now=JANUARY) == 3
    assert link_entries(now=JANUARY) == 0
    sell(place, key="late", at=JANUARY)
    assert link_entries(now=JANUARY + HOUR) == 1

    links = Link.objects.order_by("number").values_list("number", "entry__key", "linked_at")
    assert list(links) == [(1, "a", JANUARY), (2, "b", JANUARY), (3, "c", JANUARY), (4, "late", JANUARY + HOUR)]
    assert Link.objects.get(number=1).prev_hash == NO_HASH
    assert list(verify()) == []


def test_an_empty_chain_is_whole_and_has_no_head():
    assert link_entries(now=JANUARY) == 0
    assert list(verify()) == []
    assert head() is None


def test_the_job_links_batch_after_batch(place):
    entries = [loose(place, key=str(n)) for n in range(2 * BATCH + 1)]
    write(*entries, lines=[posting for entry in entries for posting in postings(entry, 5, -5)])

    LinkEntries().run(now=JANUARY + MINUTE)

    assert head().number == 2 * BATCH + 1
    assert list(verify()) == []


def test_the_job_finds_what_a_long_transaction_has_overtaken_and_hourly_everything(place):
    """Postings are counted up when they are made and seen when they are committed."""
    sealed, slow, slower = (loose(place, key=key) for key in ("sealed", "slow", "slower"))
    lines = {entry: postings(entry, 5, -5) for entry in (sealed, slow, slower)}
    for entry, last in ((sealed, 10**6), (slow, 10**6 - OVERTAKEN + 1), (slower, 10**6 - OVERTAKEN - 1)):
        lines[entry][0].pk, lines[entry][1].pk = last - 1, last

    write(sealed, lines=lines[sealed])
    LinkEntries.run(now=JANUARY + MINUTE)
    write(slow, slower, lines=lines[slow] + lines[slower])
    LinkEntries.run(now=JANUARY + 2 * MINUTE)

    assert list(unlinked()) == [slower]
    LinkEntries.run(now=JANUARY + HOUR)
    assert not unlinked().exists()


def test_the_command_links_and_prints_the_head(place, capsys):
    sell(place)

    call_command("link_entries")

    assert capsys.readouterr().out == f"Head of the chain: 1:{head().hash}\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.pg_only
def test_only_one_holds_the_chain(place):
    for n in range(40):
        sell(place, key=str(n))

    def link(n: int) -> int:
        with transaction.atomic():
            return link_entries(now=JANUARY)

    assert sum(race(8, link)) == 40
    assert list(verify()) == []


# Tampering ------------------------------------------------------------------------------------------------------------


def other(field: models.Field, value: object, place: Location, staff: Staff) -> object:
    """A value of the field's kind that is not its own."""
    if field.name == "account":
        return 1020 if value != 1020 else 1030
    if field.related_model is not None:
        pool = {Location: place, Staff: staff}.get(field.related_model)
        return uuid.uuid4() if pool is None else pool.pk
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.DateTimeField):
        return value + dt.timedelta(microseconds=1)
    if isinstance(field, models.DateField):
        return (value or dt.date(2026, 1, 1)) + dt.timedelta(days=1)
    if isinstance(field, models.IntegerField):
        return value + 1000
    return f"{value}x"[-field.max_length :]


def change_a_field(model: type[models.Model], name: str, dice: random.Random) -> None:
    field = model._meta.get_field(name)
    place = Location.objects.create(code="ZZ", name="Elsewhere")
    staff = Staff.objects.create_user("eve", display_name="Eve")
    row = dice.choice(list(model._default_manager.order_by("pk")))
    changed = other(field, getattr(row, field.attname), place, staff)
    model._default_manager.filter(pk=row.pk).update(**{field.attname: changed})


def take_out(dice: random.Random) -> None:
    """An entry with its postings and its link, as though it had never been."""
    number = dice.randint(1, 12)
    entry = Link.objects.get(number=number).entry_id
    Link.objects.filter(number=number)._raw_delete("default")
    Posting.objects.filter(entry=entry)._raw_delete("default")
    Entry.objects.filter(pk=entry)._raw_delete("default")


def take_out_a_posting(dice: random.Random) -> None:
    posting = dice.choice(list(Posting.objects.order_by("pk")))
    Posting.objects.filter(pk=posting.pk)._raw_delete("default")


def put_in(dice: random.Random) -> None:
    entry = dice.choice(list(Entry.objects.order_by("key")))
    Posting.objects.bulk_create(postings(entry, 100, -100, first=7))


def swap(dice: random.Random) -> None:
    """Two entries change their places."""
    one, two = dice.sample(range(1, 13), 2)
    first, second = Link.objects.get(number=one).entry_id, Link.objects.get(number=two).entry_id
    parked = uuid.uuid4()
    for number, entry in ((one, parked), (two, first), (one, second)):
        Link.objects.filter(number=number).update(entry=entry)


def cut_the_tail(dice: random.Random) -> None:
    """The newest links go, with or without their entries; the rest is whole."""
    kept = dice.randint(0, 11)
    entries = list(Link.objects.filter(number__gt=kept).values_list("entry_id", flat=True))
    Link.objects.filter(number__gt=kept)._raw_delete("default")
    if dice.random() < 0.5:
        Posting.objects.filter(entry__in=entries)._raw_delete("default")
        Entry.objects.filter(pk__in=entries)._raw_delete("default")


def make_anew(dice: random.Random) -> None:
    """An amount is changed and all hashes are made to fit."""
    entry = Link.objects.get(number=dice.randint(1, 12)).entry
    for posting in entry.postings.all()[:2]:
        Posting.objects.filter(pk=posting.pk).update(amount_cents=posting.amount_cents * 2)
    Link.objects.all()._raw_delete("default")
    link_entries(now=JANUARY)


WAYS = {
    **{f"entry {name}": (Entry, name) for name in (field.name for field in Entry._meta.concrete_fields)},
    **{f"posting {name}": (Posting, name) for name in (field.name for field in Posting._meta.concrete_fields)},
    **{f"link {name}": (Link, name) for name in ("number", "entry", "prev_hash", "hash")},
    **{way.__name__: way for way in (take_out, take_out_a_posting, put_in, swap, cut_the_tail, make_anew)},
}


def tamper(way: object, dice: random.Random) -> None:
    if callable(way):
        way(dice)
    else:
        change_a_field(*way, dice)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_tampering_is_found(sealed, way):
    with without_guards():
        point = transaction.savepoint()
        tamper(WAYS[way], random.Random(way))
        found = list(verify(printed=sealed))
        transaction.savepoint_rollback(point)

    assert found
    assert list(verify(printed=sealed)) == []


def test_two_hundred_random_tamperings_are_found(sealed):
    """S12; a failure names its seed."""
    unseen = []
    with without_guards():
        for seed in range(200):
            point = transaction.savepoint()
            dice = random.Random(seed)
            tamper(dice.choice(list(WAYS.values())), dice)
            if not list(verify(printed=sealed)):
                unseen.append(seed)
            transaction.savepoint_rollback(point)

    assert unseen == []


@pytest.mark.parametrize("way", [cut_the_tail, make_anew])
def test_a_tail_cut_off_and_a_chain_made_anew_show_only_against_the_printed_head(sealed, way):
    with without_guards():
        point = transaction.savepoint()
        way(random.Random(1))
        alone, against_paper = list(verify()), list(verify(printed=sealed))
        transaction.savepoint_rollback(point)

    assert alone == []
    assert len(against_paper) == 1


def test_an_entry_taken_out_with_the_rest_moved_up_is_found_without_paper(sealed):
    with without_guards():
        point = transaction.savepoint()
        entry = Link.objects.get(number=5).entry_id
        Link.objects.filter(number=5)._raw_delete("default")
        Posting.objects.filter(entry=entry)._raw_delete("default")
        Entry.objects.filter(pk=entry)._raw_delete("default")
        for number in range(6, 13):
            Link.objects.filter(number=number).update(number=number - 1)
        found = list(verify())
        transaction.savepoint_rollback(point)

    assert found == ["Number 5 does not continue the hash before it."]


def test_a_break_is_named_once_and_where_it_is(sealed):
    with without_guards():
        point = transaction.savepoint()
        entry = Link.objects.get(number=5).entry
        Posting.objects.filter(entry=entry, position=1).update(tender="check")
        found = list(verify())
        transaction.savepoint_rollback(point)

    assert found == [f"Number 5 (entry {entry.pk}) does not have the contents it was sealed with."]
