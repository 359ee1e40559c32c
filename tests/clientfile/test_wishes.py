"""A copy for the client, and being forgotten: nothing that names a client is left out (R37)."""

import json

import pytest
from django.apps import apps
from django.db.models import Field

from clientfile import flags, health
from clientfile.models import ClientFlag, HealthNote, HealthRead, Preferences
from jobs.models import OutboxMail
from jobs.outbox import queue_mail
from ledger.models import Posting
from pos.asked import Desk
from pos.client_records import all_records
from pos.clients import put_client
from pos.models import Client, ClientWord, Sale
from studio.models import AuditRow
from tests.api.till import Till, till_of
from tests.builders import NOW, Studio, of
from tests.clientfile.files import client, flag, flags_on
from tests.memberships import builders as memberships


@pytest.fixture
def owners_till(studio: Studio, till: Till) -> Till:
    return till_of(studio.owner, studio.location)


@pytest.fixture
def maya(studio: Studio) -> Client:
    """A client with one of everything."""
    someone = client("Maya Okafor", email="maya@example.com", phone="+16145550134", note="Front room")
    put_client(client_id=someone.pk, name="Maya Lind", email="maya@example.com", desk=studio.desk.desk, now=NOW)
    flags_on(studio, someone, flag(), note="twelfth week")
    therapist = Desk(location=studio.location, staff=studio.ana)
    note_id = HealthNote._meta.pk.get_default()
    health.write_note(note_id=note_id, client=someone, text="sleeps badly", desk=therapist, now=NOW)
    Preferences.objects.create(client=someone, pressure=2, avoid="left knee")
    studio.desk.rings_up(of("massage-oil"), client_id=someone.pk).pays(external=24_00)
    queue_mail(dedupe="r1", to="maya@example.com", subject="Receipt", text="Dear Maya", now=NOW)
    OutboxMail.objects.update(sent_at=NOW)
    return Client.objects.get(pk=someone.pk)


def test_every_column_that_names_a_client_is_covered_by_some_app() -> None:
    named = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, Field) and (field.related_model is Client or _is_plain_id(field))
    }
    covered = set[str]().union(*(records.covers for records in all_records()))

    assert named == covered
    assert len(covered) > 20


def _is_plain_id(field: "Field[object, object]") -> bool:
    return field.get_internal_type() == "UUIDField" and field.name == "client"


def test_a_copy_has_everything_and_is_on_record(owners_till: Till, studio: Studio, maya: Client) -> None:
    copy = owners_till.post(f"clients/{maya.pk}/data")

    told = json.dumps(copy["records"])
    for words in (
        "Maya Lind",
        "maya@example.com",
        "twelfth week",
        "sleeps badly",
        "left knee",
        "Massage oil",
        "Receipt",
    ):
        assert words in told, words
    assert [(one.reader, one.reason) for one in HealthRead.objects.all()] == [(studio.owner, "client_asked")]
    row = AuditRow.objects.get(action="client_data_given")
    assert (row.actor, row.after["sha256"]) == (studio.owner, copy["sha256"])


def test_a_forgotten_client_is_nowhere_and_the_sales_keep_their_totals(
    owners_till: Till, studio: Studio, maya: Client
) -> None:
    before = list(Sale.objects.values_list("pk", "net_cents", "client"))

    assert owners_till.put(f"clients/{maya.pk}/forgotten").status == 204
    assert owners_till.put(f"clients/{maya.pk}/forgotten").status == 204

    gone = owners_till.get(f"clients/{maya.pk}").body
    assert (gone["name"], gone["email"], gone["phone"], gone["note"]) == ("Forgotten client", "", "", "")
    assert owners_till.get("clients/?search=maya")["results"] == []
    assert list(Sale.objects.values_list("pk", "net_cents", "client")) == before
    kept = [list(model.objects.values()) for model in (Client, ClientWord, OutboxMail, ClientFlag, HealthNote)]
    assert not any(word in str(kept).lower() for word in ("maya", "lind", "5550134", "twelfth"))
    assert not Preferences.objects.exists()
    assert [row.actor for row in AuditRow.objects.filter(action="client_forgotten")] == [studio.owner]


def test_who_still_has_something_here_is_not_forgotten(owners_till: Till, studio: Studio, maya: Client) -> None:
    ClientFlag.objects.all().delete()
    memberships.package()
    memberships.buys(studio.desk, maya)

    refused = owners_till.put(f"clients/{maya.pk}/forgotten")

    assert refused.refusal == (409, "not_settled")
    assert refused["open"] == ["5 of 5 sessions are left: use, give away or refund them."]
    assert Client.objects.get().name == "Maya Lind"


def test_the_desk_and_the_manager_hand_out_and_forget_nobody(till: Till, managers_till: Till, maya: Client) -> None:
    for one in (till, managers_till):
        assert one.post(f"clients/{maya.pk}/data").refusal == (403, "not_allowed")
        assert one.put(f"clients/{maya.pk}/forgotten").refusal == (403, "not_allowed")
    assert Client.objects.get().name == "Maya Lind"
    assert HealthRead.objects.count() == 0


def test_two_rows_of_one_person_become_one_and_the_books_stay_as_they_were(
    owners_till: Till, studio: Studio, maya: Client
) -> None:
    other = client("Maya L.", phone="+16145550177")
    before = sorted(Posting.objects.values_list("pk", "amount_cents", "client"))
    path, body = f"clients/{maya.pk}/merged", {"into": str(other.pk)}

    shown = owners_till.put(f"{path}?dry_run=1", body)
    assert Sale.objects.get().client == maya
    done = owners_till.put(path, body)

    assert done.body == shown.body
    assert done["moved"] == {
        "saved_cards_removed": 0,
        "gift_cards": 0,
        "household_removed": 0,
        "flags_and_notes": 2,
        "sales": 1,
    }
    assert Sale.objects.get().client == other
    assert sorted(Posting.objects.values_list("pk", "amount_cents", "client")) == before
    stays = owners_till.get(f"clients/{other.pk}").body
    assert (stays["name"], stays["email"], stays["phone"]) == ("Maya L.", "maya@example.com", "+16145550177")
    assert [row["id"] for row in owners_till.get("clients/?search=maya")["results"]] == [str(other.pk)]
    assert Client.objects.get(pk=maya.pk).name == "Maya Lind (merged)"
    assert [found.note for found in flags.set_on(other.pk)] == ["twelfth week"]
    assert Preferences.objects.get().client == other
    assert AuditRow.objects.get(action="clients_merged").after["into"] == str(other.pk)


def test_who_has_something_paid_ahead_is_the_one_who_stays(owners_till: Till, studio: Studio, maya: Client) -> None:
    ClientFlag.objects.all().delete()
    memberships.package()
    memberships.buys(studio.desk, maya)
    other = client("Maya L.")

    assert owners_till.put(f"clients/{maya.pk}/merged", {"into": str(other.pk)}).refusal == (409, "not_movable")
    assert owners_till.put(f"clients/{maya.pk}/merged", {"into": str(maya.pk)}).errors == {
        "into": "This is the same client."
    }
    assert Sale.objects.filter(client=maya).count() == 2
    assert owners_till.put(f"clients/{other.pk}/merged", {"into": str(maya.pk)}).status == 200
