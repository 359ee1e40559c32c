"""What some clients of the demo have told: flags of their health, and how they like it."""

import datetime as dt
import uuid

from clientfile import flags, health, preferences
from clientfile.models import AllergenMark, Flag
from clientfile.preferences import AskedPreferences
from config.demo.days import Place
from pos.asked import Desk
from pos.models import Item
from studio.models import Qualification, Staff

FLAGS = [
    ("pregnancy", "Pregnancy", Flag.Effect.BLOCK, "ashiatsu", "", "Side-lying massage only"),
    ("surgery", "Surgery or fracture", Flag.Effect.WAIT, "ashiatsu", "", "Until the surgeon agrees"),
    ("fever", "Fever or infection", Flag.Effect.WAIT, "", "", "Another day"),
    ("osteoporosis", "Osteoporosis", Flag.Effect.BLOCK, "ashiatsu", "", "No weight on ribs and spine"),
    ("blood-thinners", "Blood thinners", Flag.Effect.ASK, "", "", "Light pressure"),
    ("nut-allergy", "Nut allergy", Flag.Effect.ASK, "", "nut", "Use grape seed oil"),
]
SET = [
    ("pregnancy", 0, "24th week"),
    ("surgery", 60, "Knee, in January"),
    ("nut-allergy", 0, ""),
    ("blood-thinners", 0, ""),
]
LIKES = [
    AskedPreferences(2, "left knee", "unscented"),
    AskedPreferences(5, "", "almond"),
    AskedPreferences(3, "feet", ""),
]


def write_files(place: Place, *, now: dt.datetime) -> None:
    """The owner's list, a flag for each of the last clients, and preferences for a few others."""
    trainings = Qualification.objects.in_bulk(field_name="code")
    for position, (code, name, effect, training, allergen, hint) in enumerate(FLAGS):
        of_training = trainings[training] if training else None
        Flag.objects.create(
            code=code, name=name, effect=effect, training=of_training, allergen=allergen, hint=hint, position=position
        )
    for item in Item.objects.filter(code__startswith="oil-"):
        AllergenMark.objects.create(item=item, allergen="nut")
    _tell(place, now=now)


def _tell(place: Place, *, now: dt.datetime) -> None:
    ana = Staff.objects.get(username="ana")
    treats = Desk(location=place.location, staff=ana)
    today = place.location.business_date(now)
    for number, (code, days, note) in enumerate(SET):
        client = place.clients[-1 - number]
        ends_on = today + dt.timedelta(days=days) if days else None
        flag_id = uuid.UUID(int=place.chance.getrandbits(128), version=4)
        flags.set_flag(
            flag_id=flag_id, client=client, code=code, starts_on=None, ends_on=ends_on, note=note, desk=treats, now=now
        )
        taken_in = today - dt.timedelta(days=150 * (number + 1))
        health.renew_intake(client=client, on=taken_in, desk=place.desk, now=now)
    for number, likes in enumerate(LIKES):
        preferences.put(client=place.clients[number], asked=likes, desk=place.desk, now=now)
