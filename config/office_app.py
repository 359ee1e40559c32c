"""Django's admin with our site in it; stands in INSTALLED_APPS in its place."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class OfficeApp(AdminConfig):
    """The back office."""

    default_site = "config.office.Office"

    def ready(self) -> None:
        """Second factors and addresses of mail have no pages: a factor is taken away by an act that is written down."""
        super().ready()
        for model in [one for one in admin.site._registry if one._meta.app_label in ("account", "mfa")]:
            admin.site.unregister(model)
