"""What the client file keeps of a client, told and forgotten with the rest (R37)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import ClassVar

from clientfile import flags, health
from clientfile.models import Acknowledgement, ClientFlag, HealthNote, HealthRead, Intake, Preferences
from pos.client_records import Rows, rows_of
from pos.models import Client

OF_CLIENT = (ClientFlag, HealthNote, Intake, Preferences)


class File:
    """Health, preferences, and who has read or decided what; the last two stay, for they say nothing of the client."""

    covers: ClassVar[frozenset[str]] = frozenset(
        f"clientfile.{model.__name__}.client" for model in (*OF_CLIENT, HealthRead, Acknowledgement)
    )

    def tell(self, client: Client) -> Mapping[str, Rows]:
        """The caller has put the read on record."""
        return {
            "preferences": rows_of(
                Preferences.objects.filter(client=client), "pressure", "avoid", "oil", "therapist__display_name"
            ),
            "intake": rows_of(Intake.objects.filter(client=client), "on"),
            "health_flags": [_flag_row(flag) for flag in flags.ever_set_on(client.pk)],
            "health_notes": [
                {"text": note.text, "written_by": str(note.row.written_by), "written_at": str(note.row.written_at)}
                for note in health.opened(client).notes
            ],
            "health_reads": rows_of(
                HealthRead.objects.filter(client=client).order_by("at"), "at", "reader__display_name", "reason"
            ),
            "therapists_oks": rows_of(
                Acknowledgement.objects.filter(client=client).order_by("at"), "at", "therapist__display_name", "name"
            ),
        }

    def unsettled(self, client: Client, *, now: dt.datetime) -> Sequence[str]:
        return []

    def move(self, gone: Client, into: Client, *, now: dt.datetime) -> Mapping[str, int]:
        """Flags and notes join the other's; of intake forms the newest counts, of preferences the other's own."""
        flags_moved = ClientFlag.objects.filter(client=gone).update(client=into)
        notes = HealthNote.objects.filter(client=gone).update(client=into)
        old, new = Intake.objects.filter(client=gone).first(), Intake.objects.filter(client=into).first()
        if old is not None and (new is None or old.on > new.on):
            Intake.objects.update_or_create(client=into, defaults={"on": old.on})
        Intake.objects.filter(client=gone).delete()
        if not Preferences.objects.filter(client=into).exists():
            Preferences.objects.filter(client=gone).update(client=into)
        Preferences.objects.filter(client=gone).delete()
        return {"flags_and_notes": flags_moved + notes}

    def forget(self, client: Client, *, now: dt.datetime) -> None:
        for model in OF_CLIENT:
            model._default_manager.filter(client=client).delete()


def _flag_row(flag: flags.OpenFlag) -> dict[str, str]:
    return {
        "flag": flag.flag.name,
        "starts_on": str(flag.starts_on),
        "ends_on": str(flag.ends_on or ""),
        "note": flag.note,
        "set_by": str(flag.row.set_by),
        "lifted_at": str(flag.row.lifted_at or ""),
    }
