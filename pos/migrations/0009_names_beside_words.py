from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0008_store_credit"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="clientword",
            name="clients_by_word",
        ),
        migrations.AddField(
            model_name="clientword",
            name="name",
            field=models.CharField(
                default="", help_text="The client's, so that the index alone puts them in order.", max_length=120
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="client",
            index=models.Index(fields=["name", "id"], name="clients_by_name"),
        ),
        migrations.AddIndex(
            model_name="clientword",
            index=models.Index(
                fields=["word", "name", "client"],
                name="clients_by_word_and_name",
                opclasses=["varchar_pattern_ops", "varchar_ops", "uuid_ops"],
            ),
        ),
    ]
