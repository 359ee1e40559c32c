"""The names of the clients that are there, beside their words; in pieces, for a statement has 15 seconds."""

from django.db import migrations
from django.db.models import Max, OuterRef, Subquery

PIECE = 20_000


def write_names(apps, schema_editor):
    """For the clients that are there."""
    client_model, word_model = apps.get_model("pos", "Client"), apps.get_model("pos", "ClientWord")
    names = Subquery(client_model.objects.filter(pk=OuterRef("client")).values("name"))
    last = word_model.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(0, last + 1, PIECE):
        word_model.objects.filter(pk__gte=first, pk__lt=first + PIECE).update(name=names)


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0009_names_beside_words"),
    ]

    operations = [
        migrations.RunPython(write_names, migrations.RunPython.noop),
    ]
