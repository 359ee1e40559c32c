from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0014_offline_sales"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="clientword",
            name="clients_by_word_and_name",
        ),
        migrations.RenameField(
            model_name="clientword",
            old_name="name",
            new_name="beside",
        ),
        migrations.AlterField(
            model_name="clientword",
            name="beside",
            field=models.CharField(
                help_text="All words of the client, so that the index alone says what else fits, in order of name.",
                max_length=600,
            ),
        ),
        migrations.AddIndex(
            model_name="clientword",
            index=models.Index(
                fields=["word", "beside", "client"],
                name="clients_by_word",
                opclasses=["varchar_pattern_ops", "varchar_ops", "uuid_ops"],
            ),
        ),
    ]
