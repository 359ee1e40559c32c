"""`manage.py reseal_health`: put all health data under the newest key, after which the older ones may go."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from clientfile import sealing
from clientfile.models import ClientFlag, HealthNote


class Command(BaseCommand):
    help = "Put flags and notes under the newest key of HEALTH_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [row for model in (ClientFlag, HealthNote) for row in model.objects.all() if not sealing.is_newest(row)]
        for row in rows:
            with transaction.atomic():
                locked = type(row).objects.select_for_update().get(pk=row.pk)
                sealing.seal(locked, sealing.contents_of(locked))
                locked.save(update_fields=["key_id", "sealed"])
        print(f"{len(rows)} put under the newest key.")
