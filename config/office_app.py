"""Django's admin with our site in it; stands in INSTALLED_APPS in its place."""

from django.contrib.admin.apps import AdminConfig


class OfficeApp(AdminConfig):
    """The back office."""

    default_site = "config.office.Office"
