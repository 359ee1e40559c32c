import django.db.models.deletion
from django.db import migrations, models

import pos.models.paylinks


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_saved_cards_and_pages"),
        ("pos", "0010_write_names_beside_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="PayLink",
            fields=[
                (
                    "tender",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="pay_link",
                        serialize=False,
                        to="pos.tender",
                    ),
                ),
                ("token", models.CharField(default=pos.models.paylinks.new_token, max_length=32, unique=True)),
                (
                    "page",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.hostedpage"
                    ),
                ),
            ],
        ),
    ]
