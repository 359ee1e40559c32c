from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The wiring panel as an app, so that the commands that need every layer have a home."""

    name = "config"
    verbose_name = "Footfall"
