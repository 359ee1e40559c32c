from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StudioConfig(AppConfig):
    name = "studio"
    verbose_name = "Business, locations, people and their rights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(install_roles_after_migrate, sender=self, dispatch_uid="studio.install_roles")


def install_roles_after_migrate(*, using: str, apps: Any = None, **_kwargs: object) -> None:
    """Install the roles whenever the database has the tables for them; after a migration back to zero it has not."""
    from studio.rights import install_roles  # models can only be imported once the apps are ready

    if apps is None or "groupright" in apps.all_models["studio"]:
        install_roles(using=using)
