"""What Footfall is made of; what plugs in is listed beside it, and what differs by place is in the environment."""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.plugged_in import *  # noqa: F403 - what is sold and how it is paid, checks, reports, exports, jobs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="insecure-only-for-tests-and-builds-0123456789abcdefghijklmnopqrstuv")
PIN_PEPPER = env.str("PIN_PEPPER", default="insecure-only-for-tests")
# `id:secret`, the newest first; the older ones still open the cards that were made with them.
GIFT_CODE_KEYS = env.list("GIFT_CODE_KEYS", default=[]) or ["0:insecure-only-for-tests"]
# The same for what clients say of their health: `manage.py reseal_health` puts all of it under the newest.
HEALTH_KEYS = env.list("HEALTH_KEYS", default=[]) or ["0:insecure-only-for-tests"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
HTTPS = SITE_URL.startswith("https://")
if HTTPS and "insecure" in SECRET_KEY + PIN_PEPPER + "".join(GIFT_CODE_KEYS + HEALTH_KEYS):
    raise ImproperlyConfigured(
        "Set SECRET_KEY, PIN_PEPPER, GIFT_CODE_KEYS and HEALTH_KEYS: `python3 -m config.make_env` makes them."
    )

INSTALLED_APPS = [
    "config",
    "studio",
    "ledger",
    "jobs",
    "payments",
    "pos",
    "giftcards",
    "memberships",
    "clientfile",
    "accounting",
    "api",
    "config.office_app.OfficeApp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "phonenumber_field",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "studio.second_factor.OnlyWhole",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Stripe: two variables are all that separates the demo, Stripe's sandbox and real money -----------------------------
STRIPE_STAND_IN_KEY = "sk_test_sim"
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="") or (STRIPE_STAND_IN_KEY if DEMO else "")
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[]) or (["whsec_demo"] if DEMO else [])
_STAND_IN = env.str("STRIPE_API_BASE", default="") or "http://127.0.0.1:12111"
STRIPE_API_BASE = _STAND_IN if STRIPE_SECRET_KEY == STRIPE_STAND_IN_KEY else ""  # empty: Stripe's own
STRIPE_STAND_IN_ALLOWED = False  # tests say so
STRIPE_REQUESTS_PER_SECOND = env.int("STRIPE_REQUESTS_PER_SECOND", default=25)  # of each endpoint, by all workers
PAYMENTS_GATEWAY = "payments.gateway.StripeGateway"
GIFT_CARDS_HELD_AT = env.list("GIFT_CARDS_HELD_AT", default=["elevated", "highest"])  # Stripe's risk levels (R15)
MEMBERSHIPS_UNPAID = env.str("MEMBERSHIPS_UNPAID", default="skip")  # or "owe": after 14 days a month stays owed (R28)

# Database: SQLite unless DATABASE_URL names a PostgreSQL; `reports` is the same data, read-only ---------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/var/footfall.sqlite3")}
# A connection is kept: on SQLite, too, opening and closing one costs more than most requests.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a writer waits its turn instead of failing half-way. FULL: a commit is on disk before it is answered.
    _PRAGMAS = "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA synchronous=FULL;"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": f"PRAGMA journal_mode=WAL; {_PRAGMAS}",
    }
    DATABASES["reports"] = {
        **DATABASES["default"],
        "OPTIONS": {"transaction_mode": "DEFERRED", "timeout": 10, "init_command": f"{_PRAGMAS} PRAGMA query_only=ON;"},
        "TEST": {"MIRROR": "default"},
    }
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    # Prepared statements halve the server's work; a pooler in front must know them (PgBouncer since 1.21).
    _PREPARED = {"server_side_binding": True, "prepare_threshold": 5}
    _TIMEOUTS = "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=10s"
    _GIVEN = DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] = {**_GIVEN, **_PREPARED, "options": _TIMEOUTS}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["reports"] = {**DATABASES["default"], "TEST": {"MIRROR": "default"}}
    if _replica := env.str("DATABASE_REPLICA_URL", default=""):
        DATABASES["reports"] = {**env.db_url_config(_replica), "TEST": {"MIRROR": "default"}}
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People and sessions -------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "studio.Staff"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/accounts/"  # from there to the page that fits the person
# Whether everybody of the back office must have a second factor; who has one needs it in any case.
BACK_OFFICE_SECOND_FACTOR = env.str("BACK_OFFICE_SECOND_FACTOR", default="") or ("optional" if DEMO else "required")
if BACK_OFFICE_SECOND_FACTOR not in ("required", "optional"):
    raise ImproperlyConfigured("BACK_OFFICE_SECOND_FACTOR is required or optional.")
ACCOUNT_ADAPTER = "studio.office_door.OfficeAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth wants the fields to fit the sign-in
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # tries are counted in the database, see studio.office_door
MFA_ADAPTER = "studio.office_door.FactorAdapter"
MFA_FORMS = {"authenticate": "studio.office_door.CodeAtTheDoor", "reauthenticate": "studio.office_door.CodeAgain"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a code of half a minute ago still passes, once
CSRF_FAILURE_VIEW = "studio.error_pages.csrf_failure"
_HOST_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_HOST_PREFIX}footfall_office"
CSRF_COOKIE_NAME = f"{_HOST_PREFIX}footfall_csrf"
DEVICE_COOKIE_NAME = f"{_HOST_PREFIX}footfall_device"
STAFF_COOKIE_NAME = f"{_HOST_PREFIX}footfall_staff"
CLIENT_COOKIE_NAME = f"{_HOST_PREFIX}footfall_my"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}  # nothing is kept in a process

# The web around the pages --------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^healthz$", r"^readyz$"]  # an API never redirects a secret into the clear
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Words, money, mail --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DEFAULT_FORMAT = "E164"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="studio@example.com")
# Wallet passes: the studio's own certificates; empty: no button is shown. Paths of files outside of the project.
WALLET_APPLE = env.dict("WALLET_APPLE", default={})  # pass_type=,team=,certificate=,key=,wwdr=
WALLET_GOOGLE = env.dict("WALLET_GOOGLE", default={})  # issuer=,account=
MAIL_BOUNCE_TOKEN = env.str("MAIL_BOUNCE_TOKEN", default="")  # empty: /mail/bounces is not there

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.auth.TabletAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.auth.SignedOn"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsing.Json"],
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_SCHEMA_CLASS": "api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Footfall API",
    "DESCRIPTION": (
        "Everything the desk page does, for other programs too. Amounts are whole cents, moments are UTC, days are the "
        "location's business dates. The client makes the id of what it creates and sends PUT: the same request again "
        "is the same answer, other contents are a 409. Every no is `application/problem+json` with a stable `code`."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["api.schema.without_marks"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
