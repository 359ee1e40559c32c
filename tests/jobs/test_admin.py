import pytest
from django.urls import reverse

from jobs.models import OutboxMail, Slot, WorkerBeat
from jobs.outbox import queue_mail
from studio.models import Staff

MODELS = [OutboxMail, Slot, WorkerBeat]


def address(model, page, *args):
    return reverse(f"admin:jobs_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def rows(now):
    mail = queue_mail(dedupe="receipt:1", to="a@example.com", subject="Your receipt", text="Thank you.", now=now)
    slot = Slot.objects.create(kind="hourly", slot_at=now, run_at=now)
    beat = WorkerBeat.objects.create(name="one", started_at=now, beat_at=now)
    return {OutboxMail: mail, Slot: slot, WorkerBeat: beat}


@pytest.fixture
def owner(client):
    client.force_login(Staff.objects.create_superuser("owner", password="a long enough one", display_name="Olive"))
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS)
def test_work_can_be_seen_and_not_be_made_changed_or_deleted(owner, rows, model):
    row = rows[model]

    assert owner.get(address(model, "changelist")).status_code == 200
    assert owner.get(address(model, "change", row.pk)).status_code == 200
    assert owner.post(address(model, "change", row.pk), {}).status_code == 403
    assert owner.get(address(model, "add")).status_code == 403
    assert owner.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_run_again_gives_only_dead_rows_their_tries_back(owner, rows, now):
    dead = rows[OutboxMail]
    OutboxMail.objects.update(dead_at=now, attempts=12)
    waiting = queue_mail(dedupe="receipt:2", to="a@example.com", subject="Yours", text="Thank you.", now=now)
    OutboxMail.objects.filter(pk=waiting.pk).update(attempts=3)

    chosen = {"action": "run_these_again", "_selected_action": [dead.pk, waiting.pk]}
    assert owner.post(address(OutboxMail, "changelist"), chosen).status_code == 302

    assert set(OutboxMail.objects.values_list("pk", "attempts", "dead_at")) == {
        (dead.pk, 0, None),
        (waiting.pk, 3, None),
    }
