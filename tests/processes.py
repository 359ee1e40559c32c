"""Processes of their own on the database of the running test; the test must be marked `django_db(transaction=True)`."""

import os
from urllib.parse import urlsplit

from django.db import connection


def environment(**more: str) -> dict[str, str]:
    """The variables for such a process: those of this run, the test's database, and what is given."""
    return {**os.environ, "DATABASE_URL": database_url(), **more}


def database_url() -> str:
    """The address of the database that the running test uses."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
