"""What some states claim of forgotten cards, all of it unconfirmed until a lawyer has looked; other states have no row."""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2015, 1, 1)
ASK = "; compiled from public summaries; ask a lawyer"
ROWS = [
    {"state": "DE", "dormancy_years": 5, "counts_from": "last_use", "source": "12 Del. C. § 1133"},
    {"state": "NJ", "dormancy_years": 5, "counts_from": "last_use", "state_percent": 60, "source": "N.J.S.A. 46:30B-42.1"},
    {"state": "NY", "dormancy_years": 5, "counts_from": "last_use", "source": "N.Y. Aband. Prop. Law § 1315"},
    {"state": "TX", "dormancy_years": 3, "counts_from": "last_use", "source": "Tex. Prop. Code § 72.1016"},
]


def forwards(apps, schema_editor):
    law = apps.get_model("giftcards", "UnclaimedLaw")
    law.objects.bulk_create(
        law(**{"starts_on": SINCE, "kind": "gift_card", **row, "source": row["source"] + ASK}) for row in ROWS
    )


class Migration(migrations.Migration):
    dependencies = [("giftcards", "0005_unclaimed_law")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
