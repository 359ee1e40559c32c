"""All words of the clients that are there, beside each of them; a client at a time, for a statement has 15 seconds."""

from django.db import migrations

from pos.finding import beside_of


def write_beside(apps, schema_editor):
    """For the clients that are there."""
    client_model, word_model = apps.get_model("pos", "Client"), apps.get_model("pos", "ClientWord")
    for client in client_model.objects.iterator(chunk_size=1000):
        beside = beside_of(client.name, client.email, str(client.phone))
        word_model.objects.filter(client=client).update(beside=beside)


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0015_words_beside_words"),
    ]

    operations = [
        migrations.RunPython(write_beside, migrations.RunPython.noop),
    ]
