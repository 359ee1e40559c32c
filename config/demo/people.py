"""Who works at Massage Escape, and who comes for a treatment."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass

from django.contrib.auth.models import Group

from pos.finding import keep_words
from pos.models import Client
from studio.models import Grant, Location, Qualification, Staff
from studio.pins import set_pin


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in as somebody: a PIN on the tablet, a password in the back office."""

    name: str
    role: str
    place: str
    pin: str = ""
    username: str = ""
    password: str = ""


LOGINS = [
    Login("Dana Flores", "desk", "UPT", pin="739164"),
    Login("Priya Nair", "desk", "LAK", pin="482905"),
    Login("Mara Lindqvist", "manager", "", pin="615283"),
    Login("Olga Weiss", "owner", "", pin="940372", username="owner", password="walk-on-the-bars"),  # noqa: S106 - demo
    Login("Aki Tanaka", "accountant", "", username="accountant", password="every-cent-counts"),  # noqa: S106 - demo
]
THERAPIST = Login("Ana Ribeiro", "therapist", "UPT", pin="517208")
THERAPISTS = [
    ("Ana Ribeiro", "UPT", ["ashiatsu", "bamboo"]),
    ("Ben Osei", "UPT", ["ashiatsu", "thai-rope"]),
    ("Chloe Park", "UPT", []),
    ("Diego Marin", "LAK", ["ashiatsu", "thai-rope", "bamboo"]),
    ("Ella Novak", "LAK", ["ashiatsu"]),
]
FIRST = """
Maya Jonas Ruth Omar Lena Hugo Ines Paul Zoe Karim Nora Felix Amara Theo Judith
Sven Rosa Malik Greta Ivan Tessa Bruno Wanda Elias Mei Carlos Freya Anton Lucia Samir
""".split()  # noqa: SIM905 - names read better so
LAST = "Okafor Lindqvist Meyer Castillo Novak Haddad Brooks Ferreira Kim Sato Walsh Dubois Adeyemi Rossi Larsen".split()  # noqa: SIM905
CLIENTS = 60


def hire(locations: dict[str, Location]) -> None:
    """Desk people, manager, owner and accountant with their logins; therapists with their trainings."""
    for login in LOGINS:
        staff = Staff.objects.create_user(
            login.username or login.name.split()[0].lower(),
            password=login.password or None,
            display_name=login.name,
            is_staff=bool(login.password),
            is_superuser=login.role == "owner",
        )
        Grant.objects.create(staff=staff, group=Group.objects.get(name=login.role), location=locations.get(login.place))
        if login.pin:
            set_pin(staff, login.pin)
    for name, place, trainings in THERAPISTS:
        staff = Staff.objects.create_user(name.split()[0].lower(), display_name=name, is_therapist=True)
        staff.qualifications.set(Qualification.objects.filter(code__in=trainings))
        Grant.objects.create(staff=staff, group=Group.objects.get(name="therapist"), location=locations[place])
        if name == THERAPIST.name:
            set_pin(staff, THERAPIST.pin)


def welcome_clients(chance: random.Random, *, now: dt.datetime) -> list[Client]:
    """Sixty clients with mail and phone, the same ones at each seeding."""
    clients = []
    for number in range(CLIENTS):
        name = f"{FIRST[number % len(FIRST)]} {LAST[(number * 7 + number // len(FIRST)) % len(LAST)]}"
        clients.append(
            Client(
                id=uuid.UUID(int=chance.getrandbits(128), version=4),
                name=name,
                email=f"{name.lower().replace(' ', '.')}{number}@example.com",
                phone=f"+1614555{number + 100:04d}",
                created_at=now,
            )
        )
    Client.objects.bulk_create(clients)
    keep_words(clients)
    return clients
