"""Fill an empty database with Massage Escape: two locations, its people, and ninety days of sales."""

import datetime as dt
import random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from config.demo import cards, catalogue, days, files, gifts, people, prepaid
from pos.asked import Desk
from pos.models import Client, Drawer
from studio.models import Business, Device, Location, Staff

SEED = 20260101
ADDRESS = {
    "UPT": ("Uptown", "12 Cedar Street\nColumbus, OH 43215", "OH", "America/New_York", "none"),
    "LAK": ("Lakeside", "480 North Shore Drive\nChicago, IL 60611", "IL", "America/Chicago", "nickel"),
}


class Command(BaseCommand):
    """Seeds once: a demo that is there keeps its data, a real studio is never touched."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=90, help="how many days of sales, ending today (default 90)")

    def handle(self, *args: Any, **options: Any) -> None:
        business = Business.objects.first()
        if business is not None and not business.is_demo:
            raise CommandError(f"This database holds a real studio, {business.name}. The demo wants one of its own.")
        if business is not None:
            self.stdout.write("The demo studio is there already; its data is kept.")
            return
        now = timezone.now()
        chance = random.Random(SEED)  # noqa: S311 - the demo is the same each time
        with transaction.atomic(durable=True):
            places = self._set_up(chance, now=now)
        simulated = cards.are_simulated()
        if simulated:
            cards.begin()
            for place in places:
                place.reader = cards.install_reader(place.location, now=now)
        self._run(places, count=options["days"], now=now)
        gifts.sell(places[0], now=now)
        with transaction.atomic(durable=True):
            files.write_files(places[0], now=now)
        if simulated:
            cards.end(now)

    def _set_up(self, chance: random.Random, *, now: dt.datetime) -> list[days.Place]:
        Business.objects.create(
            name="Massage Escape",
            email="hello@massage-escape.example",
            receipt_footer="Thank you. Drink some water, and see you soon.",
            is_demo=True,
        )
        locations = {code: self._location(code) for code in ADDRESS}
        catalogue.stock_the_shelves(list(locations.values()))
        people.hire(locations)
        clients = people.welcome_clients(chance, now=now)
        prepaid.offer()
        places = [self._place(location, clients) for location in locations.values()]
        for number, client in enumerate(prepaid.who_joins(clients)):
            places[number % len(places)].joiners.append(client)
        return places

    def _location(self, code: str) -> Location:
        name, address, state, zone, rounding = ADDRESS[code]
        return Location.objects.create(
            code=code,
            name=name,
            address=address,
            state=state,
            time_zone=zone,
            cash_rounding=rounding,
            is_main=code == "UPT",
            takes_online=code == "UPT",
        )

    def _place(self, location: Location, clients: list[Client]) -> days.Place:
        device = Device.objects.create(name=f"{location.name} front tablet", location=location)
        here = Staff.objects.filter(grants__location=location)
        team = here.filter(is_therapist=True).prefetch_related("qualifications")
        therapists: dict[str, list[Staff]] = {"": list(team)}
        for training in catalogue.QUALIFICATIONS:
            therapists[training] = [one for one in team if training in {q.code for q in one.qualifications.all()}]
        return days.Place(
            location=location,
            desk=Desk(location, here.get(grants__group__name="desk"), device),
            manager=Desk(location, Staff.objects.get(grants__group__name="manager"), device),
            till=Drawer.objects.create(location=location, name="Front"),
            therapists=therapists,
            clients=clients,
            chance=random.Random(f"{SEED} {location.code}"),  # noqa: S311
        )

    def _run(self, places: list[days.Place], *, count: int, now: dt.datetime) -> None:
        since = min(place.location.business_date(now) for place in places) - dt.timedelta(days=count)
        for day in days.run(places, since=since, until=now):
            self._progress((day - since).days + 1, count + 1)
        self.stdout.write("")

    def _progress(self, done: int, total: int) -> None:
        if not self.stdout.isatty() and done < total:
            return  # a log wants one line, not ninety
        filled = 30 * done // total
        self.stdout.write(f"\r  [{'#' * filled:<30}] day {done} of {total}", ending="")
        self.stdout.flush()
