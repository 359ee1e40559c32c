"""One screen that shows what Footfall is made of and all that plugs in; what differs by place is in the environment."""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="insecure-only-for-tests-and-builds-0123456789abcdefghijklmnopqrstuv")
PIN_PEPPER = env.str("PIN_PEPPER", default="insecure-only-for-tests")
# `id:secret`, the newest first; the older ones still open the cards that were made with them.
GIFT_CODE_KEYS = env.list("GIFT_CODE_KEYS", default=[]) or ["0:insecure-only-for-tests"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
HTTPS = SITE_URL.startswith("https://")
if HTTPS and "insecure" in SECRET_KEY + PIN_PEPPER + "".join(GIFT_CODE_KEYS):
    raise ImproperlyConfigured(
        "Set SECRET_KEY, PIN_PEPPER and GIFT_CODE_KEYS: `python3 -m config.make_env` makes them."
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
    "accounting",
    "api",
    "config.office_app.OfficeApp",
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

# What plugs in -------------------------------------------------------------------------------------------------------
POS_LINE_KINDS = [
    "pos.wares.CatalogueItem",
    "pos.wares.CustomAmount",
    "giftcards.kinds.SoldCard",
    "giftcards.kinds.LoadedCard",
    "memberships.kinds.SoldPackage",
    "memberships.dueskinds.Joining",
    "memberships.dueskinds.Dues",
    "memberships.feekinds.PlanUpgrade",
    "memberships.feekinds.FreezeFee",
    "memberships.feekinds.ExitFee",
    "memberships.prepaidkind.MonthsAhead",
]
POS_PRICE_RULES = ["memberships.prices.MembersPay"]
POS_TENDER_KINDS = [
    "memberships.sessions.PackageSession",
    "memberships.sessions.MemberCredit",
    "giftcards.kinds.PaidByTreatmentCard",
    "giftcards.kinds.PaidByCard",
    "pos.store_credit.StoreCredit",
    "pos.tenders.Cash",
    "pos.tenders.Check",
    "pos.tenders.ExternalTerminal",
    "pos.cards.CardOnReader",
    "pos.saved_cards.SavedCardOnFile",
    "pos.pay_links.ByLink",
    "pos.online.CardOnline",
]
BOOK_CHECKS = [
    "ledger.checks.check_entries_balance",
    "ledger.checks.check_entries_balance_per_location",
    "ledger.checks.check_entries_have_postings",
    "ledger.checks.check_days_balance",
    "ledger.checks.check_one_entry_per_event",
    "ledger.checks.check_numbers_have_no_gap",
    "ledger.checks.check_closed_months_are_untouched",
    "ledger.checks.check_entries_lie_in_a_month",
    "ledger.checks.check_reversals_mirror",
    "ledger.checks.check_tax_given_back_was_collected",
    "ledger.checks.check_therapists_owe_nothing",
    "ledger.checks.check_postings_say_what_for",
    "ledger.checks.check_income_comes_from_sales",
    "ledger.checks.check_chain",
    "ledger.checks.check_entries_are_linked",
    "ledger.checks.check_guards_are_there",
    "pos.checks.check_drawer_is_as_counted",
    "pos.checks.check_tenders_pay_the_sale",
    "pos.checks.check_lines_add_up_to_the_sale",
    "pos.checks.check_refunds_stay_within_the_sale",
    "pos.checks.check_tax_is_as_charged",
    "pos.checks.check_tips_are_as_given",
    "pos.checks.check_every_sale_is_in_the_books",
    "pos.checks.check_receipts_have_no_gaps",
    "pos.checks.check_everything_has_its_receipt",
    "pos.checks.check_no_hold_outlives_its_sale",
    "pos.checks.check_cards_paid_their_sales",
    "pos.checks.check_store_credit",
    "pos.checks.check_store_credit_is_held_by_open_sales",
    "giftcards.checks.check_cards_are_as_booked",
    "giftcards.checks.check_breakage_is_as_booked",
    "giftcards.checks.check_cards_are_as_moved",
    "giftcards.checks.check_cards_are_held_by_open_sales",
    "giftcards.checks.check_cards_paid_their_sales",
    "giftcards.checks.check_locations_owe_each_other_the_same",
    "giftcards.checks.check_nobody_guesses_codes",
    "memberships.checks.check_lots_are_what_the_books_owe",
    "memberships.checks.check_each_lot_is_in_the_books",
    "memberships.checks.check_lots_have_sessions_and_value",
    "memberships.checks.check_moves_roll_forward",
    "memberships.checks.check_lots_are_worth_their_price",
    "memberships.checks.check_lots_are_held_by_open_sales",
    "memberships.duechecks.check_paid_dues_have_granted",
    "memberships.duechecks.check_paid_months_count",
    "memberships.duechecks.check_months_ahead_are_in_the_books",
    "payments.checks.check_movements_are_posted",
    "payments.checks.check_balance_agrees",
    "payments.checks.check_finished_payouts_come_to_zero",
    "payments.checks.check_payouts_are_the_sum_of_their_parts",
    "payments.checks.check_money_in_transit",
    "payments.checks.check_disputed_money",
    "payments.checks.check_refunds_payable",
    "payments.checks.check_nothing_stays_in_suspense",
    "payments.checks.check_charges_come_to_an_end",
    "payments.checks.check_pages_come_to_an_end",
    "payments.checks.check_card_refunds_are_sent",
    "accounting.closingchecks.check_closings_are_as_sealed",
    "accounting.closingchecks.check_months_open_as_they_closed",
    "accounting.exports.checks.check_closed_months_are_exported_whole",
    "accounting.exports.checks.check_exports_are_as_given_out",
    "jobs.checks.check_outbox",
    "jobs.checks.check_dead_rows",
    "jobs.checks.check_schedule",
]
REPORTS = [  # in the order in which the accountant's pages list them
    "accounting.reports.daily.DailySales",
    "accounting.reports.months.SalesByMonth",
    "accounting.reports.items.SalesByItem",
    "accounting.reports.tenders.SalesByTender",
    "accounting.reports.therapists.SalesByTherapist",
    "accounting.reports.tips.Tips",
    "accounting.reports.sales_tax.SalesTax",
    "accounting.reports.sales_tax.PrepaidTax",
    "accounting.reports.card_year.CardYear",
    "accounting.reports.bridges.DepositBridge",
    "accounting.reports.cash_log.CashLog",
    "accounting.reports.open_drawers.OpenDrawers",
    "accounting.reports.rollforward.RollForward",
    "accounting.reports.outstanding.OpenInstruments",
    "accounting.reports.outstanding.AgedLiability",
    "accounting.reports.between.BetweenLocations",
    "accounting.reports.breakage.BreakageWorkbook",
    "accounting.reports.breakage.UnclaimedProperty",
    "accounting.reports.books.TrialBalance",
    "accounting.reports.books.GeneralLedger",
    "accounting.reports.journal.Journal",
    "accounting.reports.exceptions.Exceptions",
    "accounting.reports.late.LateArrivals",
]
EXPORT_FORMATS = [  # the other books, in the order in which the accountant's pages list them
    "accounting.exports.quickbooks.QuickBooksOnline",
    "accounting.exports.quickbooks.QuickBooksDesktop",
    "accounting.exports.xero.Xero",
    "accounting.exports.sage.Sage50",
    "accounting.exports.sage.SageIntacct",
    "accounting.exports.hledger.Hledger",
    "accounting.exports.beancount.Beancount",
    "accounting.exports.neutral.NeutralCsv",
    "accounting.exports.neutral.NeutralWorkbook",
]
SUBLEDGERS = [  # what the rows behind the books come to, for the balance assertions of exports and proofs
    "giftcards.subledger.Cards",
    "memberships.subledger.Lots",
    "memberships.subledger.MonthsAhead",
    "pos.subledgers.StoreCredit",
    "pos.subledgers.Drawers",
    "pos.subledgers.Taxes",
    "pos.subledgers.Tips",
    "pos.cardmoney.StripeBalance",
    "pos.cardmoney.RefundsPayable",
    "payments.subledger.InTransit",
    "payments.subledger.Contested",
]
JOBS_CLAIMABLE = [
    "payments.asking.LiveCharges",
    "payments.hosted.HostedPages",
    "payments.asking.OffSessionCharges",
    "payments.cards.RemovedCards",
    "memberships.renewals.DuesToCharge",
    "memberships.renewals.EndedDues",
    "memberships.extras.PaidExtras",
    "payments.refunds.OpenRefunds",
    "payments.inbox.StripeEvents",
    "pos.finishing.EndedCharges",
    "giftcards.fulfilment.PaidOrders",
    "giftcards.delivery.Deliveries",
    "memberships.portal.signing_in.SignInWishes",
    "accounting.letters.ReportSendings",
    "jobs.outbox.Outbox",
]
JOBS_SCHEDULE = [
    "ledger.chain.LinkEntries",
    "payments.inbox.FetchMissedEvents",
    "payments.reconciliation.FetchMovements",
    "payments.unsold.PutUnsoldAside",
    "pos.schedule.AbandonForgottenSales",
    "giftcards.disputes.FreezeContestedCards",
    "giftcards.disputes.RevokeContestedCards",
    "giftcards.bounces.TellOfLostMails",
    "giftcards.forgotten.ExpireCards",
    "giftcards.shop.orders.ForgetDrafts",
    "studio.throttle.ForgetOldTries",
    "memberships.scheduled.ChangeMemberships",
    "memberships.dues.MakeDues",
    "memberships.expiry.ExpireSessions",
    "memberships.prepaid.GrantMonthsAhead",
    "memberships.dunning.UseNewCards",
    "memberships.runs.ReportBilling",
    "memberships.contested.TakeBackContested",
    "memberships.portal.signing_in.ForgetLinks",
    "accounting.mailing.MailReports",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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
LOGIN_URL = "/admin/login/"
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
