"""The words of the clients that are there; apart from the table, because PostgreSQL makes its indexes at the end."""

from django.db import migrations

from pos.finding import words_of


def write_words(apps, schema_editor):
    """For the clients that are there."""
    client_model, word_model = apps.get_model("pos", "Client"), apps.get_model("pos", "ClientWord")
    for client in client_model.objects.iterator(chunk_size=1000):
        words = words_of(client.name, client.email, str(client.phone))
        word_model.objects.bulk_create([word_model(client=client, word=word) for word in sorted(words)])


class Migration(migrations.Migration):

    dependencies = [
        ("pos", "0004_words_of_clients"),
    ]

    operations = [
        migrations.RunPython(write_words, migrations.RunPython.noop),
    ]
