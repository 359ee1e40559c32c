"""The law of cash-out and expiry as far as it is known, all of it unconfirmed until a lawyer has looked (R16)."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2010, 8, 22)  # the federal rule on gift cards
BELOW_TEN_ENDS = dt.date(2026, 4, 1)
BELOW_FIVE = ("ME", "MT", "NJ", "OR", "WA", "NY")
SOURCE = "compiled from public summaries; ask a lawyer"


def rows():
    """Each row as the fields in which it differs from an empty one."""
    yield {"state": "", "starts_on": SINCE, "min_years": 5, "source": "12 CFR 1005.20; " + SOURCE}
    yield {"state": "CA", "starts_on": SINCE, "ends_on": BELOW_TEN_ENDS, "below_cents": 10_00, "may_expire": False}
    yield {"state": "CA", "starts_on": BELOW_TEN_ENDS, "below_cents": 15_00, "may_expire": False}
    yield {"state": "CO", "starts_on": SINCE, "up_to_cents": 5_00}
    for state in BELOW_FIVE:
        yield {"state": state, "starts_on": SINCE, "below_cents": 5_00, "min_years": 9 if state == "NY" else 5}
    for state in ("RI", "VT"):
        yield {"state": state, "starts_on": SINCE, "below_cents": 1_00}
    yield {"state": "MA", "starts_on": SINCE, "percent_used": 90}
    yield {"state": "MA", "starts_on": SINCE, "up_to_cents": 5_00, "only_reloadable": True}


def write(model):
    model.objects.bulk_create(model(**{"source": SOURCE, **row}) for row in rows())


def forwards(apps, schema_editor):
    write(apps.get_model("giftcards", "CardLaw"))


class Migration(migrations.Migration):
    dependencies = [("giftcards", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
