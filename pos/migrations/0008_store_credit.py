import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import studio.ids


class Migration(migrations.Migration):
    dependencies = [
        ("pos", "0007_who_changed_a_sale"),
        ("studio", "0002_right_to_mend_cards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="approval",
            name="action",
            field=models.CharField(
                choices=[
                    ("discount", "discount"),
                    ("refund", "refund"),
                    ("void", "void"),
                    ("drawer_difference", "drawer difference"),
                    ("credit", "store credit"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="ClientCredit",
            fields=[
                ("balance_cents", models.BigIntegerField(default=0)),
                ("held_cents", models.BigIntegerField(default=0, help_text="What open sales hold of the balance.")),
                ("id", models.UUIDField(default=studio.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("opened_at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credits", to="pos.client"
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        help_text="Who sold it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="studio.location",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CreditHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_cents", models.BigIntegerField()),
                (
                    "credit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="pos.clientcredit"
                    ),
                ),
                (
                    "tender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="credit_holds", to="pos.tender"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CreditMove",
            fields=[
                ("id", models.UUIDField(default=studio.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("given", "given"),
                            ("converted", "from a session or credit that expired"),
                            ("used", "used"),
                            ("restored", "given back"),
                            ("adjusted", "adjusted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("amount_cents", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "key",
                    models.CharField(
                        help_text="What it stands for; the same thing moves it once.", max_length=120, unique=True
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=200)),
                (
                    "credit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="pos.clientcredit"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tender",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_moves",
                        to="pos.tender",
                    ),
                ),
            ],
            options={
                "ordering": ["credit_id", "at", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="clientcredit",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_cents__gte", models.F("held_cents")), ("held_cents__gte", 0)),
                name="client_credit_never_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientcredit",
            constraint=models.UniqueConstraint(
                fields=("client", "location"), name="one_credit_per_client_and_location"
            ),
        ),
        migrations.AddConstraint(
            model_name="credithold",
            constraint=models.UniqueConstraint(fields=("tender", "credit"), name="one_hold_per_tender_and_credit"),
        ),
        migrations.AddConstraint(
            model_name="credithold",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_cents__gt", 0)), name="credit_hold_holds_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_cents", 0), _negated=True), name="credit_move_moves_something"
            ),
        ),
    ]
