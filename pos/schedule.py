"""What the desk's worker does by itself."""

import datetime as dt
import logging

from django.db import transaction

from pos import ending
from pos.models import Sale
from studio.refusal import Refusal

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = dt.timedelta(minutes=30)
"""An open sale without a request for this long is abandoned; no hold lives longer (R1)."""


class AbandonForgottenSales:
    """Every five minutes: end open sales that nobody came back to, and release what they hold."""

    kind = "abandon_forgotten_sales"
    every = dt.timedelta(minutes=5)
    catch_up = False

    def run(self, *, now: dt.datetime) -> None:
        before = now - FORGOTTEN_AFTER
        forgotten = Sale.objects.filter(status=Sale.Status.OPEN, last_request_at__lt=before)
        for sale in forgotten.select_related("location", "opened_by", "device"):
            try:
                with transaction.atomic(durable=True):
                    ending.abandon_forgotten(sale, before=before, now=now)
            except Refusal as refusal:  # one that can not end must not keep the others
                logger.warning("%s can not be abandoned: %s", sale, refusal)
