"""Settings, from the environment only; `docs/operations.md` lists every variable.

What is not set is safe for production, except where a line says that it must be set.
"""

from __future__ import annotations

from pathlib import Path

import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from environs import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.str("ITFM_HOME", str(Path.cwd() / ".itfm")))
"""Folder of the embedded parts and, unless `ITFM_LAKE` says otherwise, of the lake."""

HTTPS = env.bool("ITFM_HTTPS", True)
"""False only where the site is served on loopback without TLS: the demo and the tests."""
DEBUG = env.bool("ITFM_DEBUG", False)
SECRET_KEY = env.str("ITFM_SECRET_KEY", "")
SEALING_KEYS: list[str] = env.list("ITFM_SEALING_KEYS", []) or [SECRET_KEY]
"""What seals stored credentials: the first seals, all open."""
ALLOWED_HOSTS = env.list("ITFM_ALLOWED_HOSTS", ["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("ITFM_TRUSTED_ORIGINS", [])
SITE_URL = env.str("ITFM_SITE_URL", "http://127.0.0.1:8000")
"""Where links in mail point to."""

INSTALLED_APPS = [
    "itfm.core",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_structlog",
    "template_partials",
    "tree_queries",
    "django_migration_linter",
    "itfm.audit",
    "itfm.accounts",
    "itfm.notify",
    "ingestion",
    "allocation",
    "showback",
    "itfm.web",
    "itfm.api",
    "itfm.cli",
]
if not env.bool("ITFM_DEVELOPMENT", False):
    INSTALLED_APPS.remove("django_migration_linter")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "itfm.web.middleware.no_store",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "itfm.urls"
WSGI_APPLICATION = "itfm.wsgi.application"
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
                "itfm.web.settings.frame.account_frame",
            ],
        },
    }
]


def _database(variable: str) -> dict[str, object]:
    """Return Django's settings of the database in an environment variable, socket folder in `HOST`."""
    found: dict[str, object] = dict(env.dj_db_url(variable, "postgres://itfm_app@localhost/itfm"))
    options = dict(found.get("OPTIONS") or {})  # type: ignore[call-overload]
    if "host" in options:
        found["HOST"] = options.pop("host")
        found["PORT"] = str(options.pop("port", 5432))
    found["OPTIONS"] = options
    return found


# The application connects as a role that owns nothing; only `migrate --database owner` uses the owner.
DATABASES = {
    "default": _database("DATABASE_URL"),
    "owner": _database("DATABASE_OWNER_URL" if env.str("DATABASE_OWNER_URL", "") else "DATABASE_URL"),
}
if env.bool("ITFM_DATABASE_POOL", False):
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"]["OPTIONS"],  # type: ignore[dict-item]
        "pool": {"min_size": 1, "max_size": env.int("ITFM_DATABASE_POOL_SIZE", 8), "timeout": 10},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LAKE_ROOT = Path(env.str("ITFM_LAKE", str(HOME / "lake")))
ENGINE = env.str("ITFM_ENGINE", "duckdb")
"""What allocates, a file of `allocation.engine.backends`; an organization may have another."""
ENGINE_MEMORY_BYTES = env.int("ITFM_ENGINE_MEMORY_MB", 4096) << 20
"""What one import or allocation may use; beyond that it spills to disk. On a cluster: each executor."""
ENGINE_THREADS = env.int("ITFM_ENGINE_THREADS", 2)
ENGINE_SPILL_FOLDER = env.str("ITFM_ENGINE_SPILL", "")
"""Where it spills to; unset, beside the files it writes."""
SPARK_MASTER = env.str("ITFM_SPARK_MASTER", "")
"""`spark://host:7077`, or `sc://host:15002` of Spark Connect; unset, Spark runs within the worker."""
SPARK_SECRET = env.str("ITFM_SPARK_SECRET", "")
"""What the parts of a cluster know each other by."""

UPLOAD_BYTES = env.int("ITFM_UPLOAD_MB", 512) << 20
"""The largest file that is taken in the browser; larger ones are pulled from a bucket or imported by command."""
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "itfm.core.uploads.LimitedFileHandler",
]
IMPORT_FOLDERS: list[str] = env.list("ITFM_IMPORT_FOLDERS", [])
"""Folders that sources made in the browser may read: in each, every organization the one named by its slug."""
PRIVATE_ENDPOINTS = env.bool("ITFM_PRIVATE_ENDPOINTS", False)
"""Whether a source's endpoint may lie in a private network or on this machine."""
SAMPLE_SERVICES = env.str("ITFM_SAMPLE_SERVICES", "")
"""Where the sample company's services are served, set by the command that serves them: sources may go there too."""

REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_TIME_LIMIT = env.int("ITFM_TASK_SECONDS", 3 * 3600)
"""After so long a task is killed: a job that hangs gives its worker back, and is given up at the third time."""
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 3600,
    "unacked_restore_limit": 100,
    "queue_order_strategy": "sorted",  # short tasks (`celery`) ahead of long ones (`jobs`)
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "retry_policy": {"timeout": 5.0},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 100
WORKER_MEMORY_BYTES = env.int("ITFM_WORKER_MEMORY_MB", 0) << 20
"""What each process of a worker may hold; 0 for no limit."""
CELERY_WORKER_CONCURRENCY = env.int("ITFM_WORKERS", 2)
# A new process builds what it needs before it says that it is there: on a busy machine longer than the 4 seconds after
# which it would be killed, and the one after it as well, for ever.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 120.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat")
LEFTOVER_HOURS = env.int("ITFM_LEFTOVER_HOURS", 24)
"""How long what no record names stays in the lake."""
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "itfm.pipeline.sweep", "schedule": env.float("ITFM_SWEEP_SECONDS", 60.0)},
    "tidy": {"task": "itfm.pipeline.tidy", "schedule": crontab(hour="3", minute="17")},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "itfm.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_FORMS = {"signup": "itfm.accounts.forms.SignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.str("ITFM_EMAIL_VERIFICATION", "mandatory")
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# By account as well, from wherever the guesses come and however the address is written; codes count like passwords.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/h/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "ITFM"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

EMAIL_BACKEND = env.str("ITFM_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = str(HOME / "mail")
EMAIL_HOST = env.str("ITFM_EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("ITFM_EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("ITFM_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.str("ITFM_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = env.bool("ITFM_EMAIL_TLS", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("ITFM_EMAIL_FROM", "ITFM <itfm@localhost>")

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English")]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("ITFM_STATIC", str(HOME / "static")))
if not STATIC_ROOT.is_dir():
    # Nothing is collected where sources are served; WhiteNoise warns of a folder that is not there.
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "itfm" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "itfm.web.vendor.PackageFinder",
]
WHITENOISE_USE_FINDERS = env.bool("ITFM_SERVE_SOURCES", False)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("ITFM_BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "itfm.api.problems.answer_to",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
API_REQUESTS_PER_CALLER = env.int("ITFM_API_REQUESTS_PER_CALLER", 600)
"""Most requests a minute of one key or person; `docs/api.md`."""
API_REQUESTS_PER_ORGANIZATION = env.int("ITFM_API_REQUESTS_PER_ORGANIZATION", 3000)
SPECTACULAR_SETTINGS = {
    "TITLE": "ITFM API",
    "DESCRIPTION": "What technology costs, who caused it, and the proof. Amounts are exact decimals written as text.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["itfm.api.openapi.only_resources"],
    "POSTPROCESSING_HOOKS": ["itfm.api.openapi.complete"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if env.bool("ITFM_LOG_JSON", True)
            else structlog.dev.ConsoleRenderer(colors=False),
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("ITFM_LOG_LEVEL", "INFO")},
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
