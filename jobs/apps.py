from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Work that must not be lost"
    default_auto_field = "django.db.models.BigAutoField"
