"""Finding and keeping clients (R12, R37)."""

import uuid

import pytest

from pos import clients
from pos.finding import MOST, ROWS, find, keep_words
from pos.models import Client
from studio.models import AuditRow, Location
from studio.refusal import BadInput
from studio.rights import NotAllowed
from tests.builders import NOW, Studio, TestDesk, of, person


def put(desk: TestDesk, name: str, client_id: uuid.UUID | None = None, **more: str) -> Client:
    return clients.put_client(client_id=client_id or uuid.uuid4(), name=name, desk=desk.desk, now=desk.now, **more)


def found(words: str) -> list[str]:
    return [client.name for client in find(words, at=Location.objects.get())]


@pytest.fixture
def maria(desk: TestDesk) -> Client:
    """One of three clients, with a phone in Columbus."""
    put(desk, "Mario Rossi", email="mario@example.org", phone="212 555 0188")
    put(desk, "Zoë O'Hara", note="Likes it warm.")
    return put(desk, "Maria Gonzalez", email="maria.g@example.com", phone="(614) 555-0123")


# Finding --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("mar", ["Maria Gonzalez", "Mario Rossi"]),
        ("GONZ", ["Maria Gonzalez"]),
        ("mari gon", ["Maria Gonzalez"]),
        ("ria gon", []),
        ("zoe", ["Zoë O'Hara"]),
        ("ZOË HARA", ["Zoë O'Hara"]),
        ("maria.g@example.com", ["Maria Gonzalez"]),
        ("maria.g@", ["Maria Gonzalez"]),
        ("gonzalez maria", ["Maria Gonzalez"]),
        ("mar example.org", ["Mario Rossi"]),
        ("o'hara", ["Zoë O'Hara"]),
        ("maria rossi", []),
        ("nobody", []),
        ("%", []),
        ("_", []),
        ("", []),
        ("   ", []),
    ],
)
def test_a_client_is_found_by_beginnings_of_name_and_mail_all_words_together(
    maria: Client, words: str, names: list[str]
) -> None:
    assert found(words) == names


@pytest.mark.parametrize(
    "number",
    [
        "6145550123",
        "614-555-0123",
        "(614) 555-0123",
        "(614)555-0123",
        "614.555.0123",
        "614 555 0123",
        "614 555 01 23",
        "+16145550123",
        "+1 614 555 0123",
        "1 614 555 0123",
        "1-614-555-0123",
        "555-0123",
        "0123",
        "614",
    ],
)
def test_a_client_is_found_by_their_phone_however_it_is_written(maria: Client, number: str) -> None:
    assert found(number) == ["Maria Gonzalez"]


def test_a_name_and_a_phone_together_find_who_has_both(maria: Client) -> None:
    assert (found("maria 614"), found("maria 0123"), found("mario 614")) == (["Maria Gonzalez"], ["Maria Gonzalez"], [])


def test_two_digits_are_no_phone_number(maria: Client) -> None:
    assert found("61") == []


def test_a_found_client_says_when_they_were_last_here(desk: TestDesk, maria: Client) -> None:
    desk.rings_up(of("massage-oil"), client_id=maria.pk).pays(external=24_00)
    today = desk.later(days=1).rings_up(of("massage-oil"), client_id=maria.pk).pays(external=24_00)
    desk.later(days=2).rings_up(of("massage-oil"), client_id=maria.pk)

    last_visits = {client.name: client.last_visit_on for client in find("mar", at=desk.desk.location)}

    assert last_visits == {"Maria Gonzalez": today.sale.business_date, "Mario Rossi": None}


def test_who_is_called_just_so_comes_first_and_then_who_was_here_last(desk: TestDesk, maria: Client) -> None:
    for name in ("Marianne Bo", "Mari Usz", "Mari Aho"):
        put(desk, name)
    for name in ("Mario Rossi", "Marianne Bo"):
        desk = desk.later(days=1)
        desk.rings_up(of("massage-oil"), client_id=Client.objects.get(name=name).pk).pays(external=24_00)

    assert found("mari") == ["Mari Aho", "Mari Usz", "Marianne Bo", "Mario Rossi", "Maria Gonzalez"]


def test_among_very_many_the_best_are_told_with_those_who_were_here_lately(desk: TestDesk) -> None:
    many = [Client(id=uuid.uuid4(), name=f"Maria Ab{number:03}", created_at=NOW) for number in range(3 * ROWS)]
    keep_words(Client.objects.bulk_create(many))
    last, just_so = put(desk, "Mariana Zz"), put(desk, "Mar Zz")
    desk.rings_up(of("massage-oil"), client_id=last.pk).pays(external=24_00)

    names = found("mar")

    assert (names[:2], len(names), len(set(names))) == ([just_so.name, last.name], MOST, MOST)
    assert names[2:] == [f"Maria Ab{number:03}" for number in range(MOST - 2)]
    assert (found("mariana"), found("ab299 mari"), found("zz mar")) == (
        [last.name],
        ["Maria Ab299"],
        [just_so.name, last.name],
    )


# Keeping --------------------------------------------------------------------------------------------------------------


def test_a_client_is_created_clean_and_the_same_request_again_makes_no_second_one(desk: TestDesk) -> None:
    client_id = uuid.uuid4()

    for _ in range(2):
        client = put(
            desk, "  Maria   Gonzalez ", client_id, email=" maria@example.com ", phone="614-555-0123", note=" Warm. "
        )

    assert Client.objects.get() == client
    assert (client.name, client.email, str(client.phone), client.note, client.created_at) == (
        "Maria Gonzalez",
        "maria@example.com",
        "+16145550123",
        "Warm.",
        NOW,
    )
    assert AuditRow.objects.count() == 1


def test_a_change_replaces_all_fields_and_keeps_the_day_of_creation(desk: TestDesk, maria: Client) -> None:
    put(desk.later(days=9), "Maria Lopez", maria.pk, email="maria.g@example.com")

    changed = Client.objects.get(pk=maria.pk)
    assert (changed.name, str(changed.phone or ""), changed.created_at) == ("Maria Lopez", "", NOW)
    assert found("614") == []


def test_the_audit_says_which_fields_and_never_what_they_hold(studio: Studio) -> None:
    client = put(studio.desk, "Maria Gonzalez", email="maria@example.com", phone="614-555-0123", note="Warm.")
    put(studio.desk.with_(studio.manager), "Maria Gonzalez", client.pk, email="maria@example.com", note="Cold.")

    created, changed = AuditRow.objects.order_by("id")
    assert [(row.action, row.actor, row.object_id) for row in (created, changed)] == [
        ("client_created", studio.desk_person, str(client.pk)),
        ("client_changed", studio.manager, str(client.pk)),
    ]
    assert (created.location, created.device) == (studio.location, studio.device)
    assert sorted(changed.after["fields"]) == ["note", "phone"]
    kept = " ".join(str(getattr(row, field.attname)) for row in (created, changed) for field in row._meta.fields)
    assert not [secret for secret in ("Maria", "example.com", "5550123", "Warm", "Cold") if secret in kept]


@pytest.mark.parametrize("name", ["", "   ", "\t\n"])
def test_a_client_has_a_name(desk: TestDesk, name: str) -> None:
    with pytest.raises(BadInput, match="name: Give the client a name"):
        put(desk, name)

    assert not Client.objects.exists()


@pytest.mark.parametrize("phone", ["123", "555-0123", "call me", "614-555-012", "+1 614 555 0123 0123", "+", "6-1-4"])
def test_what_is_no_phone_number_is_refused(desk: TestDesk, phone: str) -> None:
    with pytest.raises(BadInput, match="phone: This is no phone number"):
        put(desk, "Maria", phone=phone)

    assert not Client.objects.exists()


@pytest.mark.parametrize("email", ["maria", "maria@", "@example.com", "maria example.com"])
def test_what_is_no_mail_address_is_refused(desk: TestDesk, email: str) -> None:
    with pytest.raises(BadInput, match="email"):
        put(desk, "Maria", email=email)


def test_a_foreign_number_is_kept_with_its_country(desk: TestDesk) -> None:
    assert str(put(desk, "Jürgen", phone="+49 30 901820").phone) == "+4930901820"


def test_only_who_has_the_right_keeps_clients(studio: Studio) -> None:
    accountant = studio.desk.with_(person("abe", role="accountant"))

    for desk in (accountant, studio.desk.with_(studio.ana)):
        with pytest.raises(NotAllowed):
            put(desk, "Maria")

    assert not Client.objects.exists()
