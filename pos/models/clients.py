"""The people who come for a treatment."""

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField


class Client(models.Model):
    """A client of the studio; the tablet makes the id, so that a repeated request makes no second client."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = PhoneNumberField(blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="For the desk. No health data here.")
    tax_certificate = models.CharField(max_length=40, blank=True, help_text="Number of the exemption from sales tax.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(name="clients_by_name", fields=["name", "id"])]

    def __str__(self) -> str:
        return self.name


class ClientWord(models.Model):
    """A word that a client is found by: what somebody types is the beginning of one."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="words", db_index=False)
    word = models.CharField(max_length=80)
    beside = models.CharField(
        max_length=600,
        help_text="All words of the client, so that the index alone says what else fits, in order of name.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="word_once_per_client", fields=["client", "word"])]
        indexes = [
            # On PostgreSQL in the order of LIKE, whatever the language of the database.
            models.Index(
                name="clients_by_word",
                fields=["word", "beside", "client"],
                opclasses=["varchar_pattern_ops", "varchar_ops", "uuid_ops"],
            )
        ]

    def __str__(self) -> str:
        return self.word
