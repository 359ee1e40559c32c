"""The door for web servers such as gunicorn, which run no checks of their own."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from payments.keys import check_keys  # noqa: E402 - only once Django is set up

if problems := check_keys():
    raise ImproperlyConfigured("\n".join(f"{problem.msg} {problem.hint or ''}".strip() for problem in problems))
