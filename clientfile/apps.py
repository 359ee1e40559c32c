from django.apps import AppConfig


class ClientFileConfig(AppConfig):
    name = "clientfile"
    verbose_name = "Client file"
    default_auto_field = "django.db.models.BigAutoField"
