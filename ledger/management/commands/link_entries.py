"""Seal what has been posted: number and chain every committed entry that has no number yet."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger.chain import head, link_in_batches, unlinked


class Command(BaseCommand):
    help = "Number and chain every committed entry that has no number yet, as the worker does each minute."

    def handle(self, *args: Any, **options: Any) -> None:
        link_in_batches(unlinked(), now=timezone.now())
        last = head()
        self.stdout.write(f"Head of the chain: {last.number}:{last.hash}" if last else "The chain is empty.")
