"""Links by which clients pay on a page of Stripe's (R4)."""

import secrets

from django.db import models

from payments.models import HostedPage
from pos.models.sales import Tender


def new_token() -> str:
    """An unguessable word for the link: 128 bits."""
    return secrets.token_urlsafe(16)


class PayLink(models.Model):
    """Where the client of a tender pays: our own address, which leads to the page at Stripe while that is open."""

    tender = models.OneToOneField(Tender, primary_key=True, on_delete=models.PROTECT, related_name="pay_link")
    page = models.OneToOneField(HostedPage, on_delete=models.PROTECT, related_name="+")
    token = models.CharField(max_length=32, unique=True, default=new_token)

    def __str__(self) -> str:
        return f"pay link of {self.tender_id}"
