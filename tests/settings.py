"""The settings of the test suite: those of production, told only by this file and never by a developer's own `.env`."""

import os

# The environment wins over `.env`, so this must come before config.settings reads it. DATABASE_URL is the one thing
# that a run may choose: `python -m tests.postgres` sets it, otherwise it is SQLite.
os.environ.update(
    BACK_OFFICE_SECOND_FACTOR="optional",  # tests of the door require it
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    CSRF_TRUSTED_ORIGINS="",
    DATABASE_MIGRATE_URL="",
    DATABASE_REPLICA_URL="",
    DEBUG="False",
    DEFAULT_FROM_EMAIL="studio@example.com",
    DEMO="False",
    EMAIL_URL="memorymail://",
    GIFT_CODE_KEYS="2:newer-key-for-tests,1:older-key-for-tests",
    HEALTH_KEYS="2:newer-health-key-for-tests,1:older-health-key-for-tests",
    MAIL_BOUNCE_TOKEN="token-of-the-mail-service",
    PIN_PEPPER="pepper-for-tests",
    SECRET_KEY="secret-for-tests-and-nothing-else-0123456789-abcdefghijklmnop",
    SITE_URL="http://testserver",
    STRIPE_API_BASE="http://127.0.0.1:9",  # nobody there; a test that needs one starts a stand-in
    STRIPE_SECRET_KEY="sk_test_sim",
    STRIPE_WEBHOOK_SECRET="whsec_of_the_tests",
    TRUSTED_PROXY_COUNT="0",
)
os.environ.setdefault("DATABASE_URL", "sqlite:////tmp/footfall-unused.sqlite3")

from config.settings import *  # noqa: F403 - the settings under test are all of production's

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a PIN must not cost 60 ms a thousand times
STRIPE_STAND_IN_ALLOWED = True
WHITENOISE_AUTOREFRESH = True  # else every test's client reads all static files before its first request

# How long one waits for another is for production to bound; how long that takes on a busy machine is nothing to test.
PATIENCE_SECONDS = 120
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["OPTIONS"]["timeout"] = PATIENCE_SECONDS  # noqa: F405
else:
    DATABASES["default"]["OPTIONS"]["options"] = " ".join(  # noqa: F405
        f"-c {name}={PATIENCE_SECONDS}s"
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    )
