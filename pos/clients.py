"""Finding and keeping clients."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, F, Max, Min, Subquery, Sum
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import NumberParseException

from pos.asked import Desk
from pos.finding import keep_words
from pos.models import Client, Refund, Sale, SaleLine
from studio import audit, rights
from studio.models import Location, Right, Staff
from studio.refusal import BadInput

LONGEST_EMAIL = 254
FAVOURITES = 3
VISITED = (Sale.Status.COMPLETED, Sale.Status.PARTLY_REFUNDED, Sale.Status.REFUNDED)


@dataclass(frozen=True, slots=True)
class History:
    """What a client has been here for: completed visits, what they paid in cents, and what they come for most."""

    visits: int
    first_visit_on: dt.date | None
    last_visit_on: dt.date | None
    paid_cents: int
    favourites: tuple[tuple[str, int], ...]
    """Name of a service and how often, the most frequent first."""


def history_of(client: Client) -> History:
    """The client's visits so far, at every location; three queries."""
    sales = Sale.objects.filter(client=client, status__in=VISITED)
    paid_cents = Sum(F("net_cents") + F("tax_cents") + F("tip_cents") + F("rounding_cents"))
    found = sales.aggregate(
        visits=Count("pk"), first=Min("business_date"), last=Max("business_date"), paid_cents=paid_cents
    )
    given = Refund.objects.filter(sale__in=sales).aggregate(
        back=Sum(F("net_cents") + F("tax_cents") + F("tip_cents") + F("rounding_cents"))
    )
    services = SaleLine.objects.filter(sale__in=sales, is_service=True).values_list("name")
    favourites = services.annotate(times=Sum("quantity")).order_by("-times", "name")[:FAVOURITES]
    return History(
        visits=found["visits"],
        first_visit_on=found["first"],
        last_visit_on=found["last"],
        paid_cents=(found["paid_cents"] or 0) - (given["back"] or 0),
        favourites=tuple((name, times) for name, times in favourites),
    )


def last_visit(client: Client) -> tuple[Sale, list[SaleLine]] | None:
    """The newest completed sale with something of the catalogue on it, and those lines; at any location (R9)."""
    lines = SaleLine.objects.filter(sale__client=client, sale__status__in=VISITED, item__isnull=False, kind="item")
    newest = lines.order_by("-sale__business_date", "-sale__completed_at").values("sale")[:1]
    found = list(lines.filter(sale=Subquery(newest)).select_related("sale", "item", "therapist").order_by("position"))
    return (found[0].sale, found) if found else None


def put_client(
    *,
    client_id: uuid.UUID,
    name: str,
    desk: Desk,
    now: dt.datetime,
    email: str = "",
    phone: str = "",
    note: str = "",
    tax_certificate: str | None = None,
) -> Client:
    """Create or change a client; the tablet makes the id. Without a `tax_certificate` that stays as it was."""
    rights.require(desk.staff, Right.CLIENTS, desk.location)
    fields = {
        "name": _clean_name(name),
        "email": clean_email(email) if email.strip() else "",
        "phone": _clean_phone(phone),
        "note": note.strip(),
    }
    if tax_certificate is not None:
        fields["tax_certificate"] = tax_certificate.strip()
    return _put(client_id, fields, desk=desk, now=now)


def enrol(*, client_id: uuid.UUID, name: str, email: str, location: Location, now: dt.datetime) -> Client:
    """The same by the client's own hand, online, where nobody's right is asked; put right by the same id again."""
    fields = {"name": _clean_name(name), "email": clean_email(email)}
    return _put(client_id, fields, desk=Desk(location=location, staff=Staff.objects.online()), now=now)


def _put(client_id: uuid.UUID, fields: dict[str, str], *, desk: Desk, now: dt.datetime) -> Client:
    client, created = Client.objects.get_or_create(pk=client_id, defaults={**fields, "created_at": now})
    before = {key: str(getattr(client, key)) for key in fields}
    if not created:
        Client.objects.filter(pk=client_id).update(**fields)
        client = Client.objects.get(pk=client_id)
    if created or any(before[key] != str(fields[key]) for key in ("name", "email", "phone") if key in fields):
        keep_words([client])
    changed = [key for key, value in fields.items() if created or before[key] != str(value)]
    if changed:
        # Which fields, not their contents: the audit trail is kept for ever, a client may be anonymised.
        audit.record(
            at=now,
            action="client_created" if created else "client_changed",
            actor=desk.staff,
            device=desk.device,
            location=desk.location,
            subject=client,
            after={"fields": changed},
        )
    return client


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned:
        raise BadInput("name", "Give the client a name.")
    return cleaned


def _clean_phone(phone: str) -> str:
    if not phone.strip():
        return ""
    try:
        number = PhoneNumber.from_string(phone, region=settings.PHONENUMBER_DEFAULT_REGION)
    except NumberParseException as error:
        raise BadInput("phone", "This is no phone number.") from error
    if not number.is_valid():
        raise BadInput("phone", "This is no phone number.")
    return str(number.as_e164)


def clean_email(email: str) -> str:
    """The address without what surrounds it; `BadInput` when mail can not go there."""
    cleaned = email.strip()
    try:
        validate_email(cleaned)
    except ValidationError as error:
        raise BadInput("email", "This is no e-mail address.") from error
    if len(cleaned) > LONGEST_EMAIL:
        raise BadInput("email", "This e-mail address is too long.")
    return cleaned
